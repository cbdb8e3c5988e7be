"""Every golden file is answered as it says."""

import json

import pytest

from tests.wire.golden_files import FOLDER, play

FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_answer_is_the_golden_one(path, shared_server):
    golden = json.loads(path.read_text("utf-8"))
    play(shared_server.app, golden, f"({path.stem})")


def test_no_two_golden_files_show_the_same():
    names = [json.loads(path.read_text("utf-8"))["name"] for path in FILES]
    assert len(set(names)) == len(names)
