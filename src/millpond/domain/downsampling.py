"""Fewer points for the same picture: M4, which loses no spike.

A chart is so many pixels wide. For each column of pixels the first, last, lowest and highest point
are kept; a line drawn through them is, pixel for pixel, the line through all. Source: Jugel et al.,
M4: A Visualization-Oriented Time Series Data Aggregation, VLDB 2014.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from millpond.domain.series import Floats, Ints

Places = NDArray[np.int64]

POINTS_PER_COLUMN = 5
"""First, last, lowest, highest, and the first NaN, so that gaps are seen too."""

# From so many points a column on, going through the columns one by one is faster.
_LONG_COLUMN = 512


def m4(
    x: Ints, values: Floats, columns: int, low: int | None = None, high: int | None = None
) -> Places:
    """Which points to draw, in order, for a chart ``columns`` pixels wide.

    x: never falling; low, high: where the chart begins and ends, else where the points do; points
    outside belong to the outer columns. Also kept is the first NaN of each column, so that a gap
    is seen.
    """
    if not len(x):
        return np.empty(0, np.int64)
    low = int(x[0]) if low is None else low
    high = int(x[-1]) if high is None else high
    return m4_of_columns(x, values, last_of_columns(columns, low, high))


def m4_of_line(
    x: Ints, values: Floats, columns: int, low: int | None = None, high: int | None = None
) -> Places:
    """As ``m4``, but few points are all kept, and points all at one x are divided by number."""
    size = len(x)
    if size < POINTS_PER_COLUMN * columns:
        return np.arange(size)
    if x[0] == x[-1]:
        return m4(np.arange(size), values, columns)
    return m4(x, values, columns, low, high)


def m4_of_at_most(x: Ints, values: Floats, limit: int) -> Places:
    """As ``m4_of_line``, at most ``limit`` points, the first and the last among them.

    Where the extremes of a column are its ends, there is room for others, evenly spread.
    """
    size = len(x)
    if size <= limit:
        return np.arange(size)
    if limit < POINTS_PER_COLUMN:
        ends = np.array([size - 1, 0][:limit])
        between = np.setdiff1d(m4_of_line(x, values, 1), ends)[: max(0, limit - 2)]
        chosen = np.union1d(ends, between)
    else:
        points_per_column = POINTS_PER_COLUMN - (not np.isnan(values.min()))
        chosen = m4_of_line(x, values, limit // points_per_column)
    others = np.setdiff1d(np.linspace(0, size - 1, limit).astype(np.int64), chosen)
    room = min(limit - len(chosen), len(others))
    return np.union1d(chosen, others[np.linspace(0, len(others) - 1, room).astype(np.int64)])


def last_of_columns(columns: int, low: int, high: int) -> Ints:
    """The greatest x of every column but the last."""
    span = high - low + 1
    return np.array([low - 1 - (-i * span // columns) for i in range(1, columns)], np.int64)


def m4_of_columns(x: Ints, values: Floats, edges: Ints) -> Places:
    """As ``m4``, for columns that end at these places; there is at least one point."""
    begin, end = np.searchsorted(edges, x[[0, -1]]).tolist()
    inner = np.searchsorted(x, edges[begin:end], side="right")
    starts = np.concatenate([[0], inner[np.diff(inner, prepend=0) > 0]])
    kept = np.zeros(len(x), np.bool_)
    kept[starts] = True
    kept[starts[1:] - 1] = True
    kept[-1] = True
    are_nan = np.isnan(values)
    if are_nan.any():
        # A NaN is neither low nor high; that it is there is seen by the first of them.
        kept[_extremes(are_nan, starts, np.maximum)] = True
        kept[_extremes(np.where(are_nan, np.inf, values), starts, np.minimum)] = True
        kept[_extremes(np.where(are_nan, -np.inf, values), starts, np.maximum)] = True
    else:
        kept[_extremes(values, starts, np.minimum)] = True
        kept[_extremes(values, starts, np.maximum)] = True
    return np.flatnonzero(kept)


def _extremes(values: "NDArray[Any]", starts: Places, kind: np.ufunc) -> Places:
    """The place of the first minimum, or maximum, of each column."""
    ends = np.append(starts[1:], len(values))
    if len(values) >= _LONG_COLUMN * len(starts):
        place = np.argmin if kind is np.minimum else np.argmax
        columns = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([start + int(place(values[start:end])) for start, end in columns])
    extremes = np.repeat(kind.reduceat(values, starts), ends - starts)
    places = np.flatnonzero(values == extremes)
    return places[np.searchsorted(places, starts)]
