"""Following points while several servers write: each comes once, in whatever order they commit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg
import pytest

from millpond.domain.metrics import Point
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.postgres import PostgresStore
from millpond.testing.store_contract.samples import SOON_S, ask, do, start_run
from millpond.tracking import actions as tracking
from tests.postgres_server import compact

NAMES = [("r1", "m")]


@pytest.fixture
def stores(database):
    """Two servers' stores."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(PostgresStore(database))) for _ in range(2)]


def log(store, step):
    do(store, tracking.log_metric("r1", Point("m", float(step), step, step)))


def log_end(store):
    return ask(store, lambda r: r.log_end())


def since(store, position, limit=100):
    return ask(store, lambda r: r.points_since(position, NAMES, limit))


def steps(tail):
    return [step for _, series in tail.points for step in series.steps.tolist()]


@pytest.fixture
def two_runs(stores):
    """The run that is followed, and another."""
    start_run(stores[0], "r1")
    start_run(stores[0], "r2")


def test_what_is_committed_later_never_comes_to_stand_before_a_position(stores, two_runs):
    first, second = stores
    log(first, 1)
    start = log_end(second)

    def act(tx):
        tx.append_points("r2", [Point("m", 2.0, 2, 2)])
        assert tx.history("r2", "m").points()
        written.set()
        gate.wait(SOON_S)

    written, gate = threading.Event(), threading.Event()
    slow = first.write(DEFAULT_WORKSPACE, act)
    assert written.wait(SOON_S)
    # This is committed and answered first, though the other one has the smaller number.
    log(second, 3)
    names = [("r1", "m"), ("r2", "m")]
    early = ask(second, lambda r: r.points_since(start, names, 100))
    assert (early.points, early.position, early.is_all) == ([], start, True)
    assert log_end(first) == log_end(second) == start
    gate.set()
    slow.result(SOON_S)
    late = ask(second, lambda r: r.points_since(start, names, 100))
    assert [(name, series.steps.tolist()) for name, series in late.points] == [
        (("r2", "m"), [2]),
        (("r1", "m"), [3]),
    ]
    assert late.position == log_end(first)


def test_compaction_leaves_what_no_follower_could_have_seen(stores, two_runs, database):
    first, second = stores
    log(first, 1)
    start = log_end(first)
    with psycopg.connect(database) as slow:
        # Somebody's transaction is under way, and may write points before those that come now.
        slow.execute("SELECT pg_current_xact_id()")
        log(second, 2)
        compact(second)
        assert since(first, start).points == []
    assert steps(since(first, start)) == [2]
    compact(second)
    assert since(first, start) is None
    assert since(first, log_end(second)).points == []


def test_a_follower_sees_every_point_of_all_servers_once(stores, two_runs):
    first, second = stores
    start = position = log_end(second)
    done = threading.Event()

    def write(store, begin):
        for step in range(begin, begin + 120):
            if step % 10:
                log(store, step)
            else:
                # A commit of the other kind, which takes several turns of talk.
                point = Point("m", float(step), step, step)
                do(store, lambda tx, p=point: (tx.append_points("r1", [p]), tx.history("r1", "m")))

    def write_all():
        try:
            with ThreadPoolExecutor(4) as threads:
                works = [threads.submit(write, stores[n % 2], 1_000 * n) for n in range(4)]
                for work in works:
                    work.result()
        finally:
            done.set()

    writing = threading.Thread(target=write_all)
    writing.start()
    seen = []
    positions = [position]
    is_last = False
    while not is_last:
        is_last = done.is_set()
        tail = since(stores[len(positions) % 2], position, limit=7)
        while not tail.is_all:
            seen += steps(tail)
            tail = since(stores[len(positions) % 2], tail.position, limit=7)
        seen += steps(tail)
        position = tail.position
        positions.append(position)
    writing.join()
    wanted = [1_000 * n + step for n in range(4) for step in range(120)]
    assert sorted(seen) == sorted(wanted)
    assert positions == sorted(positions)
    # Whoever begins anew finds them in the same order.
    assert steps(since(first, start, limit=10_000)) == seen


def test_a_database_that_counts_transactions_anew_goes_on_with_its_log(database):
    """As one does that was restored, or moved to another server."""
    with closing(PostgresStore(database)) as store:
        start_run(store)
        log(store, 1)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE counters SET value = 1::bigint << 50 WHERE name = 'log'")
    with closing(PostgresStore(database)) as store, closing(PostgresStore(database)) as other:
        start = log_end(store)
        assert start >= 1 << 50
        log(other, 2)
        log(store, 3)
        assert steps(since(store, start)) == [2, 3]
        compact(store)
        assert since(store, log_end(store)).points == []
        assert [p.step for p in ask(other, lambda r: r.history("r1", "m").points())] == [1, 2, 3]
