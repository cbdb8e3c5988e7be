"""What searches of the registry ask of a record, told once for every engine; see ``questions``."""

from collections.abc import Callable, Sequence
from typing import Any

from millpond.domain.filters import Entity, Field, OrderKey
from millpond.domain.ordering import SortColumn
from millpond.domain.registry import ModelVersion, RegisteredModel
from millpond.store.questions import order_columns
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch

LAST_UPDATED_VERSIONS = (OrderKey(Field(Entity.ATTRIBUTE, "last_updated_timestamp"), False),)

_MODEL_ATTRIBUTES: dict[str, Callable[[RegisteredModel], Any]] = {
    "name": lambda m: m.name,
    "description": lambda m: m.description,
    "creation_timestamp": lambda m: m.creation_ms,
    "last_updated_timestamp": lambda m: m.last_update_ms,
}
_VERSION_ATTRIBUTES: dict[str, Callable[[ModelVersion], Any]] = {
    "name": lambda v: v.name,
    "version_number": lambda v: v.version,
    "run_id": lambda v: v.run_id,
    "model_id": lambda v: v.model_id,
    "source_path": lambda v: v.source,
    "current_stage": lambda v: v.stage.value,
    "description": lambda v: v.description,
    "creation_timestamp": lambda v: v.creation_ms,
    "last_updated_timestamp": lambda v: v.last_update_ms,
}


def registered_model_attribute(model: RegisteredModel, key: str) -> Any:
    return _MODEL_ATTRIBUTES[key](model)


def version_attribute(version: ModelVersion, key: str) -> Any:
    return _VERSION_ATTRIBUTES[key](version)


def registered_model_columns(search: RegisteredModelSearch) -> list[SortColumn]:
    """What registered models are sorted by: see ``RegistryReader.search_registered_models``."""
    return [*order_columns(search.order_by), SortColumn("name", True)]


def version_order(search: VersionSearch) -> Sequence[OrderKey]:
    return search.order_by or LAST_UPDATED_VERSIONS


def version_columns(search: VersionSearch) -> list[SortColumn]:
    """What versions are sorted by: see ``RegistryReader.search_model_versions``."""
    ties = [SortColumn("name", True), SortColumn("version", False)]
    return [*order_columns(version_order(search)), *ties]


def token_question(search: RegisteredModelSearch | VersionSearch) -> str:
    """What must be the same when a page token comes back."""
    return repr((type(search).__name__, search.order_by))
