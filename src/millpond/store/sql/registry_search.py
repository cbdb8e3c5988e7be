"""Searches of the registry as SQL; see ``search``."""

from typing import Any

from sqlalchemy import and_, literal, not_, select

from millpond.domain.filters import Comparison, Entity
from millpond.domain.registry import PROMPT_TAG
from millpond.store import registry_questions as questions
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from millpond.store.sql import registry_tables as t
from millpond.store.sql.search import Filter, Query, on_attribute, on_text, ranked_attribute


def registered_model_query(search: RegisteredModelSearch, workspace_id: int) -> Query:
    models, tags = t.registered_models, t.registered_model_tags
    conditions: list[Any] = [models.c.workspace_id == workspace_id]
    if search.no_prompts:
        prompt = select(literal(1)).where(
            tags.c.registered_id == models.c.registered_id, *_marks_a_prompt(tags)
        )
        conditions.append(not_(prompt.exists()))
    if search.filter is not None:
        owner = tags.c.registered_id == models.c.registered_id
        conditions.append(_RegistryFilter(_MODEL_COLUMNS, tags, owner).compile(search.filter))
    sorting = [
        part
        for order in search.order_by
        for part in ranked_attribute(_MODEL_COLUMNS[order.field.key])
    ]
    return Query(
        models.c.registered_id,
        models,
        conditions,
        [*sorting, models.c.name],
        questions.registered_model_columns(search),
        questions.token_question(search),
    )


def version_query(search: VersionSearch, workspace_id: int) -> Query:
    models, versions, tags = t.registered_models, t.model_versions, t.model_version_tags
    conditions: list[Any] = [versions.c.workspace_id == workspace_id]
    if search.no_prompts:
        others = t.model_versions.alias()
        prompt = (
            select(literal(1))
            .select_from(others.join(tags, tags.c.version_id == others.c.version_id))
            .where(others.c.registered_id == versions.c.registered_id, *_marks_a_prompt(tags))
            .correlate(versions)
        )
        conditions.append(not_(prompt.exists()))
    if search.filter is not None:
        owner = tags.c.version_id == versions.c.version_id
        conditions.append(_RegistryFilter(_VERSION_COLUMNS, tags, owner).compile(search.filter))
    sorting = [
        part
        for order in questions.version_order(search)
        for part in ranked_attribute(_VERSION_COLUMNS[order.field.key])
    ]
    return Query(
        versions.c.version_id,
        versions.join(models, models.c.registered_id == versions.c.registered_id),
        conditions,
        [*sorting, models.c.name, versions.c.version],
        questions.version_columns(search),
        questions.token_question(search),
    )


def _marks_a_prompt(tags: Any) -> list[Any]:
    return [tags.c.key == PROMPT_TAG, tags.c.value == "true"]


class _RegistryFilter(Filter):
    def __init__(self, columns: dict[str, Any], tags: Any, owner: Any) -> None:
        self._columns = columns
        self._tags = tags
        self._owner = owner

    def compare(self, comparison: Comparison) -> Any:
        asked = comparison.field
        if asked.entity is Entity.TAG:
            where = and_(self._owner, self._tags.c.key == asked.key)
            return on_text(comparison, self._tags, where)
        return on_attribute(comparison, self._columns[asked.key])


_MODEL_COLUMNS: dict[str, Any] = {
    "name": t.registered_models.c.name,
    "description": t.registered_models.c.description,
    "creation_timestamp": t.registered_models.c.creation_ms,
    "last_updated_timestamp": t.registered_models.c.last_update_ms,
}
_VERSION_COLUMNS: dict[str, Any] = {
    "name": t.registered_models.c.name,
    "version_number": t.model_versions.c.version,
    "run_id": t.model_versions.c.run_uuid,
    "model_id": t.model_versions.c.model_uuid,
    "source_path": t.model_versions.c.source,
    "current_stage": t.model_versions.c.stage,
    "description": t.model_versions.c.description,
    "creation_timestamp": t.model_versions.c.creation_ms,
    "last_updated_timestamp": t.model_versions.c.last_update_ms,
}
