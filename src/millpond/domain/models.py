"""Logged models: what MLflow 3 keeps of each model a run made, before it is registered."""

from enum import Enum

from msgspec import Struct

from millpond.domain.experiments import Stage, Tag
from millpond.domain.filters import OrderKey
from millpond.domain.metrics import RunPoint
from millpond.domain.runs import Param
from millpond.errors import DoesNotExist, InvalidParameter

MAX_SEARCH_DATASETS = 100
_PAGE_WHEN_UNSET = 50
_PAGE_WHEN_ZERO = 100
_FORBIDDEN = ("/", ":", ".", "%", '"', "'")


class ModelStatus(Enum):
    """Where a logged model stands; numbers and names are the protocol's."""

    LOGGED_MODEL_STATUS_UNSPECIFIED = 0
    LOGGED_MODEL_PENDING = 1
    LOGGED_MODEL_READY = 2
    LOGGED_MODEL_UPLOAD_FAILED = 3

    @property
    def word(self) -> str:
        """What filters and MLflow's Python client call it: READY for LOGGED_MODEL_READY."""
        return self.name.removeprefix("LOGGED_MODEL_")


class LoggedModel(Struct, frozen=True):
    """One logged model. Times are epoch milliseconds UTC; tags and params are sorted by key."""

    model_id: str
    experiment_id: int
    name: str
    artifact_uri: str
    creation_ms: int
    last_update_ms: int
    status: ModelStatus
    stage: Stage
    model_type: str
    source_run_id: str
    tags: tuple[Tag, ...] = ()
    params: tuple[Param, ...] = ()
    metrics: tuple[RunPoint, ...] = ()


class DatasetFilter(Struct, frozen=True):
    """Restricts the metrics a model search looks at to one dataset (any digest if None)."""

    dataset_name: str
    dataset_digest: str | None = None


class ModelOrder(Struct, frozen=True):
    """One ordering of a model search, on an attribute or a metric (on one dataset, maybe)."""

    key: OrderKey
    dataset_name: str | None = None
    dataset_digest: str | None = None


def page_limit(asked: int | None) -> int:
    """How many models a search answers: MLflow has one default for 0 and one for no number."""
    return _PAGE_WHEN_UNSET if asked is None else asked or _PAGE_WHEN_ZERO


def check_name(name: str) -> None:
    if any(character in name for character in _FORBIDDEN):
        raise InvalidParameter(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string "
            f"and cannot contain the following characters: {_FORBIDDEN}"
        )


def not_found(model_id: str) -> DoesNotExist:
    return DoesNotExist(f"Logged model with ID '{model_id}' not found.")
