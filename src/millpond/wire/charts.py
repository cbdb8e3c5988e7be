"""Charts on the wire: the question, and the answer in bytes or in JSON."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from msgspec import Struct

from millpond.domain.charts import (
    MAX_SERIES,
    MAX_WIDTH,
    NO_FLOATS,
    NO_INTS,
    ChartAxis,
    Frame,
    Line,
    SeriesName,
    as_doubles,
)
from millpond.domain.series import Series
from millpond.errors import InvalidParameter
from millpond.wire.columns import ColumnWriter, number_answer, numbers_answer


class SeriesRef(Struct, forbid_unknown_fields=True):
    """One metric of one run."""

    run_id: str
    key: str


class ChartRequest(Struct, forbid_unknown_fields=True):
    """Series to draw: those named, and every key of every run."""

    series: list[SeriesRef] = []
    run_ids: list[str] = []
    keys: list[str] = []
    x: ChartAxis = ChartAxis.STEP
    x_min: int | None = None
    x_max: int | None = None
    width: int = 1_000
    values: Literal["float64", "float32"] = "float64"

    def names(self) -> list[SeriesName]:
        return names_of(self.series, self.run_ids, self.keys)

    def frame(self) -> Frame:
        """Raises InvalidParameter for a width or range that cannot be."""
        return frame_of(self.x, self.x_min, self.x_max, self.width)


class ChartPoint(Struct):
    """Where a series begins or ends."""

    x: int
    value: float | str


class ChartSeries(Struct):
    """What is drawn of one series; a NaN or infinity is a text."""

    run_id: str
    key: str
    missing: Literal["run", "metric"] | None
    points: int
    min: float | str | None
    max: float | str | None
    first: ChartPoint | None
    last: ChartPoint | None
    x: list[int]
    values: list[float | str]


class ChartAnswer(Struct):
    """All series asked for, in the order they were asked for."""

    x: ChartAxis
    x_min: int | None
    x_max: int | None
    width: int
    series: list[ChartSeries]


class TailSeries(Struct):
    """New points of one series, in the order they came."""

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | str]


def names_of(
    series: Sequence[SeriesRef], run_ids: Sequence[str], keys: Sequence[str]
) -> list[SeriesName]:
    """The series that a request names. Raises InvalidParameter for none, or too many."""
    if bool(run_ids) is not bool(keys):
        there, lacking = ("run_ids", "keys") if run_ids else ("keys", "run_ids")
        raise InvalidParameter(
            f"The request has {there} and no {lacking}; a series is a run and a key."
        )
    count = len(series) + len(run_ids) * len(keys)
    if not 1 <= count <= MAX_SERIES:
        raise InvalidParameter(
            f"The request names {count} series; it must be 1 to {MAX_SERIES}. Name each in "
            "'series', or give 'run_ids' and 'keys' for every key of every run."
        )
    named = [(item.run_id, item.key) for item in series]
    return [*named, *((run_id, key) for run_id in run_ids for key in keys)]


def frame_of(axis: ChartAxis, x_min: int | None, x_max: int | None, width: int) -> Frame:
    for name, bound in (("x_min", x_min), ("x_max", x_max)):
        if bound is not None and not -(1 << 63) <= bound < 1 << 63:
            raise InvalidParameter(f"The bound {name}={bound} is not a 64-bit integer.")
    if x_min is not None and x_max is not None and x_min > x_max:
        raise InvalidParameter(f"The range of x is empty: x_min={x_min} and x_max={x_max}.")
    if not 1 <= width <= MAX_WIDTH:
        raise InvalidParameter(f"The width is {width}; it must be 1 to {MAX_WIDTH} pixels.")
    return Frame(axis, x_min, x_max, width)


def series_ref(text: str) -> SeriesRef:
    """A series as a URL names it: the run's id, a colon, the metric's key."""
    run_id, colon, key = text.partition(":")
    if not colon:
        raise InvalidParameter(f"The series {text[:300]!r} is not of the form RUN_ID:KEY.")
    return SeriesRef(run_id, key)


def chart_bytes(lines: Sequence[Line], frame: Frame, value_type: str) -> bytes:
    """The answer in binary columns: all x in one column, all values in another."""
    writer = ColumnWriter()
    xs = np.concatenate([line.xs for line in lines] or [NO_INTS])
    values = np.concatenate([line.values for line in lines] or [NO_FLOATS])
    if value_type == "float32":
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
    told = []
    start = 0
    for line in lines:
        told.append({**_summary(line), "start": start, "length": len(line.xs)})
        start += len(line.xs)
    return writer.finish(
        {
            **_frame_answer(frame),
            "columns": {"x": writer.numbers(as_doubles(xs)), "value": writer.numbers(values)},
            "series": told,
        }
    )


def chart_answer(lines: Sequence[Line], frame: Frame, value_type: str) -> dict[str, Any]:
    """The same for JSON."""
    told = []
    for line in lines:
        values = line.values
        if value_type == "float32":
            with np.errstate(over="ignore"):
                values = values.astype(np.float32)
        told.append({**_summary(line), "x": line.xs.tolist(), "values": numbers_answer(values)})
    return {**_frame_answer(frame), "series": told}


def tail_answer(points: Sequence[tuple[SeriesName, Series]]) -> dict[str, Any]:
    return {
        "series": [
            TailSeries(
                *name,
                series.steps.tolist(),
                series.timestamps.tolist(),
                numbers_answer(series.values),
            )
            for name, series in points
        ]
    }


def _frame_answer(frame: Frame) -> dict[str, Any]:
    return {
        "x": frame.axis.value,
        "x_min": frame.x_min,
        "x_max": frame.x_max,
        "width": frame.width,
    }


def _summary(line: Line) -> dict[str, Any]:
    return {
        "run_id": line.run_id,
        "key": line.key,
        "missing": line.missing,
        "points": line.points,
        "min": number_answer(line.value_min),
        "max": number_answer(line.value_max),
        "first": _end(line.first),
        "last": _end(line.last),
    }


def _end(point: tuple[int, float] | None) -> ChartPoint | None:
    return None if point is None else ChartPoint(point[0], number_answer(point[1]) or 0.0)
