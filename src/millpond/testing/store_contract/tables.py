"""Promises about many runs at once: charts, what is new, columns."""

import math
from typing import Any

import pytest

from millpond.domain.experiments import Stage, Tag, ViewType
from millpond.domain.metrics import Point
from millpond.domain.run_tables import ColumnKind, KeySummary, NumberColumn, RunColumn, Statistic
from millpond.domain.runs import Param
from millpond.domain.series import Series
from millpond.store.contract import RunSearch, Store, Tail
from millpond.testing.store_contract.samples import ask, do, run_search, start_run

NAN = math.nan
INF = math.inf


def log(store: Store, run_id: str, *points: Point) -> None:
    do(store, lambda tx: tx.append_points(run_id, points))


def many(store: Store, *names: tuple[str, str], **steps: int) -> dict[int, list[Point]]:
    return ask(
        store,
        lambda r: {place: series.points() for place, series in r.each_series(names, **steps)},
    )


def since(store: Store, position: int, *names: tuple[str, str], limit: int = 100) -> Tail:
    tail = ask(store, lambda r: r.points_since(position, names, limit))
    assert tail is not None
    return tail


def told(tail: Tail) -> list[tuple[tuple[str, str], list[float]]]:
    return [(name, series.values.tolist()) for name, series in tail.points]


def columns(store: Store, *wanted: RunColumn, by: str = "", limit: int = 100) -> list[Any]:
    """The run ids, then each column with None for what is missing."""
    search = run_search("", *([by] if by else []), limit=limit)
    table = ask(store, lambda r: r.run_columns(search, wanted))
    shown: list[Any] = [list(table.run_ids)]
    for column in table.columns:
        if isinstance(column, NumberColumn):
            pairs = zip(column.values.tolist(), column.is_present.tolist(), strict=True)
            shown.append([value if there else None for value, there in pairs])
        else:
            texts = [*column.texts, None]
            shown.append([texts[code] for code in column.codes.tolist()])
    return shown


class TableContract:
    """Charts and tables of many runs."""

    def test_a_state_tells_run_and_metric_from_nothing(self, store: Store) -> None:
        start_run(store, "r1", start_ms=7)
        log(store, "r1", Point("m", 1.0, 1))
        names = [("r1", "m"), ("r1", "other"), ("nobody", "m")]
        known, no_metric, no_run = ask(store, lambda r: r.series_states(names))
        assert (known.run_start_ms, known.points, known.version > 0) == (7, 1, True)
        assert (no_metric.run_start_ms, no_metric.points, no_metric.version) == (7, 0, 0)
        assert (no_run.run_start_ms, no_run.version) == (None, 0)

    def test_a_version_rises_with_new_points_of_its_metric_only(self, store: Store) -> None:
        start_run(store)

        def versions() -> list[int]:
            states = ask(store, lambda r: r.series_states([("r1", "m"), ("r1", "n")]))
            return [state.version for state in states]

        log(store, "r1", Point("m", 1.0, 5, 5))
        log(store, "r1", Point("n", 1.0, 5, 5))
        first = versions()
        assert versions() == first
        # Older than the latest, and between the bounds: nothing but the version shows it.
        log(store, "r1", Point("m", 1.0, 1, 1))
        second = versions()
        assert second[0] > first[0]
        assert second[1] == first[1]

    def test_each_series_is_that_of_its_name(self, store: Store) -> None:
        for run_id in ("r1", "r2"):
            start_run(store, run_id)
            log(store, run_id, Point("n", 5.0, 1))
            for step in (2, 0, 1, 1):
                log(store, run_id, Point("m", float(step), 10 + step, step))
        names = [("r2", "m"), ("nobody", "m"), ("r1", "n"), ("r1", "m"), ("r1", "x"), ("r2", "m")]
        found = many(store, *names)
        assert set(found) == {0, 2, 3, 5}
        for place, points in found.items():
            alone = ask(store, lambda r, at=place: r.series(*names[at]).points())  # type: ignore[misc]
            assert points == alone
        assert [p.step for p in many(store, ("r1", "m"), step_min=1, step_max=1)[0]] == [1]
        assert many(store, ("r1", "m"), step_min=3) == {}

    @pytest.mark.parametrize("value", [NAN, INF, -INF, -0.0])
    def test_odd_values_are_in_series_and_tails(self, store: Store, value: float) -> None:
        start_run(store)
        before = ask(store, lambda r: r.log_end())
        log(store, "r1", Point("m", value, 1))
        assert repr(many(store, ("r1", "m"))[0]) == repr([Point("m", value, 1)])
        (tail,) = since(store, before, ("r1", "m")).points
        assert repr(tail[1].points()) == repr([Point("m", value, 1)])

    def test_what_is_new_comes_in_the_order_it_came(self, store: Store) -> None:
        start_run(store, "r1")
        start_run(store, "r2")
        log(store, "r1", Point("m", 0.0, 1))
        position = ask(store, lambda r: r.log_end())
        names = [("r1", "m"), ("r2", "m"), ("nobody", "m")]
        assert since(store, position, *names) == Tail(position, [], True)
        log(store, "r2", Point("m", 1.0, 9, 9), Point("other", 7.0, 1))
        log(store, "r1", Point("m", 2.0, 3), Point("m", 3.0, 1))
        log(store, "r2", Point("m", 4.0, 1, 1))
        tail = since(store, position, *names)
        assert told(tail) == [(names[1], [1.0]), (names[0], [2.0, 3.0]), (names[1], [4.0])]
        assert tail.is_all
        assert tail.position == ask(store, lambda r: r.log_end())
        assert since(store, tail.position, *names).points == []

    def test_what_is_new_comes_in_parts_and_each_once(self, store: Store) -> None:
        start_run(store)
        position = ask(store, lambda r: r.log_end())
        for number in range(5):
            log(store, "r1", Point("m", float(number), number))
        seen: list[float] = []
        for _ in range(5):
            tail = since(store, position, ("r1", "m"), limit=2)
            position = tail.position
            seen += [value for _, values in told(tail) for value in values]
            if tail.is_all:
                break
        assert seen == [0.0, 1.0, 2.0, 3.0, 4.0]

    @pytest.mark.parametrize("position", [-1, 1 << 60])
    def test_a_position_that_never_was_has_no_tail(self, store: Store, position: int) -> None:
        start_run(store)
        assert ask(store, lambda r: r.points_since(position, [("r1", "m")], 10)) is None

    def test_columns_tell_missing_from_nan(self, store: Store) -> None:
        values = {"r1": 1.5, "r2": NAN, "r3": -INF, "r5": -0.0}
        for start_ms, run_id in enumerate(["r1", "r2", "r3", "r4", "r5"]):
            start_run(store, run_id, start_ms=10 - start_ms)
        for run_id, value in values.items():
            log(store, run_id, Point("m", value, 1))
        found = columns(store, RunColumn(ColumnKind.METRIC, "m"))
        assert repr(found) == repr([["r1", "r2", "r3", "r4", "r5"], [1.5, NAN, -INF, None, -0.0]])

    def test_columns_have_the_bounds_of_a_metric(self, store: Store) -> None:
        start_run(store, "r1", start_ms=2)
        start_run(store, "r2", start_ms=1)
        log(store, "r1", Point("m", 5.0, 1), Point("m", -3.0, 2), Point("m", NAN, 3))
        log(store, "r2", Point("m", NAN, 1))
        wanted = [RunColumn(ColumnKind.METRIC, "m", part) for part in Statistic]
        found = columns(store, *wanted)
        assert repr(found) == repr([["r1", "r2"], [NAN, NAN], [-3.0, None], [5.0, None]])

    def test_columns_have_attributes_params_and_tags(self, store: Store) -> None:
        start_run(store, "r1", start_ms=2, end_ms=9)
        start_run(store, "r2", start_ms=1)
        do(store, lambda tx: tx.add_params("r1", [Param("p", "x")]))
        do(store, lambda tx: tx.set_tags("r2", [Tag("t", ""), Tag("é", "É")]))
        found = columns(
            store,
            RunColumn(ColumnKind.ATTRIBUTE, "start_time"),
            RunColumn(ColumnKind.ATTRIBUTE, "end_time"),
            RunColumn(ColumnKind.ATTRIBUTE, "experiment_id"),
            RunColumn(ColumnKind.ATTRIBUTE, "lifecycle_stage"),
            RunColumn(ColumnKind.PARAM, "p"),
            RunColumn(ColumnKind.PARAM, "never"),
            RunColumn(ColumnKind.TAG, "t"),
            RunColumn(ColumnKind.TAG, "é"),
            RunColumn(ColumnKind.METRIC, "never"),
            RunColumn(ColumnKind.ATTRIBUTE, "run_id"),
        )
        assert found == [
            ["r1", "r2"],
            [2, 1],
            [9, None],
            ["1", "1"],
            ["active", "active"],
            ["x", None],
            [None, None],
            [None, ""],
            [None, "É"],
            [None, None],
            ["r1", "r2"],
        ]

    def test_columns_come_in_the_order_of_the_search(self, store: Store) -> None:
        for number in range(6):
            start_run(store, f"r{number}", start_ms=number)
            log(store, f"r{number}", Point("m", float(number * 5 % 6), 1))
        found = columns(store, RunColumn(ColumnKind.METRIC, "m"), by="metrics.m desc", limit=4)
        assert found[1] == [5.0, 4.0, 3.0, 2.0]
        assert columns(store, limit=2) == [["r5", "r4"]]

    def test_columns_of_nothing_are_empty(self, store: Store) -> None:
        wanted = [RunColumn(ColumnKind.METRIC, "m"), RunColumn(ColumnKind.TAG, "t")]
        assert columns(store, *wanted) == [[], [], []]

    def test_keys_are_told_with_their_values(self, store: Store) -> None:
        for run_id in ("r1", "r2", "r3"):
            start_run(store, run_id)
        log(store, "r1", Point("m", 1.0, 1), Point("n", NAN, 1))
        log(store, "r2", Point("m", -2.0, 1))
        do(store, lambda tx: tx.add_params("r1", [Param("lr", "1e-3"), Param("opt", "sgd")]))
        do(store, lambda tx: tx.add_params("r2", [Param("lr", "10"), Param("opt", "adam")]))
        do(store, lambda tx: tx.add_params("r3", [Param("opt", "sgd"), Param("mixed", "1")]))
        do(store, lambda tx: tx.add_params("r2", [Param("mixed", "x" * 300)]))
        do(store, lambda tx: tx.set_tags("r1", [Tag("t", "a")]))
        found = ask(store, lambda r: r.key_summaries([1], ViewType.ACTIVE_ONLY))
        metric, param, tag = ColumnKind.METRIC, ColumnKind.PARAM, ColumnKind.TAG
        assert found == [
            KeySummary(metric, "m", 2, 2, -2.0, 1.0),
            KeySummary(metric, "n", 1, 0, None, None),
            KeySummary(param, "lr", 2, 2, 0.001, 10.0),
            KeySummary(param, "mixed", 2, 1, 1.0, 1.0, (("1", 1), ("x" * 250, 1))),
            KeySummary(param, "opt", 3, 0, None, None, (("sgd", 2), ("adam", 1))),
            KeySummary(tag, "t", 1, 0, None, None, (("a", 1),)),
        ]
        assert ask(store, lambda r: r.key_summaries([2, 3], ViewType.ALL)) == []
        do(store, lambda tx: tx.change_run_stage("r2", Stage.DELETED, 1))
        shown = ask(store, lambda r: r.key_summaries([1], ViewType.DELETED_ONLY))
        assert [(s.kind, s.key) for s in shown] == [
            (metric, "m"),
            (param, "lr"),
            (param, "mixed"),
            (param, "opt"),
        ]

    def test_an_action_sees_its_own_points_in_charts_and_columns(self, store: Store) -> None:
        start_run(store)

        def act(tx: Any) -> tuple[Any, ...]:
            before = tx.log_end()
            tx.append_points("r1", [Point("m", 2.0, 1)])
            ((_, series),) = tx.each_series([("r1", "m")])
            tail = tx.points_since(before, [("r1", "m")], 10)
            table = tx.run_columns(RunSearch((1,), 10), [RunColumn(ColumnKind.METRIC, "m")])
            return series, tail, table.columns[0]

        series, tail, column = do(store, act)
        assert isinstance(series, Series)
        assert (series.values.tolist(), column.values.tolist()) == ([2.0], [2.0])
        assert [found.values.tolist() for _, found in tail.points] == [[2.0]]
