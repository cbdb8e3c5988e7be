"""Metric points: what may be logged, which point is the latest, and in what order history reads."""

import math
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from millpond.domain import names
from millpond.errors import InvalidParameter

MAX_HISTORY_PAGE = 25_000
MAX_INTERVAL_POINTS = 2_500
MAX_BULK_RUNS = 100
_INT64 = 1 << 63
Int64 = Annotated[int, Meta(ge=-_INT64, le=_INT64 - 1)]


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    """One logged value of a metric.

    value may be NaN or infinite; timestamp is epoch milliseconds UTC; step any int64. A point of
    MLflow 3 may also say which model and which dataset it was measured on.
    """

    key: Annotated[str, Meta(min_length=1)]
    value: float
    timestamp: Int64
    step: Int64 = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class RunPoint(Struct, frozen=True):
    """A point together with the run that logged it."""

    run_id: str
    point: Point


class MetricSummary(Struct, frozen=True):
    """One metric of a run in short.

    points: how many there are; one that was logged again just now may count twice until it is
    found to be the same. lowest, highest: over the values that are numbers, None if there is none.
    """

    latest: Point
    points: int
    lowest: float | None
    highest: float | None


def check_point(point: Point, path: str = "") -> None:
    """Refuse a point that MLflow's server would refuse.

    path: where the point stands in its request, such as ``metrics[3].``; empty for a single one.
    """
    if (point.dataset_name is None) is not (point.dataset_digest is None):
        raise InvalidParameter(
            "Both dataset_name and dataset_digest must be provided if one is provided"
        )
    names.check_key(point.key, f"{path}name", "Metric name")
    if not 0 <= point.timestamp < _INT64:
        hint = (
            f"metric '{point.key}' (value={point.value}). "
            "Timestamp must be a nonnegative long (64-bit integer) "
        )
        raise names.invalid_value(f"{path}timestamp", point.timestamp, hint)
    if not -_INT64 <= point.step < _INT64:
        hint = (
            f"metric '{point.key}' (value={point.value}). "
            "Step must be a valid long (64-bit integer)."
        )
        raise names.invalid_value(f"{path}step", point.step, hint)


def value_rank(value: float) -> tuple[float, bool]:
    """How a value compares with others at one step and time.

    MLflow keeps a NaN as the number 0 beside a mark, so NaN stands right after 0.
    """
    return (0.0, True) if math.isnan(value) else (value, False)


def recency(point: Point) -> tuple[int, int, tuple[float, bool]]:
    """The latest point of a metric is the one where this is greatest."""
    return (point.step, point.timestamp, value_rank(point.value))


def history_order(point: Point) -> tuple[int, int, tuple[float, bool]]:
    """Histories read in this order."""
    return (point.timestamp, point.step, value_rank(point.value))


def distinct(points: Iterable[Point]) -> list[Point]:
    """The points without exact repeats of (key, step, timestamp, value), first one kept.

    A client that sends a batch again must not double it. -0.0 and 0.0 are one value, all NaN too.
    """
    seen: set[tuple[str, int, int, tuple[float, bool]]] = set()
    kept = []
    for point in points:
        identity = (point.key, *recency(point))
        if identity not in seen:
            seen.add(identity)
            kept.append(point)
    return kept


def check_interval(start_step: int | None, end_step: int | None) -> None:
    if (start_step is None) != (end_step is None):
        raise InvalidParameter(
            "If either start step or end step are specified, both must be specified."
        )
    if start_step is not None and end_step is not None and start_step > end_step:
        raise InvalidParameter(
            "end_step must be greater than start_step. "
            f"Found start_step={start_step} and end_step={end_step}."
        )
