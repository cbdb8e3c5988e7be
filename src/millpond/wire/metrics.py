"""Metrics on the wire."""

import math
from itertools import repeat
from typing import Any

import numpy as np
from msgspec import Struct

from millpond.domain.metrics import Int64, Point, RunPoint
from millpond.domain.series import Series
from millpond.wire.messages import Message

# MLflow's server keeps an infinity as the largest double, and clients are used to that.
_LARGEST = 1.7976931348623157e308


class LogMetric(Message):
    required = ("run_id", "key", "value", "timestamp")

    run_id: str | None = None
    run_uuid: str | None = None
    key: str | None = None
    value: float | None = None
    timestamp: Int64 | None = None
    step: Int64 = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""

    def point(self) -> Point:
        # `required` has seen to it that these are given.
        assert self.key is not None
        assert self.value is not None
        assert self.timestamp is not None
        return Point(
            self.key,
            self.value,
            self.timestamp,
            self.step,
            self.model_id or None,
            self.dataset_name or None,
            self.dataset_digest or None,
        )


class GetMetricHistory(Message):
    required = ("run_id", "metric_key")

    run_id: str | None = None
    run_uuid: str | None = None
    metric_key: str | None = None
    page_token: str = ""
    max_results: Int64 | None = None


class GetMetricHistoryBulk(Message):
    run_id: list[str] = []
    metric_key: str | None = None
    max_results: Int64 | None = None


class GetMetricHistoryBulkInterval(Message):
    required = ("run_ids", "metric_key")

    run_ids: list[str] | None = None
    metric_key: str | None = None
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 | None = None


def value_answer(value: float) -> float | str:
    """A metric's value as JSON can say it."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return math.copysign(_LARGEST, value)


def given_point(point: Point) -> Point:
    """The point, with None for a model or dataset that is named by an empty text."""
    if "" not in (point.model_id, point.dataset_name, point.dataset_digest):
        return point
    return Point(
        point.key,
        point.value,
        point.timestamp,
        point.step,
        point.model_id or None,
        point.dataset_name or None,
        point.dataset_digest or None,
    )


def point_answer(point: Point) -> dict[str, Any]:
    return {
        "key": point.key,
        "value": value_answer(point.value),
        "timestamp": point.timestamp,
        "step": point.step,
    }


def model_point_answer(measured: RunPoint) -> dict[str, Any]:
    """A point in an answer about a logged model: also where it was measured."""
    point = measured.point
    answer = point_answer(point)
    if point.dataset_name is not None:
        answer["dataset_name"] = point.dataset_name
    if point.dataset_digest is not None:
        answer["dataset_digest"] = point.dataset_digest
    if point.model_id is not None:
        answer["model_id"] = point.model_id
    answer["run_id"] = measured.run_id
    return answer


class HistoryPoint(Struct, gc=False):
    """A point in an answer about one run."""

    key: str
    value: float | str
    timestamp: int
    step: int


class RunHistoryPoint(HistoryPoint, gc=False):
    """A point in an answer about several runs."""

    run_id: str


def history_answer(series: Series) -> list[HistoryPoint]:
    return list(map(HistoryPoint, repeat(series.key), *_columns(series)))


def run_history_answer(run_id: str, series: Series) -> list[RunHistoryPoint]:
    columns = _columns(series)
    return list(map(RunHistoryPoint, repeat(series.key), *columns, repeat(run_id)))


def _columns(series: Series) -> tuple[list[float | str], list[int], list[int]]:
    values: list[float | str] = series.values.tolist()
    if not np.isfinite(series.values).all():
        values = [value_answer(value) for value in series.values.tolist()]
    return values, series.timestamps.tolist(), series.steps.tolist()
