"""Runs leave a database for good while several servers write, delete, restore and compact."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from millpond.app import open_place
from millpond.domain.experiments import Stage
from millpond.domain.metrics import Point
from millpond.errors import MillpondError
from millpond.store import check as checking
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.postgres import PostgresStore
from millpond.store.postgres.session import PostgresSession
from millpond.store.sql import compaction
from millpond.testing.store_contract.samples import SOON_S, ask, do, start_run
from millpond.tracking import actions as tracking
from tests.postgres_server import compact

RUNS = 24


@pytest.fixture
def stores(database):
    """Three servers' stores."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(PostgresStore(database))) for _ in range(3)]


def log(store, run_id, *steps):
    points = [Point("m", float(step), step, step) for step in steps]
    do(store, tracking.log_batch(run_id, tracking.Batch(points)))


def faults(database):
    with closing(open_place(database)) as place:
        return [f for found in checking.check(place, lambda *_: None) for f in found.faults]


def test_a_run_that_another_server_purged_is_gone_for_all_that_remembered_it(stores, database):
    start_run(stores[0])
    for store in stores:
        log(store, "r1", 1)
    do(stores[0], tracking.delete_run("r1", 5))
    assert do(stores[1], lambda tx: tx.purge_run("r1", 5)) is True
    for store in stores:
        assert ask(store, lambda r: r.run("r1")) is None
        answer = store.write(DEFAULT_WORKSPACE, tracking.log_metric("r1", Point("m", 2.0, 2, 2)))
        assert "not found" in str(answer.exception(SOON_S))
        assert do(store, lambda tx: tx.purge_run("r1", 5)) is False
    assert faults(database) == []


def test_a_compaction_that_was_gathered_before_a_purge_brings_nothing_back(stores, database):
    for run_id in ("kept", "purged"):
        start_run(stores[0], run_id)
        log(stores[0], run_id, *range(100))
    with stores[1]._address.connect() as connection:
        session = PostgresSession(connection)
        session.begin_reading()
        parts = list(compaction.gather(session, stores[1]._quarantine))
        session.end_reading()
        do(stores[0], tracking.delete_run("purged", 5))
        assert do(stores[0], lambda tx: tx.purge_run("purged", 5)) is True
        for part in parts:
            stores[1]._settle(session, part)
        assert session.execute("SELECT COUNT(DISTINCT run_id) FROM segments")[0][0] == 1
        assert session.execute("SELECT COUNT(*) FROM point_log")[0][0] == 0
    assert len(ask(stores[2], lambda r: r.history("kept", "m"))) == 100
    assert faults(database) == []


def test_a_compaction_waits_for_a_purge_that_is_under_way(stores, database):
    start_run(stores[0])
    log(stores[0], "r1", *range(100))
    do(stores[0], tracking.delete_run("r1", 5))
    is_purged, may_end = threading.Event(), threading.Event()

    def purge(tx):
        assert tx.purge_run("r1", 5)
        is_purged.set()
        may_end.wait(SOON_S)

    with ThreadPoolExecutor() as threads:
        purging = stores[0].write(DEFAULT_WORKSPACE, purge)
        assert is_purged.wait(SOON_S)
        compacting = threads.submit(compact, stores[1])
        time.sleep(0.3)
        assert not compacting.done()
        may_end.set()
        purging.result(SOON_S)
        compacting.result(SOON_S)
    assert faults(database) == []


def test_purging_beside_writers_and_compactions_loses_nothing_of_what_stays(stores, database):
    run_ids = [f"r{number}" for number in range(RUNS)]
    for run_id in run_ids:
        start_run(stores[0], run_id)
    kept = {run_id: [] for run_id in run_ids}
    purged, refusals = set(), set()
    is_over = threading.Event()

    def write(store, own):
        for step, run_id in enumerate(itertools.cycle(own)):
            if is_over.is_set():
                break
            try:
                log(store, run_id, step)
                kept[run_id].append(step)
            except MillpondError as error:
                refusals.add(error.message.partition(run_id)[2] or error.message)

    def purge(store, own):
        for number, run_id in enumerate(own):
            do(store, tracking.delete_run(run_id, number))
            if number % 3 == 0:
                do(store, tracking.restore_run(run_id))
            if do(store, lambda tx, run_id=run_id: tx.purge_run(run_id, RUNS)):
                purged.add(run_id)
            time.sleep(0.02)

    def tidy(store):
        while not is_over.wait(0.01):
            compact(store)

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(write, store, run_ids) for store in stores]
        # Two of them are at the same runs.
        work = [threads.submit(purge, store, run_ids[::2]) for store in stores[:1]]
        work += [threads.submit(sweep, store, run_ids[1::2]) for store in stores[1:]]
        tidying = threads.submit(tidy, stores[2])
        for each in work:
            each.result(120)
        is_over.set()
        for each in (*writing, tidying):
            each.result(60)
    compact(stores[0])
    assert sum(map(len, kept.values())) > 3 * RUNS
    for run_id in run_ids:
        found = ask(stores[0], lambda r, run_id=run_id: r.run_info(run_id))
        if run_id in run_ids[1::2]:
            assert found is None
        else:
            assert (found is None) == (run_id in purged)
        steps = [p.step for p in ask(stores[0], lambda r, i=run_id: r.history(i, "m").points())]
        # All three wrote the same steps; repeats are one.
        assert set(steps) == (set() if found is None else set(kept[run_id]))
    with stores[0]._address.connect() as connection:
        session = PostgresSession(connection)
        assert session.execute("SELECT COUNT(*) FROM point_log")[0][0] == 0
        owners = [row[0] for row in session.execute("SELECT owner_uuid FROM purged_files")]
    deleted = " must be in the 'active' state. Current state is deleted."
    assert refusals <= {" not found", deleted}
    assert sorted(owners) == sorted({*purged, *run_ids[1::2]})
    assert faults(database) == []


def sweep(store, run_ids):
    """Delete and purge several at once, whoever else does."""

    def act(tx, some):
        for run_id in some:
            if tx.run_info(run_id) is not None:
                tx.change_run_stage(run_id, Stage.DELETED, 1)
                assert tx.purge_run(run_id, 1)
                assert tx.run_info(run_id) is None

    for start in range(0, len(run_ids), 3):
        time.sleep(0.05)
        do(store, lambda tx, start=start: act(tx, run_ids[start : start + 3]))
