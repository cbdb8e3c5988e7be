"""A purged run is gone for searches, compactions and whoever gets its place, at any moment."""

from contextlib import closing

import pytest

from bench.stores import fill, sample_runs
from millpond.app import open_place
from millpond.domain.experiments import Stage, ViewType
from millpond.domain.filters import RUNS, parse_filter, parse_order_by
from millpond.domain.metrics import Point
from millpond.store import check as checking
from millpond.store import sqlite
from millpond.store.blocks import columns
from millpond.store.contract import RunSearch
from millpond.store.sql import block_search, compaction, settling
from millpond.store.sqlite import SqliteStore
from millpond.store.sqlite_session import SqliteSession
from millpond.testing.store_contract.samples import ask, do, start_run
from tests.store.sqlite_files import compact, copy_of, damage, quick_folder, rows, settle

RUN_COUNT = 40


@pytest.fixture
def settled(monkeypatch):
    """A store whose runs are all in columns."""
    monkeypatch.setattr(columns, "BLOCK_RUNS", 16)
    monkeypatch.setattr(settling, "ENOUGH_RUNS", 1)
    monkeypatch.setattr(block_search, "_FEW_RUNS", 1)
    with quick_folder() as folder:
        fill(folder, sample_runs(RUN_COUNT, 1), 1)
        with closing(SqliteStore(folder)) as store:
            yield store


@pytest.fixture
def folder():
    with quick_folder() as folder:
        yield folder


def found(store, where="", *order_by):
    orders = parse_order_by(list(order_by), RUNS)
    search = RunSearch((1,), 100, parse_filter(where, RUNS), orders, ViewType.ALL)
    return [run.info.run_id for run in ask(store, lambda r: r.search_runs(search)).items]


def bin_and_purge(*run_ids):
    def act(tx):
        for run_id in run_ids:
            tx.change_run_stage(run_id, Stage.DELETED, 5)
            assert tx.purge_run(run_id, 5)

    return act


def log(store, run_id, count):
    points = [Point("m", float(i), i, i) for i in range(count)]
    do(store, lambda tx: tx.append_points(run_id, points))


def faults(folder):
    with closing(open_place(f"sqlite:{folder}")) as place:
        return [f for found in checking.check(place, lambda *_: None) for f in found.faults]


def test_a_purged_run_is_in_no_search_before_and_after_it_is_settled(settled):
    everyone = found(settled, "", "metrics.loss DESC")
    purged, left = everyone[::3], [run for i, run in enumerate(everyone) if i % 3]
    do(settled, bin_and_purge(*purged))
    for _ in range(2):
        assert found(settled, "", "metrics.loss DESC") == left
        assert found(settled, "metrics.loss > -1e300", "metrics.loss DESC") == left
        assert sorted(found(settled, "NOT metrics.loss > 1e300")) == sorted(left)
        settle(settled)
        assert rows(settled, "SELECT run_id FROM unsettled_runs") == []


def test_columns_of_runs_that_were_all_purged_go(settled):
    do(settled, bin_and_purge(*found(settled)))
    assert found(settled) == []
    settle(settled)
    assert found(settled) == []
    assert rows(settled, "SELECT COUNT(*) FROM run_columns") == [(0,)]


def test_a_run_that_is_purged_while_it_settles_stays_out_of_searches(settled):
    first, *others = found(settled)
    for run_id in (first, *others[:5]):
        do(settled, lambda tx, run_id=run_id: tx.change_run_stage(run_id, Stage.DELETED, 5))
    ask_writer = settled._writer.submit_upkeep
    with closing(SqliteSession(sqlite._connect(settled._path))) as session:
        for _ in range(2):
            ask_writer(sqlite._WriterConnection.restless_runs).result(30)
        session.begin_reading()
        gathered = settling.gather(session, set())
        session.end_reading()
        do(settled, lambda tx: tx.purge_run(first, 5))
        ask_writer(lambda writer: writer.settle_runs(gathered)).result(30)
    assert sorted(found(settled)) == sorted(others)
    settle(settled)
    assert sorted(found(settled)) == sorted(others)


def test_a_compaction_brings_nothing_of_a_run_back_that_was_purged_beside_it(folder, monkeypatch):
    monkeypatch.setattr(compaction, "_SETTLED_ROWS", 1)
    with closing(SqliteStore(folder)) as store:
        for run_id, count in (("kept", 100), ("purged", 10)):
            start_run(store, run_id)
            log(store, run_id, count)
        compact(store)
        # The run that is purged has the segment with the greatest number. It would become a larger
        # one, while the other run's new points make a segment of their own, with that number.
        assert rows(store, "SELECT segment_id, run_id FROM segments") == [(1, 1), (2, 2)]
        log(store, "kept", 110)
        log(store, "purged", 100)
        with closing(SqliteSession(sqlite._connect(store._path))) as session:
            session.begin_reading()
            parts = list(compaction.gather(session, store._quarantine))
            session.end_reading()
        do(store, bin_and_purge("purged"))
        for part in parts:
            store._writer.submit_upkeep(lambda writer, part=part: writer.settle(part)).result(30)
        assert rows(store, "SELECT segment_id, run_id FROM segments") == [(1, 1), (2, 1)]
        assert len(ask(store, lambda r: r.history("kept", "m"))) == 110
        assert rows(store, "SELECT COUNT(*) FROM point_log") == [(0,)]
    assert faults(folder) == []


def test_no_run_gets_the_number_of_a_purged_one_not_after_a_kill_either(folder, tmp_path):
    with closing(SqliteStore(folder)) as store:
        for run_id in ("r1", "r2"):
            start_run(store, run_id)
        log(store, "r2", 5)
        do(store, bin_and_purge("r2"))
        # What the log still has of it is nobody's.
        assert rows(store, "SELECT run_id FROM point_log") == [(2,)]
        after_kill = copy_of(folder, tmp_path / "copy")
    for place in (folder, after_kill):
        assert faults(place) == []
        with closing(SqliteStore(place)) as store:
            start_run(store, "r3")
            assert rows(store, "SELECT run_id FROM runs") == [(1,), (3,)]
            compact(store)
            assert len(ask(store, lambda r: r.history("r3", "m"))) == 0
        assert faults(place) == []


def test_points_that_come_with_the_purge_of_their_run_leave_nothing(folder):
    with closing(SqliteStore(folder)) as store:
        start_run(store, "r1")

        def act(tx):
            tx.append_points("r1", [Point("m", 1.0, 1, 1)])
            bin_and_purge("r1")(tx)

        do(store, act)
        assert rows(store, "SELECT COUNT(*) FROM latest") == [(0,)]
    assert faults(folder) == []


def test_a_damaged_segment_goes_with_its_run_and_its_number_is_sound_again(folder):
    with closing(SqliteStore(folder)) as store:
        for run_id in ("r1", "r2"):
            start_run(store, run_id)
        log(store, "r2", 10)
        compact(store)
        damage(store._path)
        assert len(ask(store, lambda r: r.history("r2", "m"))) == 0
        assert store.statistics()["damaged_segments"] == 1
        do(store, bin_and_purge("r2"))
        log(store, "r1", 10)
        compact(store)
        assert rows(store, "SELECT segment_id, state FROM segments") == [(1, "sound")]
        assert len(ask(store, lambda r: r.history("r1", "m"))) == 10
        assert store.statistics()["damaged_segments"] == 0
