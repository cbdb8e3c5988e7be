"""Charts: what is asked about series, and what is drawn of them."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from millpond.domain import series as series_rules
from millpond.domain.downsampling import (
    POINTS_PER_COLUMN,
    last_of_columns,
    m4_of_columns,
    m4_of_line,
)
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
    in and go out. timestamps: theirs, if they were asked for.
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
    timestamps: Ints | None = None


Part: TypeAlias = tuple[Ints, Floats, Ints | None]
"""(xs, values, timestamps) of some points of a long series; the arrays may be used again for the
next part."""

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
        series.timestamps[places],
    )


def draw_long(
    name: SeriesName, parts: Iterable[Part], low: int, high: int, frame: Frame
) -> Line | None:
    """As ``draw``, of a long series that comes in parts: it need not be in memory at once.

    parts: all points in the range and those next to it, in order. low, high: where the frame begins
    and ends, or else the points do. None if the points are few, or all at one x: then it takes all
    of them to draw the line.
    """
    edges = last_of_columns(frame.width, low, high)
    drawing = _Drawing()
    for part in parts:
        begin = int(np.searchsorted(part[0], low, "left"))
        drawing.add(part, begin, int(np.searchsorted(part[0], high, "right")), edges)
    if drawing.points < POINTS_PER_COLUMN * frame.width or drawing.first[0] == drawing.last[0]:
        return None
    return drawing.finish(name, edges)


def shifted(line: Line, by: int) -> Line:
    """The line, so far to the right."""
    first, last = ((end[0] + by, end[1]) if end else None for end in (line.first, line.last))
    return replace(line, xs=line.xs + by, first=first, last=last)


class _Drawing:
    """A line as far as it is drawn."""

    def __init__(self) -> None:
        self.points = 0
        self.first = self.last = (0, 0.0)
        self._bounds: list[float] = []
        self._kept: list[Part] = []
        # The nearest points before and after the range; empty if there is none.
        self._before: list[Part] = []
        self._after: list[Part] = []

    def add(self, part: Part, begin: int, end: int, edges: Ints) -> None:
        """Take a part, of which the points from begin to end are in the range."""
        if begin > 0:
            self._before = [_taken(part, [begin - 1])]
        if end < len(part[0]) and not self._after:
            self._after = [_taken(part, [end])]
        if begin >= end:
            return
        inside, numbers = part[0][begin:end], part[1][begin:end]
        if not self.points:
            self.first = (int(inside[0]), float(numbers[0]))
        self.last = (int(inside[-1]), float(numbers[-1]))
        self.points += end - begin
        self._bounds += [bound for bound in _bounds(numbers) if bound is not None]
        self._kept.append(_taken(part, begin + m4_of_columns(inside, numbers, edges)))

    def finish(self, name: SeriesName, edges: Ints) -> Line:
        kept = _joined(self._kept)
        # Two parts may meet in one column; what M4 keeps of what it kept is what it keeps of all.
        kept = _taken(kept, m4_of_columns(kept[0], kept[1], edges))
        xs, values, timestamps = _joined([*self._before, kept, *self._after])
        return Line(
            *name,
            None,
            self.points,
            min(self._bounds, default=None),
            max(self._bounds, default=None),
            self.first,
            self.last,
            xs,
            values,
            timestamps,
        )


def _taken(part: Part, places: Any) -> Part:
    xs, values, timestamps = part
    return xs[places], values[places], None if timestamps is None else timestamps[places]


def _joined(parts: Sequence[Part]) -> Part:
    xs, values, timestamps = zip(*parts, strict=True)
    times = None if timestamps[0] is None else np.concatenate(timestamps)
    return np.concatenate(xs), np.concatenate(values), times


def _bounds(values: Floats) -> tuple[float, float] | tuple[None, None]:
    low, high = float(values.min()), float(values.max())
    if low != low:
        numbers = values[~np.isnan(values)]
        if not len(numbers):
            return None, None
        low, high = float(numbers.min()), float(numbers.max())
    # Of the two zeros, the bounds know one.
    return low + 0.0, high + 0.0


def as_doubles(numbers: "NDArray[Any]") -> "NDArray[Any]":
    """Whole numbers as float64 if every one is exact so, which is easier for a web page."""
    if numbers.dtype.kind == "f" or not len(numbers):
        return numbers.astype(np.float64)
    if max(abs(int(numbers.min())), abs(int(numbers.max()))) <= 1 << 53:
        return numbers.astype(np.float64)
    return numbers
