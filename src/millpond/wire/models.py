"""Logged models on the wire (MLflow 3)."""

from typing import Any

from millpond.domain.experiments import Tag
from millpond.domain.filters import LOGGED_MODELS, parse_order_fields
from millpond.domain.metrics import Int64
from millpond.domain.models import (
    MAX_SEARCH_DATASETS,
    DatasetFilter,
    LoggedModel,
    ModelOrder,
    ModelStatus,
)
from millpond.domain.runs import Param
from millpond.errors import InvalidParameter
from millpond.wire.messages import Message, Part
from millpond.wire.metrics import model_point_answer


class CreateLoggedModel(Message):
    required = ("experiment_id",)

    experiment_id: str | None = None
    name: str = ""
    model_type: str = ""
    source_run_id: str = ""
    params: list[Param] = []
    tags: list[Tag] = []


class FinalizeLoggedModel(Message):
    required = ("model_id", "status")

    model_id: str | None = None
    status: ModelStatus | None = None


class SetLoggedModelTags(Message):
    model_id: str | None = None
    tags: list[Tag] = []


class LogLoggedModelParams(Message):
    required = ("model_id",)

    model_id: str | None = None
    params: list[Param] = []


class GetLoggedModel(Message):
    model_id: str | None = None
    allow_deleted: bool = False


class DatasetPart(Part):
    dataset_name: str = ""
    dataset_digest: str = ""


class OrderPart(Part):
    field_name: str = ""
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class SearchLoggedModels(Message):
    required = ("experiment_ids",)

    experiment_ids: list[str] | None = None
    filter: str = ""
    datasets: list[DatasetPart] = []
    max_results: Int64 | None = None
    order_by: list[OrderPart] = []
    page_token: str = ""

    def dataset_filters(self) -> tuple[DatasetFilter, ...]:
        """Raises InvalidParameter for a dataset without a name, and for too many."""
        if len(self.datasets) > MAX_SEARCH_DATASETS:
            raise InvalidParameter(
                f"A search can be restricted to at most {MAX_SEARCH_DATASETS} datasets. "
                f"Got {len(self.datasets)} datasets."
            )
        if not all(part.dataset_name for part in self.datasets):
            raise InvalidParameter("`dataset_name` in the `datasets` clause must be specified.")
        # MLflow's server takes a missing digest for one that matches nothing; any is meant.
        return tuple(
            DatasetFilter(part.dataset_name, part.dataset_digest or None) for part in self.datasets
        )

    def orders(self) -> tuple[ModelOrder, ...]:
        """Raises InvalidParameter for a field that models cannot be ordered by."""
        return tuple(
            ModelOrder(
                parse_order_fields([(part.field_name, part.ascending)], LOGGED_MODELS)[0],
                part.dataset_name or None,
                part.dataset_digest or None,
            )
            for part in self.order_by
        )


def model_answer(model: LoggedModel) -> dict[str, Any]:
    info: dict[str, Any] = {
        "model_id": model.model_id,
        "experiment_id": str(model.experiment_id),
        "name": model.name,
        "creation_timestamp_ms": model.creation_ms,
        "last_updated_timestamp_ms": model.last_update_ms,
        "artifact_uri": model.artifact_uri,
        "status": model.status.name,
        "model_type": model.model_type,
        "source_run_id": model.source_run_id,
    }
    if model.tags:
        info["tags"] = [{"key": tag.key, "value": tag.value} for tag in model.tags]
    data: dict[str, Any] = {}
    if model.params:
        data["params"] = [{"key": param.key, "value": param.value} for param in model.params]
    if model.metrics:
        data["metrics"] = [model_point_answer(measured) for measured in model.metrics]
    return {"info": info, "data": data}
