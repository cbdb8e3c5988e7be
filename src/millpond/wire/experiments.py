"""Experiments on the wire."""

from typing import Any

from millpond.domain.datasets import DatasetSummary
from millpond.domain.experiments import Experiment, Tag, ViewType
from millpond.domain.metrics import Int64
from millpond.wire.messages import Message


class CreateExperiment(Message):
    required = ("name",)

    name: str | None = None
    artifact_location: str = ""
    tags: list[Tag] = []


class GetExperiment(Message):
    required = ("experiment_id",)

    experiment_id: str | None = None


class GetExperimentByName(Message):
    required = ("experiment_name",)

    experiment_name: str | None = None


class UpdateExperiment(Message):
    required = ("experiment_id", "new_name")

    experiment_id: str | None = None
    new_name: str | None = None


class SetExperimentTag(Message):
    required = ("experiment_id", "key")

    experiment_id: str | None = None
    key: str | None = None
    value: str = ""


class DeleteExperimentTag(Message):
    required = ("experiment_id", "key")

    experiment_id: str | None = None
    key: str | None = None


class SearchExperiments(Message):
    max_results: Int64 | None = None
    page_token: str = ""
    filter: str = ""
    order_by: list[str] = []
    view_type: ViewType | None = None


class SearchDatasets(Message):
    experiment_ids: list[str] = []


def view_type(asked: ViewType | None) -> ViewType:
    """Which stages to show: the active ones unless something else is asked."""
    return asked or ViewType.ACTIVE_ONLY


def experiment_answer(experiment: Experiment) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "experiment_id": str(experiment.experiment_id),
        "name": experiment.name,
        "artifact_location": experiment.artifact_location,
        "lifecycle_stage": experiment.stage.value,
        "last_update_time": experiment.last_update_ms,
        "creation_time": experiment.creation_ms,
    }
    if experiment.tags:
        answer["tags"] = [{"key": tag.key, "value": tag.value} for tag in experiment.tags]
    answer["workspace"] = experiment.workspace
    return answer


def dataset_summary_answer(summary: DatasetSummary) -> dict[str, Any]:
    answer = {
        "experiment_id": str(summary.experiment_id),
        "name": summary.name,
        "digest": summary.digest,
    }
    if summary.context is not None:
        answer["context"] = summary.context
    return answer
