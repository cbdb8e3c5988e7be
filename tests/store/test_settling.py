"""Runs that are quiet go into columns, and those that change come out again."""

import random

import pytest

from bench.stores import fill, sample_runs
from millpond.domain.experiments import Tag
from millpond.domain.filters import RUNS, parse_filter, parse_order_by
from millpond.domain.metrics import Point
from millpond.domain.runs import Batch, Param, RunStatus
from millpond.store import sqlite
from millpond.store.blocks import columns
from millpond.store.contract import DEFAULT_WORKSPACE, RunSearch
from millpond.store.sql import block_search, settling
from millpond.store.sqlite import SqliteStore
from millpond.store.sqlite_session import SqliteSession
from millpond.tracking import actions as tracking
from tests.store.sqlite_files import quick_folder, settle

RUN_COUNT = 40


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(columns, "BLOCK_RUNS", 16)
    monkeypatch.setattr(settling, "ENOUGH_RUNS", 4)
    monkeypatch.setattr(block_search, "_FEW_RUNS", 1)


@pytest.fixture
def store():
    with quick_folder() as folder:
        fill(folder, sample_runs(RUN_COUNT, 1), 1)
        store = SqliteStore(folder)
        yield store
        store.close()


def unsettled(store):
    with store.read(DEFAULT_WORKSPACE) as reader:
        rows = reader._session.execute("SELECT run_id FROM unsettled_runs ORDER BY run_id")
        return [row[0] for row in rows]


def found(store, where, *order_by, limit=100):
    orders = parse_order_by(list(order_by), RUNS)
    search = RunSearch((1,), limit, parse_filter(where, RUNS), orders)
    with store.read(DEFAULT_WORKSPACE) as reader:
        return [run.info.run_id for run in reader.search_runs(search).items]


def do(store, action):
    return store.write(DEFAULT_WORKSPACE, action).result(30)


def test_a_change_is_found_at_once_and_after_settling(store):
    run_id = found(store, "")[0]
    assert unsettled(store) == []
    do(store, tracking.log_metric(run_id, Point("loss", 99.0, 1, 1)))
    do(store, tracking.set_tag(run_id, Tag("team", "new")))
    assert unsettled(store) == [RUN_COUNT]
    for _ in range(2):
        assert found(store, "tags.team = 'new' AND metrics.loss = 99") == [run_id]
        assert found(store, "", "metrics.loss DESC")[0] == run_id
        for other in found(store, "")[1:5]:
            do(store, tracking.update_run(other, RunStatus.FAILED, None, None))
        settle(store)
        assert unsettled(store) == []


def test_a_few_quiet_runs_wait_for_more(store):
    for count, run_id in enumerate(found(store, "")[:3], 1):
        do(store, tracking.set_tag(run_id, Tag("team", "new")))
        settle(store)
        assert len(unsettled(store)) == count


def test_a_run_that_changes_while_others_settle_stays_unsettled(store):
    run_ids = found(store, "")[:6]
    for run_id in run_ids:
        do(store, tracking.set_tag(run_id, Tag("team", "old")))
    before = unsettled(store)
    session = SqliteSession(sqlite._connect(store._path))
    ask = store._writer.submit_upkeep
    for _ in range(2):
        ask(sqlite._WriterConnection.restless_runs).result(30)
    session.begin_reading()
    gathered = settling.gather(session, set())
    session.end_reading()
    do(store, tracking.set_tag(run_ids[0], Tag("team", "new")))
    ask(lambda writer: writer.settle_runs(gathered)).result(30)
    session.close()
    assert len(before) == 6
    assert unsettled(store) == [RUN_COUNT]
    assert found(store, "tags.team = 'new'") == [run_ids[0]]
    assert set(found(store, "tags.team = 'old'")) == set(run_ids[1:])


def test_deleting_an_experiment_hides_its_settled_runs_and_restoring_shows_them(store):
    all_runs = found(store, "")
    do(store, tracking.delete_experiment(1, 5))
    assert found(store, "") == []
    settle(store)
    assert unsettled(store) == []
    assert found(store, "") == []
    do(store, tracking.restore_experiment(1, 6))
    assert found(store, "") == all_runs


def test_what_an_undone_action_changed_is_as_it_was(store):
    run_id = found(store, "")[0]

    def fail(tx):
        tx.set_tags(run_id, [Tag("team", "new")])
        raise LookupError

    with pytest.raises(LookupError):
        do(store, fail)
    assert found(store, "tags.team = 'new'") == []
    do(store, tracking.set_tag(run_id, Tag("team", "new")))
    assert found(store, "tags.team = 'new'") == [run_id]


def test_the_columns_of_a_key_that_no_run_has_any_more_go(store):
    for run_id in found(store, ""):
        do(store, tracking.delete_tag(run_id, "git"))
    settle(store)
    with store.read(DEFAULT_WORKSPACE) as reader:
        key_id = reader._key_ids(["git"])["git"]
        rows = reader._session.execute(
            f"SELECT 1 FROM run_columns WHERE key_id = {key_id} AND kind = 3"
        )
    assert rows == []


def test_a_filled_store_has_the_rows_of_one_that_was_logged_to():
    runs = list(sample_runs(30, 3))
    with quick_folder() as filled, quick_folder() as logged:
        fill(filled, runs, 3)
        store = SqliteStore(logged)
        for number in range(1, 4):
            do(store, tracking.create_experiment(f"sweep {number}", "", [], "mlflow-artifacts:", 0))
        for run in runs:
            log(store, run)
        pair = (SqliteStore(filled), store)
        answers = []
        for one in pair:
            with one.read(DEFAULT_WORKSPACE) as reader:
                answers.append([reader.run(run.run_id) for run in runs])
        tables = [rows_of(one) for one in pair]
        for one in pair:
            one.close()
    assert repr(answers[0]) == repr(answers[1])
    assert tables[0] == tables[1]


def log(store, run):
    tags = [Tag(key, value) for key, value in run.tags.items()]
    do(
        store,
        tracking.create_run(
            run.run_id, run.experiment_id, run.name, "", run.user_id, run.start_ms, tags
        ),
    )
    params = [Param(key, value) for key, value in run.params.items()]
    points = [Point(key, value, run.start_ms, 0) for key, value in run.metrics.items()]
    random.Random(0).shuffle(points)
    do(store, tracking.log_batch(run.run_id, Batch(points, params)))
    if run.dataset:
        do(store, tracking.log_inputs(run.run_id, [run.dataset_input()], []))
    if run.status != "RUNNING":
        do(store, tracking.update_run(run.run_id, RunStatus[run.status], run.end_ms, None))


def rows_of(store):
    """The rows by the names of keys, whose ids come as keys come."""
    found = {}
    with store.read(DEFAULT_WORKSPACE) as reader:
        ask = reader._session.execute
        found["runs"] = ask("SELECT * FROM runs ORDER BY run_id")
        for table in ("params", "tags", "latest"):
            columns = "value, kind, step, timestamp, points, value_min, value_max"
            if table != "latest":
                columns = "value, number"
            found[table] = ask(
                f"SELECT t.run_id, k.name, t.workspace_id, {columns} FROM {table} t "
                "JOIN keys k USING (key_id) ORDER BY t.run_id, k.name"
            )
        found["inputs"] = ask(
            "SELECT i.run_id, i.tags, i.context, d.* FROM dataset_inputs i "
            "JOIN datasets d USING (dataset_id) ORDER BY i.run_id"
        )
    return found
