"""Runs on the wire."""

from typing import Any, ClassVar

from millpond.domain.datasets import Dataset, DatasetInput
from millpond.domain.experiments import Tag, ViewType
from millpond.domain.metrics import Int64, Point
from millpond.domain.runs import Batch, ModelOutput, Param, Run, RunInfo, RunStatus
from millpond.wire.messages import Filled, Message, Part
from millpond.wire.metrics import given_point, point_answer


class CreateRun(Message):
    required = ("experiment_id",)

    experiment_id: str | None = None
    start_time: Int64 = 0
    run_name: str = ""
    user_id: str = ""
    tags: list[Tag] = []


class RunRequest(Message):
    """A request about one run. Clients before MLflow 1.0 call its id ``run_uuid``."""

    required: ClassVar[tuple[str, ...]] = ("run_id",)

    run_id: str | None = None
    run_uuid: str | None = None

    @property
    def id(self) -> str:
        return self.run_id or self.run_uuid or ""


class GetRun(RunRequest):
    pass


class DeleteRun(RunRequest):
    pass


class RestoreRun(RunRequest):
    pass


class UpdateRun(RunRequest):
    status: RunStatus | None = None
    end_time: Int64 | None = None
    run_name: str | None = None


class LogParam(RunRequest):
    required = ("run_id", "key")

    key: str | None = None
    value: str = ""


class SetTag(RunRequest):
    required = ("run_id", "key")

    key: str | None = None
    value: str = ""


class DeleteTag(RunRequest):
    required = ("run_id", "key")

    key: str | None = None


class LogBatch(RunRequest):
    metrics: list[Point] = []
    params: list[Param] = []
    tags: list[Tag] = []

    def batch(self) -> Batch:
        points = [
            point
            if point.model_id is None and point.dataset_name is None is point.dataset_digest
            else given_point(point)
            for point in self.metrics
        ]
        return Batch(points, self.params, self.tags)


class LogModel(RunRequest):
    required = ("run_id", "model_json")

    model_json: str | None = None


class ModelInput(Part):
    model_id: Filled


class LogInputs(RunRequest):
    datasets: list[DatasetInput] = []
    models: list[ModelInput] = []


class LogOutputs(RunRequest):
    required = ("run_id", "models")

    models: list[ModelOutput] | None = None


class SearchRuns(Message):
    experiment_ids: list[str] = []
    filter: str = ""
    max_results: Int64 | None = None
    order_by: list[str] = []
    run_view_type: ViewType | None = None
    page_token: str = ""


def run_info_answer(info: RunInfo) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "run_uuid": info.run_id,
        "experiment_id": str(info.experiment_id),
        "run_name": info.name,
        "user_id": info.user_id,
        "status": info.status.name,
        "start_time": info.start_ms,
    }
    if info.end_ms:
        # A client sets 0 for "not ended"; MLflow's server leaves it out too.
        answer["end_time"] = info.end_ms
    answer["artifact_uri"] = info.artifact_uri
    answer["lifecycle_stage"] = info.stage.value
    answer["run_id"] = info.run_id
    return answer


def new_run_answer(run: Run) -> dict[str, Any]:
    """A run that has just been made: it has no outputs yet, not even an empty object of them."""
    answer = run_answer(run)
    del answer["outputs"]
    return answer


def run_answer(run: Run) -> dict[str, Any]:
    """A run with all it logged; empty lists are left out, as protobuf leaves them out."""
    data: dict[str, Any] = {}
    if run.metrics:
        data["metrics"] = [point_answer(point) for point in run.metrics]
    if run.params:
        data["params"] = [_pair(param) for param in run.params]
    if run.tags:
        data["tags"] = [_pair(tag) for tag in run.tags]
    inputs: dict[str, Any] = {}
    if run.dataset_inputs:
        inputs["dataset_inputs"] = [_dataset_input_answer(item) for item in run.dataset_inputs]
    if run.model_inputs:
        inputs["model_inputs"] = [{"model_id": model_id} for model_id in run.model_inputs]
    outputs: dict[str, Any] = {}
    if run.model_outputs:
        outputs["model_outputs"] = [
            {"model_id": output.model_id, "step": output.step} for output in run.model_outputs
        ]
    return {
        "info": run_info_answer(run.info),
        "data": data,
        "inputs": inputs,
        "outputs": outputs,
    }


def _dataset_input_answer(item: DatasetInput) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if item.tags:
        answer["tags"] = [_pair(tag) for tag in item.tags]
    answer["dataset"] = _dataset_answer(item.dataset)
    return answer


def _dataset_answer(dataset: Dataset) -> dict[str, Any]:
    answer = {
        "name": dataset.name,
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
    }
    if dataset.schema is not None:
        answer["schema"] = dataset.schema
    if dataset.profile is not None:
        answer["profile"] = dataset.profile
    return answer


def _pair(pair: Tag | Param) -> dict[str, str]:
    return {"key": pair.key, "value": pair.value}
