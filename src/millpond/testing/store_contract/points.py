"""Promises about metric points: which are kept, which is the latest, how history reads."""

import math
from itertools import pairwise

import pytest

from millpond.domain.metrics import Point, history_order
from millpond.store.contract import Store
from millpond.testing.store_contract.samples import ask, do, logged_model, start_run

NAN = math.nan
INF = math.inf


def log(store: Store, *points: Point, run_id: str = "r1") -> None:
    do(store, lambda tx: tx.append_points(run_id, points))


def history(store: Store, key: str = "m", run_id: str = "r1") -> list[Point]:
    return ask(store, lambda r: r.history(run_id, key).points())


def latest(store: Store, run_id: str = "r1") -> tuple[Point, ...]:
    run = ask(store, lambda r: r.run(run_id))
    assert run is not None
    return run.metrics


class PointContract:
    """Points: every distinct one is kept exactly."""

    @pytest.mark.parametrize(
        "value", [0.0, -0.0, 1.5, -1e308, 5e-324, 2.0**53 + 2, 0.1, NAN, INF, -INF]
    )
    def test_a_value_comes_back_bit_for_bit(self, store: Store, value: float) -> None:
        start_run(store)
        log(store, Point("m", value, 1))
        # repr tells NaN from NaN and -0.0 from 0.0 as == does not.
        assert repr(history(store)) == repr([Point("m", value, 1)])
        assert repr(latest(store)) == repr((Point("m", value, 1),))

    @pytest.mark.parametrize("step", [-(2**63), -1, 0, 2**63 - 1])
    @pytest.mark.parametrize("timestamp", [0, 2**63 - 1])
    def test_steps_and_times_have_64_bits(self, store: Store, step: int, timestamp: int) -> None:
        start_run(store)
        log(store, Point("m", 1.0, timestamp, step))
        assert history(store) == [Point("m", 1.0, timestamp, step)]
        assert latest(store) == (Point("m", 1.0, timestamp, step),)

    def test_a_metric_or_run_without_points_has_an_empty_history(self, store: Store) -> None:
        start_run(store)
        log(store, Point("m", 1.0, 1))
        assert history(store, "other") == []
        assert history(store, run_id="nobody") == []

    def test_history_reads_by_time_then_step_then_value(self, store: Store) -> None:
        start_run(store)
        points = [
            Point("m", value, timestamp, step)
            for step in (2, -1)
            for timestamp in (7, 3)
            for value in (1.0, NAN, -INF, 0.0, INF, -1.0)
        ]
        log(store, *points[:9])
        log(store, *points[9:])
        read = history(store)
        assert len(read) == len(points)
        assert all(history_order(a) < history_order(b) for a, b in pairwise(read))
        assert [repr(p.value) for p in read[:6]] == ["-inf", "-1.0", "0.0", "nan", "1.0", "inf"]

    def test_exact_repeats_are_one_point(self, store: Store) -> None:
        start_run(store)
        log(store, Point("m", 1.0, 1), Point("m", 1.0, 1), Point("m", NAN, 1), Point("m", NAN, 1))
        log(store, Point("m", 1.0, 1), Point("m", 1.0, 2), Point("m", 1.0, 1, 2))
        assert repr([p.value for p in history(store)]) == "[nan, 1.0, 1.0, 1.0]"

    def test_zero_and_minus_zero_are_one_point_and_the_first_is_kept(self, store: Store) -> None:
        start_run(store)
        log(store, Point("m", -0.0, 1), Point("m", 0.0, 1))
        log(store, Point("n", 0.0, 1))
        log(store, Point("n", -0.0, 1))
        assert repr([p.value for p in history(store) + history(store, "n")]) == "[-0.0, 0.0]"
        assert repr([p.value for p in latest(store)]) == "[-0.0, 0.0]"

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            (Point("m", 9.0, 9, 1), Point("m", 1.0, 1, 2)),
            (Point("m", 9.0, 1, 1), Point("m", 1.0, 2, 1)),
            (Point("m", 1.0, 1, 1), Point("m", 2.0, 1, 1)),
            (Point("m", 0.0, 1, 1), Point("m", NAN, 1, 1)),
            (Point("m", NAN, 1, 1), Point("m", 0.5, 1, 1)),
            (Point("m", -INF, 1, 1), Point("m", NAN, 1, 1)),
            (Point("m", NAN, 1, 1), Point("m", INF, 1, 1)),
            (Point("m", 5.0, 1, -5), Point("m", 1.0, 1, 0)),
        ],
    )
    @pytest.mark.parametrize("together", [True, False])
    @pytest.mark.parametrize("in_order", [True, False])
    def test_the_latest_point_has_the_greatest_step_then_time_then_value(
        self, store: Store, older: Point, newer: Point, together: bool, in_order: bool
    ) -> None:
        start_run(store)
        points = [older, newer] if in_order else [newer, older]
        for batch in [points] if together else [[point] for point in points]:
            log(store, *batch)
        assert repr(latest(store)) == repr((newer,))

    def test_latest_points_read_sorted_by_key(self, store: Store) -> None:
        start_run(store)
        log(store, *(Point(key, 1.0, 1) for key in ("b", "a b", "é", "B", "a/b")))
        assert [p.key for p in latest(store)] == ["B", "a b", "a/b", "b", "é"]

    def test_runs_and_metrics_keep_their_points_apart(self, store: Store) -> None:
        start_run(store, "r1")
        start_run(store, "r2")
        log(store, Point("m", 1.0, 1), Point("n", 2.0, 1))
        log(store, Point("m", 3.0, 1), run_id="r2")
        assert history(store) == [Point("m", 1.0, 1)]
        assert history(store, "n") == [Point("n", 2.0, 1)]
        assert history(store, run_id="r2") == [Point("m", 3.0, 1)]

    def test_a_point_remembers_what_it_was_measured_on(self, store: Store) -> None:
        start_run(store)
        do(store, lambda tx: tx.add_model(logged_model("m1")))
        points = [
            Point("m", 1.0, 1, 0, "m1", "d", "1"),
            Point("m", 2.0, 2, 0, "m1"),
            Point("m", 3.0, 3, 0, None, "d"),
            Point("m", 4.0, 4, 0, None, "d", "1"),
            Point("m", 5.0, 5, 0, None, None, "1"),
            Point("m", 6.0, 6),
        ]
        log(store, *points)
        assert history(store) == points
        # The latest of a run says what was measured, not on what.
        assert latest(store) == (Point("m", 6.0, 6),)

    def test_of_equal_points_on_several_datasets_the_first_is_kept(self, store: Store) -> None:
        start_run(store)
        log(store, Point("m", 1.0, 1, dataset_name="first"))
        log(store, Point("m", 1.0, 1, dataset_name="second"))
        assert history(store) == [Point("m", 1.0, 1, dataset_name="first")]

    def test_a_batch_of_a_thousand_points_is_kept_whole(self, store: Store) -> None:
        start_run(store)
        points = [Point(f"m{i % 7}", float(i), i, i) for i in range(1000)]
        log(store, *points)
        assert sum(len(history(store, f"m{i}")) for i in range(7)) == 1000
        assert history(store, "m3") == points[3::7]

    def test_an_empty_batch_changes_nothing(self, store: Store) -> None:
        start_run(store)
        before = ask(store, lambda r: r.run("r1"))
        log(store)
        assert ask(store, lambda r: r.run("r1")) == before
