"""A store moves from one database to another and back, and stays the same in every row."""

import math
import random
from contextlib import closing

import pytest

from millpond.app import open_place
from millpond.domain.audit import AuditEntry
from millpond.domain.datasets import Dataset, DatasetInput
from millpond.domain.datastores import Datastore, StorageRules
from millpond.domain.experiments import Stage
from millpond.domain.metrics import Point
from millpond.errors import BadRequest, MillpondError, Unavailable
from millpond.store import check as checking
from millpond.store import move as moving
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.postgres import PostgresStore
from millpond.store.sql import block_search, settling
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.registry import register
from millpond.testing.store_contract.samples import (
    ask,
    do,
    experiment,
    logged_model,
    params,
    run_info,
    run_search,
    tags,
)
from millpond.tracking import actions as tracking
from tests import postgres_server
from tests.store import sqlite_files

RUNS = [f"{number:032x}" for number in range(12)]
PURGED = "f" * 32
VALUES = [0.0, -0.0, 1.5, math.nan, math.inf, -math.inf, 1e-300]


def fill(store):
    """Something of everything, with points in segments and in the log."""
    chance = random.Random(5)

    def add_all(tx):
        tx.add_experiment(experiment(tx.new_experiment_id(), "churn", tags=tags(team="é")))
        tx.add_model(logged_model("m-1"))
        tx.set_model_tags("m-1", tags(a="nan", b="10"))
        tx.add_model_params("m-1", params(depth="3"))
        for run_id in RUNS:
            tx.add_run(run_info(run_id), tags(a="1", é="x" * 300))
            tx.add_params(run_id, params(depth="3", rate="1e-3", word="nan"))
        iris = DatasetInput(Dataset("iris", "1", "local", "{}", None, "{}"), tags(context="train"))
        tx.add_inputs(RUNS[0], [iris], ["m-1"])

    do(store, add_all)
    register(store, "churn", 2, tags=tags(é="1"))
    do(store, lambda tx: tx.set_alias("churn", "best", 2))
    do(store, lambda tx: tx.set_registered_model_tags("churn", tags(a="10")))
    do(store, lambda tx: tx.put_datastore(Datastore("bucket", "s3://b", 1, 2, sealed=b"\0")))
    do(store, lambda tx: tx.set_storage_rules(StorageRules("bucket", None, 5)))
    do(store, lambda tx: tx.count_storage({"bucket": 5}))
    do(store, lambda tx: tx.add_audit_entry(AuditEntry(1, "alice", "read", "x", "")))
    do(store, lambda tx: tx.add_run(run_info(PURGED), tags(a="1")))
    do(store, lambda tx: tx.change_run_stage(PURGED, Stage.DELETED, 5))
    assert do(store, lambda tx: tx.purge_run(PURGED, 5))
    for part in range(2):
        for run_id in RUNS:
            points = [
                Point(f"k{i % 3}", chance.choice(VALUES), 1_000 + i // 6, i + 500 * part)
                for i in range(400)
            ]
            points.append(Point("on model", 1.0, 5, 1, "m-1", "iris", "1"))
            do(store, tracking.log_batch(run_id, tracking.Batch(points)))
        if part == 0:
            compact = sqlite_files if isinstance(store, SqliteStore) else postgres_server
            compact.compact(store)


def everything(store):
    def look(reader):
        found = [reader.experiment(1), reader.model("m-1"), reader.dataset_summaries([1])]
        found += [reader.registered_model("churn"), reader.model_version("churn", 2)]
        found += [reader.datastores(), reader.storage_rules(), reader.storage_use()]
        found.append(list(reader.audit_entries(9)))
        found += [list(reader.purged_files(1 << 50, 9)), reader.run(PURGED)]
        for run_id in RUNS:
            found.append(reader.run(run_id))
            found += [reader.history(run_id, key).points() for key in ("k0", "k1", "on model")]
        return repr(found)

    return ask(store, look)


def silent(*progress):
    pass


def move(source, target, tell=silent):
    with (
        closing(open_place(source)) as origin,
        closing(open_place(target, is_new=True)) as goal,
    ):
        return moving.move(origin, goal, tell)


def checked(place):
    with closing(open_place(place)) as opened:
        return [fault for finding in checking.check(opened, silent) for fault in finding.faults]


@pytest.fixture
def folder(tmp_path):
    with closing(SqliteStore(tmp_path / "data")) as store:
        fill(store)
    return f"sqlite:{tmp_path / 'data'}"


@pytest.fixture
def target(postgres):
    with postgres.empty_database() as url:
        yield url


def test_a_store_moves_to_postgresql_and_back_and_is_the_same(folder, target, tmp_path):
    with closing(SqliteStore(tmp_path / "data")) as store:
        before = everything(store)
    there = move(folder, target)
    assert {table.name: table.rows for table in there}["runs"] == len(RUNS)
    assert {table.name: table.rows for table in there}["segments"] > 0
    with closing(PostgresStore(target)) as store:
        assert everything(store) == before
    assert checked(target) == []
    back = move(target, f"sqlite:{tmp_path / 'again'}")
    assert back == there
    with closing(SqliteStore(tmp_path / "again")) as store:
        assert everything(store) == before
    assert checked(folder) == checked(f"sqlite:{tmp_path / 'again'}") == []


def test_a_moved_store_goes_on_where_it_was(folder, target, tmp_path):
    move(folder, target)
    with closing(PostgresStore(target)) as store:
        assert do(store, lambda tx: tx.new_experiment_id()) == 2
        do(store, lambda tx: tx.add_run(run_info("new"), tags(new_key="1")))
        with store.read(DEFAULT_WORKSPACE) as reader:
            # Above that of the run that was purged.
            (number,) = reader._session.execute("SELECT MAX(run_id) FROM runs")
        assert number[0] == len(RUNS) + 2
        do(store, lambda tx: tx.append_points("new", [Point("new metric", 1.0, 1)]))
        do(store, lambda tx: tx.append_points(RUNS[0], [Point("k0", 7.0, 9_999, 9_999)]))
        postgres_server.compact(store)
        assert ask(store, lambda r: r.history(RUNS[0], "k0").points())[-1].value == 7.0
        assert do(store, lambda tx: tx.new_version_number("churn")) == 3
        register(store, "new model", 1)
        do(store, lambda tx: tx.add_audit_entry(AuditEntry(2, "bob", "read", "y", "")))
        assert [entry.who for entry in ask(store, lambda r: r.audit_entries(9))] == ["bob", "alice"]
    assert checked(target) == []


def test_what_searches_had_of_settled_runs_is_made_anew(target, tmp_path, monkeypatch):
    monkeypatch.setattr(settling, "ENOUGH_RUNS", 1)
    monkeypatch.setattr(block_search, "_FEW_RUNS", 1)
    search = run_search("metrics.k0 > 1", "params.depth", "metrics.k1 DESC")

    def found(store):
        return repr(ask(store, lambda r: r.search_runs(search)).items)

    with closing(SqliteStore(tmp_path / "data")) as store:
        fill(store)
        sqlite_files.settle(store)
        assert sqlite_files.rows(store, "SELECT COUNT(*) FROM unsettled_runs") == [(0,)]
        before = found(store)
    move(f"sqlite:{tmp_path / 'data'}", target)
    with closing(PostgresStore(target)) as store:
        assert found(store) == before
        do(store, tracking.delete_tag(RUNS[0], "a"))
        do(store, tracking.log_metric(RUNS[0], Point("k0", 77.0, 9_999, 9_999)))
        after = found(store)
        assert after != before
    move(target, f"sqlite:{tmp_path / 'again'}")
    with closing(SqliteStore(tmp_path / "again")) as store:
        assert found(store) == after
        sqlite_files.settle(store)
        assert sqlite_files.rows(store, "SELECT COUNT(*) FROM unsettled_runs") == [(0,)]
        assert found(store) == after


class Killed(BaseException):
    pass


@pytest.mark.parametrize("moment", [1, 3, 9, 17, 24, 30, 40])
def test_a_move_that_was_killed_goes_on_and_ends_the_same(
    folder, target, tmp_path, monkeypatch, moment
):
    monkeypatch.setattr(moving, "_ROWS_AT_ONCE", 5)
    monkeypatch.setattr(moving, "_BLOBS_AT_ONCE", 3)
    left = [moment]

    def die_soon(what, table, done, total):
        left[0] -= 1
        if not left[0]:
            raise Killed

    with pytest.raises(Killed):
        move(folder, target, die_soon)
    with pytest.raises(Unavailable, match="half-finished target"):
        PostgresStore(target)
    seen = []
    move(folder, target, lambda *progress: seen.append(progress))
    copied = [progress for progress in seen if progress[0] == "copy"]
    assert moment < 10 or copied[0][2] == copied[0][3]
    with closing(SqliteStore(tmp_path / "data")) as before, closing(PostgresStore(target)) as after:
        assert everything(after) == everything(before)


def test_a_target_that_is_in_use_otherwise_is_refused_and_left_alone(folder, database, tmp_path):
    with closing(PostgresStore(database)) as store:
        do(store, lambda tx: tx.add_experiment(experiment(7, "mine")))
        with pytest.raises(Unavailable, match="server is using the database"):
            move(folder, database)
    with pytest.raises(BadRequest, match=r"not empty \(there are rows in experiments\)"):
        move(folder, database)
    with closing(PostgresStore(database)) as store:
        assert ask(store, lambda r: r.experiment(7)).name == "mine"


def test_a_move_that_was_finished_unheard_is_only_compared(folder, target, tmp_path):
    first = move(folder, target)
    seen = []
    assert move(folder, target, lambda what, *progress: seen.append(what)) == first
    assert set(seen) == {"compare"}
    with closing(PostgresStore(target)) as store:
        do(store, lambda tx: tx.set_tags(RUNS[3], tags(a="changed")))
    with pytest.raises(BadRequest, match=r"The row .* of tags is not the same"):
        move(folder, target)
    with closing(PostgresStore(target)) as store:
        found = ask(store, lambda r: r.run(RUNS[3])).tags
        assert {tag.key: tag.value for tag in found}["a"] == "changed"


def test_a_half_finished_move_takes_no_other_source(folder, target, tmp_path):
    def die(*progress):
        raise Killed

    with pytest.raises(Killed):
        move(folder, target, die)
    with closing(SqliteStore(tmp_path / "other")):
        pass
    with pytest.raises(BadRequest, match="half-finished target of another move"):
        move(f"sqlite:{tmp_path / 'other'}", target)


def test_a_source_that_changed_between_two_halves_is_noticed(folder, target, tmp_path):
    def die_comparing(what, *progress):
        if what == "compare":
            raise Killed

    with pytest.raises(Killed):
        move(folder, target, die_comparing)
    with closing(SqliteStore(tmp_path / "data")) as store:
        do(store, lambda tx: tx.set_tags(RUNS[3], tags(a="changed")))
    with pytest.raises(BadRequest, match=r"The row .* of tags is not the same"):
        move(folder, target)


def test_a_source_that_a_server_uses_is_refused(folder, target, tmp_path):
    with (
        closing(SqliteStore(tmp_path / "data")),
        pytest.raises(Unavailable, match="Another Millpond server"),
    ):
        move(folder, target)


@pytest.mark.parametrize("source", ["nowhere", "sqlite:", "mysql://root:secret@db/x"])
def test_a_place_that_is_none_is_refused_without_repeating_it(source):
    with pytest.raises(MillpondError) as refused:
        open_place(source)
    assert "secret" not in str(refused.value)


def test_a_check_names_what_is_wrong(folder, target):
    move(folder, target)
    with closing(open_place(target)) as place:
        first_segment = "(SELECT MIN(segment_id) FROM segments)"
        first_key = "(SELECT MIN(key_id) FROM latest WHERE run_id = 12)"
        for statement in (
            f"UPDATE segments SET checksum = checksum + 1 WHERE segment_id = {first_segment}",
            f"UPDATE latest SET value = 77 WHERE run_id = 12 AND key_id = {first_key}",
            "DELETE FROM params WHERE run_id = 5",
            "UPDATE tags SET run_id = 999 WHERE run_id = 4",
        ):
            with place.transaction():
                place.execute(statement)
    faults = checked(target)
    assert len(faults) == 3
    assert "run_id 999 is not in runs" in faults[0]
    assert "checksum" in faults[1]
    assert RUNS[0] in faults[1]
    assert "its points say" in faults[2]


def test_workspace_names_are_kept(folder, target):
    move(folder, target)
    with closing(PostgresStore(target)) as store:
        assert store.workspaces() == [DEFAULT_WORKSPACE]
