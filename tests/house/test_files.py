"""What holds for every file of the repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

MOST_LINES = 500


def test_no_source_file_is_longer_than_one_subject_needs(modules):
    lengths = {m.name: len(m.path.read_text("utf-8").splitlines()) for m in modules}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_locks_pin_every_file_by_its_hash_and_name_no_index(root):
    locks = sorted((root / "requirements").glob("*.txt"))
    assert locks
    for lock in locks:
        text = lock.read_text("utf-8")
        assert not re.search(r"://|^\s*(--index|--extra-index|--find-links|-i |-f )", text, re.M), (
            lock
        )
        for pinned in re.findall(r"^[\w.\[\]-]+==[^\n]*\n[^\n]*", text, re.M):
            assert "--hash=sha256:" in pinned, f"{lock.name}: {pinned}"


def test_no_tracked_file_names_a_path_of_one_machine(root, tracked_texts):
    places = [f"{root}/", f"{Path.home()}/"]
    offences = [name for name, text in tracked_texts.items() if any(p in text for p in places)]
    assert offences == []


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["style", "format", "types"],
)
def test_the_linters_find_nothing(root, command):
    found = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout + found.stderr
