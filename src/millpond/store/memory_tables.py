"""What the memory store says about many runs at once: charts, tails, columns."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from millpond.domain import charts, metrics
from millpond.domain.charts import Frame, Line, SeriesName
from millpond.domain.filters import numeric_text
from millpond.domain.metrics import MetricSummary, Point
from millpond.domain.run_tables import (
    MAX_COMMON_VALUES,
    MAX_SHOWN_LENGTH,
    ColumnKind,
    KeySummary,
    NumberColumn,
    RunColumn,
    RunTable,
    Statistic,
    TextColumn,
    int_column,
    text_column,
)
from millpond.domain.runs import Run, RunInfo
from millpond.domain.series import Series, series_of
from millpond.store import questions
from millpond.store.contract import SeriesState, Tail


class Tables(Protocol):
    """What is needed of ``memory._Tables``."""

    @property
    def runs(self) -> dict[str, RunInfo]: ...
    @property
    def points(self) -> dict[str, tuple[Point, ...]]: ...
    @property
    def log(self) -> dict[int, tuple[str, tuple[Point, ...]]]: ...


def series_states(tables: Tables, names: Sequence[SeriesName]) -> list[SeriesState]:
    found = []
    for run_id, key in names:
        info = tables.runs.get(run_id)
        logged = sum(point.key == key for point in tables.points.get(run_id, ()))
        found.append(SeriesState(None if info is None else info.start_ms, logged, logged))
    return found


def each_series(
    tables: Tables, names: Sequence[SeriesName], step_min: int | None, step_max: int | None
) -> Iterator[tuple[int, Series]]:
    for place, (run_id, key) in enumerate(names):
        points = [
            Point(key, p.value, p.timestamp, p.step)
            for p in sorted(metrics.distinct(tables.points.get(run_id, ())), key=metrics.recency)
            if p.key == key
            and (step_min is None or step_min <= p.step)
            and (step_max is None or p.step <= step_max)
        ]
        if points:
            yield place, series_of(key, points)


def latest_points(points: Sequence[Point]) -> tuple[Point, ...]:
    latest: dict[str, Point] = {}
    for point in points:
        old = latest.get(point.key)
        if old is None or metrics.recency(point) > metrics.recency(old):
            latest[point.key] = point
    # They say what was measured, not on which model or dataset.
    return tuple(Point(key, p.value, p.timestamp, p.step) for key, p in sorted(latest.items()))


def line(tables: Tables, name: SeriesName, whole: Series, frame: Frame) -> Line:
    (state,) = series_states(tables, [name])
    if not state.version:
        return charts.empty_line(name, "run" if state.run_start_ms is None else "metric")
    return charts.draw(name, whole, state.run_start_ms or 0, frame)


def metric_summary(latest: Point, points: Sequence[Point]) -> MetricSummary:
    # Of zeros, the bounds know one.
    numbers = [point.value + 0.0 for point in points if not math.isnan(point.value)]
    bounds = (min(numbers), max(numbers)) if numbers else (None, None)
    return MetricSummary(latest, len(points), *bounds)


def log_end(tables: Tables) -> int:
    return len(tables.log)


def points_since(
    tables: Tables, position: int, names: Sequence[SeriesName], limit: int
) -> Tail | None:
    if not 0 <= position <= log_end(tables):
        return None
    wanted = set(names)
    runs = {run_id for run_id, _ in names}
    rows = [n for n in tables.log if n > position and tables.log[n][0] in runs]
    found = []
    for number in rows[:limit]:
        run_id, points = tables.log[number]
        for key in sorted({point.key for point in points}):
            if (run_id, key) in wanted:
                own = [Point(key, p.value, p.timestamp, p.step) for p in points if p.key == key]
                found.append(((run_id, key), series_of(key, own)))
    if len(rows) > limit:
        return Tail(rows[limit - 1], found, False)
    return Tail(log_end(tables), found, True)


def run_table(tables: Tables, runs: Sequence[Run], columns: Sequence[RunColumn]) -> RunTable:
    return RunTable(
        [run.info.run_id for run in runs],
        [_column(tables, runs, column) for column in columns],
    )


def _column(tables: Tables, runs: Sequence[Run], column: RunColumn) -> NumberColumn | TextColumn:
    values = [_value(tables, run, column) for run in runs]
    if not column.is_number:
        return text_column(values)
    if column.kind is ColumnKind.ATTRIBUTE:
        return int_column(values)
    is_present = np.array([value is not None for value in values], np.bool_)
    numbers = [math.nan if value is None else value for value in values]
    return NumberColumn(np.array(numbers, np.float64), is_present)


def _value(tables: Tables, run: Run, column: RunColumn) -> Any:
    match column.kind:
        case ColumnKind.ATTRIBUTE:
            return questions.table_attribute(run.info, column.key)
        case ColumnKind.PARAM:
            return next((p.value for p in run.params if p.key == column.key), None)
        case ColumnKind.TAG:
            return next((t.value for t in run.tags if t.key == column.key), None)
    if column.statistic is Statistic.LATEST:
        return next((m.value for m in run.metrics if m.key == column.key), None)
    numbers = [
        point.value + 0.0
        for point in tables.points.get(run.info.run_id, ())
        if point.key == column.key and not math.isnan(point.value)
    ]
    if not numbers:
        return None
    return min(numbers) if column.statistic is Statistic.MIN else max(numbers)


def key_summaries(runs: Sequence[Run]) -> list[KeySummary]:
    metrics: dict[str, list[float]] = {}
    texts: dict[tuple[ColumnKind, str], list[str]] = {}
    for run in runs:
        for point in run.metrics:
            metrics.setdefault(point.key, []).append(point.value)
        for param in run.params:
            texts.setdefault((ColumnKind.PARAM, param.key), []).append(param.value)
        for tag in run.tags:
            texts.setdefault((ColumnKind.TAG, tag.key), []).append(tag.value)
    found = [_summary(ColumnKind.METRIC, key, values, ()) for key, values in metrics.items()]
    for (kind, key), values in texts.items():
        numbers = [numeric_text(value) for value in values]
        common: list[tuple[str, int]] = []
        if None in numbers:
            counts = Counter(value[:MAX_SHOWN_LENGTH] for value in values)
            common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        found.append(_summary(kind, key, numbers, common[:MAX_COMMON_VALUES]))
    return sorted(found, key=questions.summary_place)


def _summary(
    kind: ColumnKind,
    key: str,
    values: Sequence[float | None],
    common: Sequence[tuple[str, int]],
) -> KeySummary:
    numbers = [v + 0.0 for v in values if v is not None and not math.isnan(v)]
    low, high = (min(numbers), max(numbers)) if numbers else (None, None)
    return KeySummary(kind, key, len(values), len(numbers), low, high, tuple(common))
