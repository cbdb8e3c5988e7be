"""Compaction moves points from the log into segments, and nothing that is read changes."""

import math
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millpond.domain.charts import ChartAxis, Frame, draw
from millpond.domain.metrics import Point
from millpond.store import sqlite
from millpond.store.memory import MemoryStore
from millpond.store.sql import compaction, point_reader
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import ask, do, plain, start_run
from tests.store.sqlite_files import compact, quick_folder, rows

NAN = math.nan


@pytest.fixture
def store():
    with quick_folder() as folder, closing(SqliteStore(folder)) as store:
        start_run(store)
        yield store


@pytest.fixture
def small_segments(monkeypatch):
    """A series leaves the bundle with 4 points, a segment is full with 8, a bundle with 12."""
    monkeypatch.setattr(compaction, "OWN_SEGMENT_POINTS", 4)
    monkeypatch.setattr(compaction, "SEGMENT_POINTS", 8)
    monkeypatch.setattr(compaction, "BUNDLE_POINTS", 12)


def log(store, *points, run_id="r1"):
    do(store, lambda tx: tx.append_points(run_id, points))


def ramp(begin, end, key="m"):
    return [Point(key, float(i), i, i) for i in range(begin, end)]


def history(store, key="m"):
    return ask(store, lambda r: r.history("r1", key).points())


def counts(store):
    return {s.latest.key: s.points for s in ask(store, lambda r: r.metric_summaries("r1"))}


def segments_of(store):
    """(key, points) of every segment; key 0 is a bundle."""
    return rows(store, "SELECT key_id, points FROM segments ORDER BY segment_id")


def test_compaction_of_an_empty_log_is_nothing(store):
    compact(store)
    log(store)
    compact(store)
    assert segments_of(store) == []
    log(store, Point("m", 1.0, 1))
    compact(store)
    compact(store)
    assert history(store) == [Point("m", 1.0, 1)]
    assert rows(store, "SELECT COUNT(*) FROM point_log") == [(0,)]


def test_of_equal_points_the_first_is_kept_whenever_compaction_comes(store, small_segments):
    log(store, Point("m", 1.0, 1, dataset_name="first"), Point("m", NAN, 2))
    for i in range(10):
        log(store, Point("m", 1.0, 1, dataset_name=f"later {i}"), Point("m", float(i), 5, i))
        before = history(store)
        if i % 3:
            compact(store)
        assert repr(history(store)) == repr(before)
    assert history(store)[0].dataset_name == "first"
    compact(store)
    assert counts(store) == {"m": len(history(store))} == {"m": 12}


def test_short_series_share_a_bundle_and_long_ones_leave_it(store, small_segments):
    log(store, *ramp(0, 3, "a"), *ramp(0, 3, "b"))
    compact(store)
    assert segments_of(store) == [(0, 6)]
    log(store, *ramp(3, 5, "a"), *ramp(3, 4, "c"))
    compact(store)
    key_of = dict(rows(store, "SELECT name, key_id FROM keys"))
    assert sorted(segments_of(store)) == [(0, 4), (key_of["a"], 5)]
    assert history(store, "a") == ramp(0, 5, "a")
    assert history(store, "b") == ramp(0, 3, "b")


def test_the_longest_series_leave_a_bundle_that_gets_too_large(store, small_segments):
    for key in "abcdef":
        log(store, *ramp(0, 3, key))
    log(store, *ramp(3, 4, "f"))
    compact(store)
    bundled = [points for key_id, points in segments_of(store) if key_id == 0]
    assert sum(bundled) <= 12
    assert sum(points for _, points in segments_of(store)) == 19
    assert all(history(store, key) == ramp(0, 3, key) for key in "abcde")


def test_full_segments_are_never_written_again(store, small_segments):
    log(store, *ramp(0, 20))
    compact(store)
    full = rows(store, "SELECT segment_id FROM segments WHERE points >= 8")
    assert len(full) == 2
    for i in range(20, 60, 4):
        log(store, *ramp(i, i + 4))
        compact(store)
    assert set(full) <= set(rows(store, "SELECT segment_id FROM segments"))
    assert history(store) == ramp(0, 60)


def test_a_long_series_is_not_rewritten_for_every_point(store, small_segments):
    written = 0
    for i in range(200):
        log(store, *ramp(i, i + 1))
        before = set(rows(store, "SELECT segment_id, points FROM segments"))
        compact(store)
        written += sum(
            p for _, p in set(rows(store, "SELECT segment_id, points FROM segments")) - before
        )
    assert written < 200 * 8
    assert history(store) == ramp(0, 200)


def test_repeats_are_found_in_full_segments_and_bundles_too(store, small_segments):
    for _ in range(3):
        log(store, *ramp(0, 20), *ramp(0, 2, "short"), Point("m", NAN, 3, 3), Point("m", NAN, 3, 3))
        compact(store)
    log(store, *ramp(7, 9))
    compact(store)
    assert counts(store) == {"m": 21, "short": 2}
    assert len(history(store)) == 21
    assert sum(points for _, points in segments_of(store)) == 23


def test_points_that_come_late_are_read_in_their_place(store, small_segments):
    log(store, *ramp(10, 30))
    compact(store)
    log(store, *ramp(0, 10))
    assert history(store) == ramp(0, 30)
    compact(store)
    log(store, *ramp(40, 50), *ramp(30, 40))
    compact(store)
    assert history(store) == ramp(0, 50)
    line = ask(store, lambda r: r.line(("r1", "m"), Frame(width=10)))
    assert line.points == 50
    assert line.xs.tolist() == sorted({*range(0, 50, 5), *range(4, 50, 5)})


def test_runs_are_compacted_apart(store, small_segments):
    start_run(store, "r2")
    log(store, *ramp(0, 9))
    log(store, *ramp(5, 8), run_id="r2")
    compact(store)
    assert history(store) == ramp(0, 9)
    assert ask(store, lambda r: r.history("r2", "m").points()) == ramp(5, 8)


def test_a_compaction_may_be_settled_in_pieces_and_stop_after_any(store, monkeypatch):
    monkeypatch.setattr(compaction, "_SETTLED_ROWS", 1)
    runs = [start_run(store, f"run{i}") for i in range(4)]
    for run_id in runs:
        log(store, *ramp(0, 3), run_id=run_id)
    settle, settled = compaction.settle, []

    def settle_two(session, gathered):
        if len(settled) == 2:
            raise sqlite3.OperationalError("database or disk is full")
        settled.append(gathered)
        settle(session, gathered)

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "settle", settle_two)
        with pytest.raises(sqlite3.OperationalError):
            compact(store)
    assert rows(store, "SELECT COUNT(*) FROM point_log") == [(2,)]
    for _ in range(2):
        for run_id in runs:
            assert ask(store, lambda r, i=run_id: r.history(i, "m").points()) == ramp(0, 3)
        compact(store)


def test_a_compaction_that_fails_loses_and_doubles_nothing(store, monkeypatch):
    log(store, Point("m", 1.0, 1), Point("m", 2.0, 2))
    settle = compaction.settle

    def settle_and_fail(session, gathered):
        settle(session, gathered)
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "settle", settle_and_fail)
        with pytest.raises(sqlite3.OperationalError):
            compact(store)
    assert history(store) == [Point("m", 1.0, 1), Point("m", 2.0, 2)]
    log(store, Point("m", 3.0, 3))
    compact(store)
    assert [point.value for point in history(store)] == [1.0, 2.0, 3.0]


def test_the_log_goes_on_after_compaction_and_a_restart():
    with quick_folder() as folder:
        for i in range(4):
            with closing(SqliteStore(folder)) as store:
                if i == 0:
                    start_run(store)
                log(store, Point("m", float(i), i))
                if i % 2:
                    compact(store)
        with closing(SqliteStore(folder)) as store:
            assert [point.value for point in history(store)] == [0.0, 1.0, 2.0, 3.0]


def test_a_store_that_is_closed_has_nothing_in_its_log():
    with quick_folder() as folder:
        with closing(SqliteStore(folder)) as store:
            start_run(store)
            log(store, *ramp(0, 5))
        with closing(SqliteStore(folder)) as store:
            assert rows(store, "SELECT COUNT(*) FROM point_log") == [(0,)]
            assert history(store) == ramp(0, 5)


def test_points_leave_the_log_though_nothing_more_comes(monkeypatch):
    monkeypatch.setattr(sqlite, "_HOUSEKEEPING_PERIOD_S", 0.01)
    monkeypatch.setattr(sqlite, "_COMPACTION_PERIOD_S", 0.05)
    monkeypatch.setattr(sqlite, "_LOG_STAYS_S", 0.01)
    with quick_folder() as folder, closing(SqliteStore(folder)) as store:
        start_run(store)
        log(store, *ramp(0, 5))
        for _ in range(1_000):
            if rows(store, "SELECT COUNT(*) FROM point_log") == [(0,)]:
                break
            # Reading takes long enough to wait for the housekeeper.
            assert history(store) == ramp(0, 5)
        assert rows(store, "SELECT COUNT(*) FROM point_log") == [(0,)]
        assert history(store) == ramp(0, 5)


points = st.builds(
    Point,
    st.sampled_from(["m", "n"]),
    st.sampled_from([0.0, -0.0, 1.0, NAN, math.inf, -math.inf]),
    st.integers(0, 12),
    st.integers(-3, 12),
    st.none(),
    st.none() | st.just("iris"),
    st.none() | st.just("1"),
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(
    batches=st.lists(st.lists(points, max_size=8) | st.just("compact"), max_size=14),
    limit=st.integers(1, 9),
    low=st.none() | st.integers(-3, 6),
    high=st.none() | st.integers(4, 12),
    columns=st.integers(1, 6),
)
def test_every_question_is_answered_as_the_oracle_does(
    small_segments, batches, limit, low, high, columns
):
    with quick_folder() as folder, closing(SqliteStore(folder)) as store:
        oracle = MemoryStore()
        for each in (store, oracle):
            start_run(each)
        for batch in batches:
            if batch == "compact":
                compact(store)
            else:
                log(store, *batch)
                log(oracle, *batch)
        for key in ("m", "n"):

            def questions(reader, key=key):
                first = reader.history("r1", key, limit)
                return [
                    part.points()
                    for part in (
                        first,
                        reader.history("r1", key),
                        reader.series("r1", key, low, high),
                    )
                ] + [
                    plain(reader.line(("r1", key), Frame(axis, low, high, columns)))
                    for axis in ChartAxis
                ]

            assert repr(ask(store, questions)) == repr(ask(oracle, questions))
        compact(store)
        assert repr(ask(store, lambda r: r.metric_summaries("r1"))) == repr(
            ask(oracle, lambda r: r.metric_summaries("r1"))
        )


def test_a_long_series_is_drawn_part_by_part_as_the_whole_is(store, small_segments):
    log(store, *ramp(0, 200))
    compact(store)
    log(store, *ramp(200, 230))
    whole = ask(store, lambda r: r.series("r1", "m"))
    for axis, low, high in ((ChartAxis.STEP, 33, 190), (ChartAxis.TIME, None, 215)):
        frame = Frame(axis, low, high, 9)
        line = ask(store, lambda r, frame=frame: r.line(("r1", "m"), frame, with_timestamps=True))
        assert plain(line) == plain(draw(("r1", "m"), whole, 0, frame))
        assert line.timestamps.tolist() == line.xs.tolist()


def test_of_a_long_series_only_the_parts_that_overlap_are_read_together(
    store, small_segments, monkeypatch
):
    log(store, *ramp(0, 90), *ramp(98, 200))
    compact(store)
    log(store, *ramp(90, 98))
    compact(store)
    whole = ask(store, lambda r: r.series("r1", "m"))
    read_together = []

    def in_order(series, axis):
        read_together.append(len(series))
        return real(series, axis)

    real = point_reader.series_rules.in_order
    monkeypatch.setattr(point_reader.series_rules, "in_order", in_order)
    frame = Frame(width=9)
    line = ask(store, lambda r: r.line(("r1", "m"), frame))
    monkeypatch.undo()
    assert plain(line) == plain(draw(("r1", "m"), whole, 0, frame))
    assert read_together == [16]
