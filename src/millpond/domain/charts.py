"""Charts: what is asked about series, and what is drawn of them."""

from enum import Enum
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain import series as series_rules
from millpond.domain.downsampling import m4_of_line
from millpond.domain.series import Axis, Floats, Ints, Series

MAX_SERIES = 1_000
MAX_WIDTH = 16_384

SeriesName: TypeAlias = tuple[str, str]
"""A run's id and a metric's key."""


class ChartAxis(Enum):
    """What a chart's x is: the step, the time (epoch ms UTC), or the ms since the run's start."""

    STEP = "step"
    TIME = "time"
    RELATIVE_TIME = "relative_time"


class Frame(Struct, frozen=True):
    """The x axis of a chart: its range (both ends belong to it), and its pixels."""

    axis: ChartAxis = ChartAxis.STEP
    x_min: int | None = None
    x_max: int | None = None
    width: int = 1_000


class Line(Struct, frozen=True):
    """What is drawn of one series.

    missing: "run" or "metric" if there is none of this name, else None. points: how many there are
    in the range; value_min and value_max are over those that are numbers, None if none is. first
    and last are (x, value) of the first and the last point in the range. xs and values are the
    points to draw; with a range, also the nearest one on either side of it, for the line to come
    in and go out.
    """

    run_id: str
    key: str
    missing: str | None
    points: int
    value_min: float | None
    value_max: float | None
    first: tuple[int, float] | None
    last: tuple[int, float] | None
    xs: Ints
    values: Floats


NO_INTS: Ints = np.empty(0, np.int64)
NO_FLOATS: Floats = np.empty(0, np.float64)


def empty_line(name: SeriesName, missing: str | None) -> Line:
    return Line(*name, missing, 0, None, None, None, None, NO_INTS, NO_FLOATS)


def draw(name: SeriesName, series: Series, start_ms: int, frame: Frame) -> Line:
    """The line of one series; start_ms is when its run began.

    series: by step if that is the axis, in any order otherwise.
    """
    if frame.axis is ChartAxis.STEP:
        xs = series.steps
    else:
        series = series_rules.in_order(series, Axis.TIME)
        xs = series.timestamps - (start_ms if frame.axis is ChartAxis.RELATIVE_TIME else 0)
    begin = 0 if frame.x_min is None else int(np.searchsorted(xs, frame.x_min, "left"))
    end = len(xs) if frame.x_max is None else int(np.searchsorted(xs, frame.x_max, "right"))
    if begin >= end:
        return empty_line(name, None)
    inside, values = xs[begin:end], series.values[begin:end]
    value_min, value_max = _bounds(values)
    places = begin + m4_of_line(inside, values, frame.width, frame.x_min, frame.x_max)
    sides = [place for place in (begin - 1, end) if 0 <= place < len(xs)]
    if sides:
        places = np.union1d(places, np.array(sides, np.int64))
    return Line(
        *name,
        None,
        end - begin,
        value_min,
        value_max,
        (int(inside[0]), float(values[0])),
        (int(inside[-1]), float(values[-1])),
        xs[places],
        series.values[places],
    )


def _bounds(values: Floats) -> tuple[float | None, float | None]:
    low, high = float(values.min()), float(values.max())
    if low == low:
        return low, high
    numbers = values[~np.isnan(values)]
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else (None, None)


def as_doubles(numbers: "NDArray[Any]") -> "NDArray[Any]":
    """Whole numbers as float64 if every one is exact so, which is easier for a web page."""
    if numbers.dtype.kind == "f" or not len(numbers):
        return numbers.astype(np.float64)
    if max(abs(int(numbers.min())), abs(int(numbers.max()))) <= 1 << 53:
        return numbers.astype(np.float64)
    return numbers
