"""The studio's sources keep the order of the house: app, features, components, lib."""

import json
import re

import pytest

MOST_LINES = 500
RANKS = {"lib": 0, "components": 1, "features": 2, "app": 3, "main.tsx": 4}
_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")


def place_of(path: str) -> str:
    """`features/runs/view.ts` belongs to `features/runs`, `lib/http.ts` to `lib`."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "features" else parts[0]


def imported_places(path: str, text: str) -> list[str]:
    """Where the modules of the studio are that a file imports, libraries apart."""
    found = []
    for name in _IMPORT.findall(text):
        if name.startswith("@/"):
            found.append(place_of(name[2:]))
        elif name.startswith("."):
            folder = path.split("/")[:-1]
            for part in name.split("/"):
                if part == "..":
                    folder = folder[:-1]
                elif part != ".":
                    folder.append(part)
            found.append(place_of("/".join(folder)))
    return found


def may_import(place: str, other: str) -> bool:
    """Downwards only; within the features only at home."""
    if place == other:
        return True
    return RANKS[other.split("/")[0]] < RANKS[place.split("/")[0]]


@pytest.fixture(scope="session")
def sources(root):
    folder = root / "web/src"
    files = [path for path in folder.rglob("*") if path.suffix in (".ts", ".tsx")]
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in files
        if path.name != "openapi.d.ts"
    }


def test_a_part_of_the_studio_imports_only_from_lower_ones_and_no_feature_from_another(sources):
    offences = [
        f"{path} imports {other}"
        for path, text in sources.items()
        for other in imported_places(path, text)
        if not may_import(place_of(path), other)
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("path", "line", "allowed"),
    [
        ("features/runs/view.ts", 'import { a } from "@/lib/http";', True),
        ("features/runs/components/a.tsx", 'import { a } from "../view";', True),
        ("features/runs/view.ts", 'import { a } from "@/features/models/api/b";', False),
        ("features/runs/view.ts", 'import { a } from "../models/api/b";', False),
        ("features/runs/view.ts", 'import("@/app/shell")', False),
        ("components/ui/a.tsx", 'import { a } from "@/features/runs/view";', False),
        ("lib/a.ts", 'import { a } from "../components/ui/b";', False),
        ("app/pages/a.tsx", 'import { a } from "@/features/runs/view";', True),
    ],
)
def test_the_rule_on_imports_is_understood(path, line, allowed):
    [other] = imported_places(path, line)
    assert may_import(place_of(path), other) is allowed


def test_a_request_of_a_feature_is_in_a_file_of_its_own(sources):
    """A file under api/ sends one kind of request; nothing else in a feature sends any."""
    sending = re.compile(r"\b(?:await )?(?:get|post|call|postForColumns|fetch)(?:<[^;(]*>)?\(\s*\"")
    offences = [
        path
        for path, text in sources.items()
        if path.startswith("features/") and "/api/" not in path and sending.search(text)
    ]
    assert offences == []


def test_no_source_of_the_studio_is_longer_than_one_subject_needs(sources):
    lengths = {path: len(text.splitlines()) for path, text in sources.items()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_lock_of_the_studio_names_no_registry_and_pins_every_package(root):
    lock = json.loads((root / "web/package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_the_studio_asks_no_other_host_for_anything(sources):
    """The policy of the page forbids it as well; here it would be found before anyone looks."""
    loading = re.compile(r"""(?:fetch|EventSource|src=|import)\s*\(?\s*["'{`]+\s*(?:https?:)?//""")
    assert [path for path, text in sources.items() if loading.search(text)] == []
