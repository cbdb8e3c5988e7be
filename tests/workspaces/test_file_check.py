"""Files go with the runs they belong to, and a check takes nothing for an orphan that is none."""

from contextlib import closing

import pytest

from millpond.artifacts.folder import FolderStore
from millpond.store.storage import FileOwner
from millpond.testing.artifact_contract import chunks, run
from millpond.workspaces.file_check import MissingFile, check_files

ROOT = "mlflow-artifacts:/"
RUN, OTHER, MODEL = "a" * 32, "b" * 32, f"m-{'c' * 32}"


@pytest.fixture
def store(tmp_path):
    with closing(FolderStore(tmp_path / "files")) as store:
        yield store


async def path_in(uri):
    return uri.removeprefix(ROOT) if uri.startswith(ROOT) else None


async def put(store, *paths):
    for path in paths:
        await store.put(path, chunks(b"12345"))


def check(store, owners, locations=(), while_walked=lambda: None):
    asked = []

    async def read_locations():
        return list(locations)

    async def read_owners():
        asked.append(1)
        if len(asked) == 2:
            while_walked()
        return owners

    return check_files("local", store, read_locations, read_owners, path_in)


def test_a_run_that_begins_while_the_files_are_walked_is_no_orphan(store):
    owners = [FileOwner(RUN, f"{ROOT}0/{RUN}/artifacts")]

    async def story():
        await put(store, f"0/{RUN}/artifacts/a", f"0/{OTHER}/artifacts/a")
        begun = FileOwner(OTHER, f"{ROOT}0/{OTHER}/artifacts")
        found = await check(store, owners, while_walked=lambda: owners.append(begun))
        assert found.orphans == []
        owners.remove(begun)
        found = await check(store, owners)
        assert [o.path for o in found.orphans] == [f"0/{OTHER}"]

    run(story())


def test_only_what_lies_where_runs_and_models_keep_theirs_can_be_an_orphan(store):
    kept = [
        "a",
        f"{RUN}/artifacts/a",
        f"data/{RUN}/a",
        f"x1/{RUN}/a",
        f"0/models/{RUN}/a",
        "0/models/m-1/a",
        f"0/deep/{RUN}/a",
        f"0/{RUN[:31]}/a",
        f"team/x/{MODEL}/a",
    ]
    orphans = [f"0/{RUN}", f"12/models/{MODEL}", f"team/{OTHER}"]

    async def story():
        await put(store, *kept)
        await put(store, *(f"{path}/artifacts/a" for path in orphans))
        found = await check(store, [], [f"{ROOT}team", "s3://elsewhere/x"])
        assert [o.path for o in found.orphans] == sorted(orphans)

    run(story())


def test_a_file_that_is_missing_is_named_once_with_its_run(store):
    owners = [
        FileOwner(RUN, f"{ROOT}0/{RUN}/artifacts", ("there.json", "gone.json")),
        FileOwner(OTHER, "s3://of-the-client/0/x", ("not-ours.json",)),
    ]

    async def story():
        await put(store, f"0/{RUN}/artifacts/there.json")
        found = await check(store, owners)
        assert found.missing == [MissingFile(RUN, "gone.json")]
        assert (found.files, found.size_bytes) == (1, 5)

    run(story())
