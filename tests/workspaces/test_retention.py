"""What has been in the bin for long leaves it with its files, and nothing else does."""

import asyncio
from contextlib import closing

import pytest

from millpond.artifacts.folder import FolderStore
from millpond.domain.experiments import Stage
from millpond.domain.registry import ModelVersion, RegisteredModel
from millpond.errors import BadRequest, DoesNotExist, Unavailable
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.memory import MemoryStore
from millpond.store.retention import PurgedFiles
from millpond.testing.artifact_contract import chunks, names, run
from millpond.testing.store_contract.samples import ask, do, logged_model, start_run
from millpond.workspaces import retention
from millpond.workspaces.retention import Purged, Sweeper

ROOT = "mlflow-artifacts:/"
NOW = 100_000


class Clock:
    now_ms = NOW


@pytest.fixture
def files(tmp_path):
    with closing(FolderStore(tmp_path / "files")) as files:
        yield files


@pytest.fixture
def store():
    return MemoryStore()


async def path_of(uri):
    if not uri.startswith(ROOT):
        raise BadRequest("elsewhere")
    return uri.removeprefix(ROOT)


def sweeper(store, files, clock=Clock):
    return Sweeper(store, DEFAULT_WORKSPACE, files, path_of, lambda: clock.now_ms)


def bin_run(store, run_id, since_ms=10, **changes):
    start_run(store, run_id, **changes)
    do(store, lambda tx: tx.change_run_stage(run_id, Stage.DELETED, since_ms))


async def put(files, *paths):
    for path in paths:
        await files.put(path, chunks(b"12345"))


def audit(store):
    entries = ask(store, lambda r: list(r.audit_entries(99)))
    return [(e.action, e.target, e.detail) for e in reversed(entries)]


def to_delete(store):
    return [f.owner_id for f in ask(store, lambda r: r.purged_files(1 << 50, 99))]


def fill(store, files):
    """One of each kind, and what each has: old, young, restored, needed, active."""
    for run_id in ("old", "restored", "needed"):
        bin_run(store, run_id)
    bin_run(store, "young", NOW - 5)
    start_run(store, "active")
    do(store, lambda tx: tx.change_run_stage("restored", Stage.ACTIVE, None))
    for model_id in ("m-old", "m-active"):
        do(store, lambda tx, m=model_id: tx.add_model(logged_model(m)))
    do(store, lambda tx: tx.change_model("m-old", last_update_ms=10, stage=Stage.DELETED))

    def register(tx):
        tx.add_registered_model(RegisteredModel("churn", 5, 5))
        tx.add_model_version(ModelVersion("churn", 1, 5, 5, "s3://b", "s3://b", run_id="needed"))

    do(store, register)
    runs = ("old", "young", "restored", "needed", "active")
    models = ("m-old", "m-active")
    places = [f"1/{r}/artifacts/{name}" for r in runs for name in ("a", "deep/b")]
    run(put(files, *places, *(f"1/models/{m}/artifacts/MLmodel" for m in models)))


def test_what_is_old_goes_with_its_files_and_the_rest_stays(store, files):
    fill(store, files)
    seen = []
    found = run(sweeper(store, files).sweep(10, lambda p: seen.append((p.runs, p.models))))
    assert found == Purged(1, 1, 15)
    assert seen == [(1, 0), (1, 1)]
    assert run(names(files, "1")) == ["active", "models", "needed", "restored", "young"]
    assert run(names(files, "1/models")) == ["m-active"]
    assert ask(store, lambda r: r.run("old")) is None
    assert ask(store, lambda r: r.has_model("m-old")) is False
    assert to_delete(store) == []
    assert audit(store) == [
        ("run.purge", "old", f"{ROOT}1/old/artifacts"),
        ("model.purge", "m-old", f"{ROOT}1/models/m-old/artifacts"),
    ]
    assert run(sweeper(store, files).sweep(10)) == Purged()


def test_measuring_says_what_would_go_and_changes_nothing(store, files):
    fill(store, files)
    assert run(sweeper(store, files).measure(10)) == Purged(1, 1, 15)
    assert run(sweeper(store, files).measure(NOW)) == Purged()
    assert ask(store, lambda r: r.run("old")) is not None
    assert len(run(names(files, "1"))) == 6
    assert audit(store) == []


def test_more_than_one_batch_goes_although_some_of_each_stay(store, files, monkeypatch):
    monkeypatch.setattr(retention, "_BATCH", 2)
    for number in range(7):
        bin_run(store, f"r{number}", number)

    def register(tx):
        tx.add_registered_model(RegisteredModel("churn", 5, 5))
        for number in (0, 1, 4):
            version = ModelVersion("churn", number + 1, 5, 5, "x", "x", run_id=f"r{number}")
            tx.add_model_version(version)

    do(store, register)
    assert run(sweeper(store, files).sweep(0)).runs == 4
    assert [one.owner_id for one in ask(store, lambda r: r.binned_runs(NOW, 9))] == [
        "r0",
        "r1",
        "r4",
    ]


def test_a_transaction_that_takes_long_leaves_the_rest_to_the_next(store, files, monkeypatch):
    monkeypatch.setattr(retention, "_LONGEST_S", -1.0)
    for run_id in ("r1", "r2", "r3"):
        bin_run(store, run_id)
        run(put(files, f"1/{run_id}/artifacts/a"))
    binned = ask(store, lambda r: r.binned_runs(NOW, 9))
    assert do(store, retention.purge(binned, True, NOW, "", NOW)) == (1, 1)
    assert run(sweeper(store, files).sweep(0)) == Purged(2, 0, 15)
    assert run(names(files, "1")) == []


class Failing:
    """Files that cannot be deleted."""

    def __init__(self, error):
        self.error = error

    async def delete(self, path):
        raise self.error


def test_files_that_cannot_be_deleted_now_are_deleted_later(store, files):
    for run_id in ("r1", "r2"):
        bin_run(store, run_id)
        run(put(files, f"1/{run_id}/artifacts/a"))
    clock = Clock()
    assert run(sweeper(store, Failing(Unavailable("the disk is away")), clock).sweep(0)).runs == 2
    assert to_delete(store) == ["r1", "r2"]
    # They are left alone for a while.
    assert run(sweeper(store, files, clock).delete_files()) == 0
    clock.now_ms += retention._RETRY_MS
    assert run(sweeper(store, files, clock).delete_files()) == 10
    assert to_delete(store) == []
    assert run(names(files, "1")) == []


def test_whoever_dies_over_the_files_leaves_them_to_the_next(store, files):
    bin_run(store, "r1")
    run(put(files, "1/r1/artifacts/a"))
    clock = Clock()
    with pytest.raises(asyncio.CancelledError):
        run(sweeper(store, Failing(asyncio.CancelledError()), clock).sweep(0))
    assert ask(store, lambda r: r.run("r1")) is None
    assert to_delete(store) == ["r1"]
    clock.now_ms += retention._LEASE_MS
    assert run(sweeper(store, files, clock).delete_files()) == 5
    assert to_delete(store) == []


@pytest.mark.parametrize(
    "place", ["s3://of-the-client/1/r1/artifacts", ROOT, f"{ROOT}1/shared/artifacts"]
)
def test_files_in_a_place_that_is_not_the_servers_or_not_the_runs_stay(store, files, place):
    bin_run(store, "r1", artifact_uri=place)
    run(put(files, "1/shared/artifacts/a"))
    assert run(sweeper(store, files).measure(0)) == Purged(1, 0, 0)
    assert run(sweeper(store, files).sweep(0)) == Purged(1, 0, 0)
    assert run(names(files, "1/shared/artifacts")) == ["a"]
    assert to_delete(store) == []
    assert [entry[:2] for entry in audit(store)] == [("run.purge", "r1"), ("files.leave", place)]


def test_files_in_a_datastore_that_nobody_knows_any_more_stay(store):
    bin_run(store, "r1")
    gone = Failing(DoesNotExist("There is no datastore 'b'."))
    assert run(sweeper(store, gone).sweep(0)).runs == 1
    assert to_delete(store) == []
    assert audit(store)[-1][::2] == ("files.leave", "There is no datastore 'b'.")


def test_a_run_that_is_restored_before_its_turn_stays(store, files):
    bin_run(store, "r1")
    (binned,) = ask(store, lambda r: r.binned_runs(NOW, 9))
    do(store, lambda tx: tx.change_run_stage("r1", Stage.ACTIVE, None))
    assert do(store, retention.purge([binned], True, NOW, "", NOW)) == (1, 0)
    do(store, lambda tx: tx.change_run_stage("r1", Stage.DELETED, NOW))
    assert do(store, retention.purge([binned], True, NOW - 1, "", NOW)) == (1, 0)
    assert audit(store) == []


def test_without_a_retention_nothing_is_purged_but_what_was_is_finished(store, files, monkeypatch):
    for run_id in ("r1", "r2"):
        bin_run(store, run_id)
        run(put(files, f"1/{run_id}/artifacts/a"))
    do(store, lambda tx: tx.purge_run("r1", NOW))
    monkeypatch.setattr(retention, "_FIRST_S", 0.0)

    async def story():
        sweeping = asyncio.create_task(sweeper(store, files).run(0.0))
        while to_delete(store):
            await asyncio.sleep(0.01)
        sweeping.cancel()

    run(asyncio.wait_for(story(), 30))
    assert run(names(files, "1")) == ["r2"]
    assert ask(store, lambda r: r.run("r2")) is not None


def test_a_sweep_that_fails_is_tried_again(store, files, monkeypatch):
    bin_run(store, "r1")
    monkeypatch.setattr(retention, "_SHORTEST_PERIOD_S", 0.01)
    tries = []

    class Sick(Sweeper):
        async def delete_files(self):
            tries.append(1)
            if len(tries) < 3:
                raise Unavailable("The store is closed.")
            return await super().delete_files()

    async def story():
        sick = Sick(store, DEFAULT_WORKSPACE, files, path_of, lambda: NOW)
        sweeping = asyncio.create_task(sick.run(1e-9))
        while ask(store, lambda r: r.run("r1")):
            await asyncio.sleep(0.01)
        sweeping.cancel()

    run(asyncio.wait_for(story(), 30))
    assert len(tries) >= 3


def test_a_note_says_whose_files_and_where(store):
    bin_run(store, "r1")
    do(store, lambda tx: tx.purge_run("r1", NOW))
    (noted,) = ask(store, lambda r: r.purged_files(0, 9))
    assert noted == PurgedFiles(noted.number, "r1", f"{ROOT}1/r1/artifacts")
