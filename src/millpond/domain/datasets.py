"""Dataset inputs: what a run was trained or evaluated on."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from millpond.domain import names
from millpond.domain.experiments import Tag
from millpond.errors import InvalidParameter

CONTEXT_TAG = "mlflow.data.context"
MAX_DATASETS_PER_REQUEST = 1_000
MAX_SUMMARIES = 1_000
_LIMITS = (("name", 500), ("digest", 36), ("source", 65_535), ("schema", 1_048_575))
_MAX_PROFILE = 16_777_215
_MAX_TAG_KEY = 255
_MAX_TAG_VALUE = 500


class Dataset(Struct, frozen=True, forbid_unknown_fields=True):
    """A dataset as a run saw it; (experiment, name, digest) tells one from another."""

    name: Annotated[str, Meta(min_length=1)]
    digest: Annotated[str, Meta(min_length=1)]
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Struct, frozen=True, forbid_unknown_fields=True):
    """A dataset that a run read, and tags about how (``mlflow.data.context`` = training)."""

    dataset: Dataset
    tags: tuple[Tag, ...] = ()

    @property
    def context(self) -> str | None:
        return next((tag.value for tag in self.tags if tag.key == CONTEXT_TAG), None)


class DatasetSummary(Struct, frozen=True, order=True):
    """One distinct (dataset, context) that runs of an experiment used."""

    experiment_id: int
    name: str
    digest: str
    context: str | None


def check_inputs(inputs: Sequence[DatasetInput]) -> None:
    """Refuse dataset inputs over MLflow's limits. Raises InvalidParameter."""
    if len(inputs) > MAX_DATASETS_PER_REQUEST:
        raise InvalidParameter(
            f"A log_inputs request can contain at most {MAX_DATASETS_PER_REQUEST} datasets. "
            f"Got {len(inputs)} datasets."
        )
    for item in inputs:
        for field, limit in _LIMITS:
            names.check_length(getattr(item.dataset, field) or "", limit, field)
        names.check_length(item.dataset.profile or "", _MAX_PROFILE, "profile")
        for tag in item.tags:
            names.check_length(tag.key, _MAX_TAG_KEY, "key")
            names.check_length(tag.value, _MAX_TAG_VALUE, "value")


def first_of_each(inputs: Sequence[DatasetInput]) -> list[DatasetInput]:
    """The inputs without repeats of one dataset: the first mention stands."""
    kept: dict[tuple[str, str], DatasetInput] = {}
    for item in inputs:
        kept.setdefault((item.dataset.name, item.dataset.digest), item)
    return list(kept.values())
