"""The values of a record that a filter or an order may ask for, in plain Python."""

from collections.abc import Sequence
from typing import Any

from millpond.domain.experiments import Experiment
from millpond.domain.filters import Entity, Field
from millpond.domain.models import DatasetFilter, LoggedModel, ModelOrder
from millpond.domain.runs import Run
from millpond.store import questions


class ExperimentValues:
    """The values of an experiment that a filter or an order may ask for."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    def __call__(self, asked: Field) -> Sequence[Any]:
        if asked.entity is Entity.TAG:
            return [tag.value for tag in self._experiment.tags if tag.key == asked.key]
        value = questions.experiment_attribute(self._experiment, asked.key)
        return questions.searchable(asked.key, value)


class RunValues:
    """The values of a run that a filter or an order may ask for."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, asked: Field) -> Sequence[Any]:
        run = self._run
        match asked.entity:
            case Entity.METRIC:
                return [point.value for point in run.metrics if point.key == asked.key]
            case Entity.PARAM:
                return [param.value for param in run.params if param.key == asked.key]
            case Entity.TAG:
                return [tag.value for tag in run.tags if tag.key == asked.key]
            case Entity.DATASET:
                values = [questions.dataset_attribute(d, asked.key) for d in run.dataset_inputs]
            case Entity.ATTRIBUTE:
                values = [questions.run_attribute(run.info, asked.key)]
        return [value for value in values if value is not None]


class ModelValues:
    """The values of a logged model that a filter may ask for, on some datasets only, maybe."""

    def __init__(self, model: LoggedModel, datasets: Sequence[DatasetFilter]) -> None:
        self._model = model
        self._points = [
            measured.point
            for measured in model.metrics
            if not datasets or any(questions.is_on(measured.point, d) for d in datasets)
        ]

    def has_metrics(self) -> bool:
        return bool(self._points)

    def __call__(self, asked: Field) -> Sequence[Any]:
        match asked.entity:
            case Entity.METRIC:
                return [point.value for point in self._points if point.key == asked.key]
            case Entity.PARAM:
                return [param.value for param in self._model.params if param.key == asked.key]
            case Entity.TAG:
                return [tag.value for tag in self._model.tags if tag.key == asked.key]
            case _:
                value = questions.model_attribute(self._model, asked.key)
                return questions.searchable(asked.key, value)


def model_sort_value(model: LoggedModel, order: ModelOrder) -> Any:
    asked = order.key.field
    if asked.entity is not Entity.METRIC:
        return questions.model_attribute(model, asked.key)
    measured = [
        m
        for m in model.metrics
        if m.point.key == asked.key
        and order.dataset_name in (None, m.point.dataset_name)
        and order.dataset_digest in (None, m.point.dataset_digest)
    ]
    return max(measured, key=questions.model_metric_recency).point.value if measured else None
