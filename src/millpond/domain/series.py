"""One metric of one run as arrays: the form for histories and charts of millions of points."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain.metrics import Point

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Ids: TypeAlias = NDArray[np.uint32]

Context: TypeAlias = tuple[str | None, str | None, str | None]
"""The logged model, dataset name and dataset digest that a point names."""

NO_CONTEXT: Context = (None, None, None)


class Series(Struct, frozen=True):
    """The distinct points of one metric, as parallel arrays of equal length.

    contexts: for each point a number that ``context_names`` explains; 0 stands for no context.
    """

    key: str
    steps: Ints
    timestamps: Ints
    values: Floats
    contexts: Ids
    context_names: Mapping[int, Context]

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, chosen: "NDArray[np.int64] | NDArray[np.bool_] | slice") -> "Series":
        """The points at these places."""
        return Series(
            self.key,
            self.steps[chosen],
            self.timestamps[chosen],
            self.values[chosen],
            self.contexts[chosen],
            self.context_names,
        )

    def points(self) -> list[Point]:
        """The same, one record a point."""
        columns = (self.values.tolist(), self.timestamps.tolist(), self.steps.tolist())
        if not self.contexts.any():
            return [Point(self.key, *row) for row in zip(*columns, strict=True)]
        names = [self.context_names[number] for number in self.contexts.tolist()]
        return [Point(self.key, v, t, s, *c) for v, t, s, c in zip(*columns, names, strict=True)]


class Axis(Enum):
    """What a series goes by: its steps, or its times."""

    STEP = "step"
    TIME = "time"

    @property
    def other(self) -> "Axis":
        return Axis.TIME if self is Axis.STEP else Axis.STEP

    def of(self, series: Series) -> Ints:
        return series.steps if self is Axis.STEP else series.timestamps


class HistoryPosition(Struct, frozen=True):
    """A place in a history: the order of ``metrics.history_order``."""

    timestamp: int
    step: int
    value: float
    is_nan: bool


def series_of(key: str, points: Sequence[Point]) -> Series:
    """The points, in the order given, as arrays."""
    numbers: dict[Context, int] = {NO_CONTEXT: 0}
    contexts = [
        numbers.setdefault((p.model_id, p.dataset_name, p.dataset_digest), len(numbers))
        for p in points
    ]
    return Series(
        key,
        np.array([p.step for p in points], np.int64),
        np.array([p.timestamp for p in points], np.int64),
        np.array([p.value for p in points], np.float64),
        np.array(contexts, np.uint32),
        {number: context for context, number in numbers.items()},
    )


def empty_series(key: str) -> Series:
    """A metric that nobody logged."""
    return series_of(key, [])


def concatenate(parts: Sequence[Series]) -> Series:
    """All the points, in order; parts of one metric, at least one."""
    if len(parts) == 1:
        return parts[0]
    return Series(
        parts[0].key,
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.timestamps for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.contexts for part in parts]),
        {number: name for part in parts for number, name in part.context_names.items()},
    )


def distinct_in_step_order(
    steps: Ints, timestamps: Ints, values: Floats
) -> "NDArray[np.int64] | None":
    """Which points to take, in which order: by step, time, value, each once, the first given kept.

    None if they are so already, which is nearly always and costs no sorting to see.
    """
    return _distinct(steps, timestamps, values)


def in_order(series: Series, axis: Axis) -> Series:
    """Each distinct point once: by step, time, value, or by time, step, value as histories go."""
    order = _distinct(axis.of(series), axis.other.of(series), series.values)
    return series if order is None else series.take(order)


def within(series: Series, axis: Axis, low: int | None, high: int | None) -> Series:
    """The points from one step to another, or one time to another; they are in that order."""
    x = axis.of(series)
    begin = 0 if low is None else int(np.searchsorted(x, low, side="left"))
    end = len(x) if high is None else int(np.searchsorted(x, high, side="right"))
    return series if end - begin == len(x) else series.take(slice(begin, max(begin, end)))


def after_position(series: Series, position: HistoryPosition) -> Series:
    """The points of a history that come after a position."""
    numbers, are_nan = _ranks(series.values)
    same_value = (numbers == position.value) & (are_nan & (not position.is_nan))
    later = (series.timestamps > position.timestamp) | (
        (series.timestamps == position.timestamp)
        & (
            (series.steps > position.step)
            | ((series.steps == position.step) & ((numbers > position.value) | same_value))
        )
    )
    return series.take(later)


def position_of_last(series: Series) -> HistoryPosition:
    """Where the history ends; the series is not empty."""
    numbers, are_nan = _ranks(series.values[-1:])
    return HistoryPosition(
        int(series.timestamps[-1]), int(series.steps[-1]), float(numbers[0]), bool(are_nan[0])
    )


def _distinct(first: Ints, second: Ints, values: Floats) -> "NDArray[np.int64] | None":
    if _is_strictly_rising(first, second):
        return None
    # Late points among many in order: numbers that are nearly sorted are sorted fast, values not.
    order = np.lexsort((second, first))
    if _is_strictly_rising(first[order], second[order]):
        return order
    numbers, are_nan = _ranks(values)
    order = np.lexsort((are_nan, numbers, second, first))
    columns = (first[order], second[order], numbers[order], are_nan[order])
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return order[is_new]


def _is_strictly_rising(first: Ints, second: Ints) -> bool:
    ahead, behind = first[1:], first[:-1]
    if bool((ahead > behind).all()):
        return True
    return bool(((ahead > behind) | ((ahead == behind) & (second[1:] > second[:-1]))).all())


def _ranks(values: Floats) -> "tuple[Floats, NDArray[np.bool_]]":
    """``metrics.value_rank`` of each value: NaN stands right after 0, and -0.0 is 0."""
    are_nan = np.isnan(values)
    return np.where(are_nan, 0.0, values) + 0.0, are_nan
