"""The model registry in plain Python; see ``memory``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from millpond.domain.experiments import Tag
from millpond.domain.filters import Entity, Field, matches
from millpond.domain.ordering import ranked
from millpond.domain.paging import Page
from millpond.domain.registry import (
    PROMPT_TAG,
    Alias,
    ModelStage,
    ModelVersion,
    RegisteredModel,
    name_taken,
)
from millpond.store import paging, registry_questions
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch


@dataclass
class RegistryTables:
    """What the registry of one workspace holds. Models and versions are kept without aliases."""

    registered_models: dict[str, RegisteredModel] = field(default_factory=dict)
    versions: dict[tuple[str, int], ModelVersion] = field(default_factory=dict)
    aliases: dict[tuple[str, str], int] = field(default_factory=dict)


class MemoryRegistry:
    """Reads and changes one copy of one workspace's registry."""

    _tables: RegistryTables

    def registered_model(self, name: str) -> RegisteredModel | None:
        bare = self._tables.registered_models.get(name)
        return None if bare is None else self._whole_model(bare)

    def search_registered_models(self, search: RegisteredModelSearch) -> Page[RegisteredModel]:
        found = [
            self._whole_model(model)
            for model in self._tables.registered_models.values()
            if matches(search.filter, _Values(model, registry_questions.registered_model_attribute))
            and not (search.no_prompts and Tag(PROMPT_TAG, "true") in model.tags)
        ]

        def position(model: RegisteredModel) -> list[Any]:
            keys = [
                part
                for order in search.order_by
                for part in ranked(
                    registry_questions.registered_model_attribute(model, order.field.key)
                )
            ]
            return [*keys, model.name]

        return paging.page_of(
            found,
            position,
            registry_questions.registered_model_columns(search),
            search.limit,
            search.page_token,
            registry_questions.token_question(search),
        )

    def model_version(self, name: str, version: int) -> ModelVersion | None:
        bare = self._tables.versions.get((name, version))
        return None if bare is None else self._whole_version(bare)

    def search_model_versions(self, search: VersionSearch) -> Page[ModelVersion]:
        versions = self._tables.versions.values()
        prompts = {v.name for v in versions if Tag(PROMPT_TAG, "true") in v.tags}
        found = [
            self._whole_version(version)
            for version in versions
            if matches(search.filter, _Values(version, registry_questions.version_attribute))
            and not (search.no_prompts and version.name in prompts)
        ]

        def position(version: ModelVersion) -> list[Any]:
            keys = [
                part
                for order in registry_questions.version_order(search)
                for part in ranked(registry_questions.version_attribute(version, order.field.key))
            ]
            return [*keys, version.name, version.version]

        return paging.page_of(
            found,
            position,
            registry_questions.version_columns(search),
            search.limit,
            search.page_token,
            registry_questions.token_question(search),
        )

    def versions_in_stage(self, name: str, stage: ModelStage) -> list[int]:
        return sorted(v.version for v in self._versions_of(name) if v.stage is stage)

    def add_registered_model(self, model: RegisteredModel) -> None:
        if model.name in self._tables.registered_models:
            raise name_taken(model.name)
        self._tables.registered_models[model.name] = model

    def change_registered_model(
        self,
        name: str,
        *,
        last_update_ms: int,
        new_name: str | None = None,
        description: str | None = None,
    ) -> None:
        old = self._tables.registered_models[name]
        if new_name is not None and new_name != name:
            if new_name in self._tables.registered_models:
                raise name_taken(new_name)
            self._rename(name, new_name)
        self._tables.registered_models[new_name or name] = msgspec.structs.replace(
            old,
            name=new_name or name,
            last_update_ms=last_update_ms,
            description=old.description if description is None else description,
        )

    def _rename(self, name: str, new_name: str) -> None:
        tables = self._tables
        del tables.registered_models[name]
        for version in self._versions_of(name):
            del tables.versions[name, version.version]
            renamed = msgspec.structs.replace(version, name=new_name)
            tables.versions[new_name, version.version] = renamed
        for owner, alias in list(tables.aliases):
            if owner == name:
                tables.aliases[new_name, alias] = tables.aliases.pop((owner, alias))

    def delete_registered_model(self, name: str) -> None:
        for version in self._versions_of(name):
            self.delete_model_version(name, version.version)
        del self._tables.registered_models[name]

    def set_registered_model_tags(self, name: str, tags: Sequence[Tag]) -> None:
        old = self._tables.registered_models[name]
        self._tables.registered_models[name] = msgspec.structs.replace(
            old, tags=_with_tags(old.tags, tags)
        )

    def delete_registered_model_tag(self, name: str, key: str) -> bool:
        old = self._tables.registered_models[name]
        left = tuple(tag for tag in old.tags if tag.key != key)
        self._tables.registered_models[name] = msgspec.structs.replace(old, tags=left)
        return left != old.tags

    def set_alias(self, name: str, alias: str, version: int) -> None:
        self._tables.aliases[name, alias] = version

    def delete_alias(self, name: str, alias: str) -> bool:
        return self._tables.aliases.pop((name, alias), None) is not None

    def new_version_number(self, name: str) -> int:
        old = self._tables.registered_models[name]
        number = old.last_version + 1
        self._tables.registered_models[name] = msgspec.structs.replace(old, last_version=number)
        return number

    def add_model_version(self, version: ModelVersion) -> None:
        self._tables.versions[version.name, version.version] = version

    def describe_version(
        self, name: str, version: int, description: str | None, last_update_ms: int
    ) -> None:
        self._change_version(name, version, description=description, last_update_ms=last_update_ms)

    def move_version(self, name: str, version: int, stage: ModelStage, last_update_ms: int) -> None:
        self._change_version(name, version, stage=stage, last_update_ms=last_update_ms)

    def touch_versions(self, name: str, last_update_ms: int) -> None:
        for version in self._versions_of(name):
            self._change_version(name, version.version, last_update_ms=last_update_ms)

    def delete_model_version(self, name: str, version: int) -> None:
        del self._tables.versions[name, version]
        for (owner, alias), pointed_at in list(self._tables.aliases.items()):
            if (owner, pointed_at) == (name, version):
                del self._tables.aliases[owner, alias]

    def set_version_tags(self, name: str, version: int, tags: Sequence[Tag]) -> None:
        old = self._tables.versions[name, version]
        self._change_version(name, version, tags=_with_tags(old.tags, tags))

    def delete_version_tag(self, name: str, version: int, key: str) -> bool:
        old = self._tables.versions[name, version]
        left = tuple(tag for tag in old.tags if tag.key != key)
        self._change_version(name, version, tags=left)
        return left != old.tags

    def _change_version(self, name: str, version: int, **changes: Any) -> None:
        old = self._tables.versions[name, version]
        self._tables.versions[name, version] = msgspec.structs.replace(old, **changes)

    def _versions_of(self, name: str) -> list[ModelVersion]:
        return [v for (owner, _), v in sorted(self._tables.versions.items()) if owner == name]

    def _whole_model(self, bare: RegisteredModel) -> RegisteredModel:
        newest: dict[ModelStage, ModelVersion] = {}
        for version in self._versions_of(bare.name):
            newest[version.stage] = self._whole_version(version)
        return msgspec.structs.replace(
            bare,
            aliases=tuple(
                Alias(alias, version)
                for (owner, alias), version in sorted(self._tables.aliases.items())
                if owner == bare.name
            ),
            latest=tuple(newest.values()),
        )

    def _whole_version(self, bare: ModelVersion) -> ModelVersion:
        aliases = sorted(
            alias
            for (owner, alias), version in self._tables.aliases.items()
            if (owner, version) == (bare.name, bare.version)
        )
        return msgspec.structs.replace(bare, aliases=tuple(aliases))


class _Values:
    """The values of a model or version that a filter may ask for."""

    def __init__(self, record: Any, attribute: Any) -> None:
        self._record = record
        self._attribute = attribute

    def __call__(self, asked: Field) -> Sequence[Any]:
        if asked.entity is Entity.TAG:
            return [tag.value for tag in self._record.tags if tag.key == asked.key]
        value = self._attribute(self._record, asked.key)
        return [] if value is None else [value]


def _with_tags(old: Sequence[Tag], new: Sequence[Tag]) -> tuple[Tag, ...]:
    by_key = {tag.key: tag for tag in [*old, *new]}
    return tuple(by_key[key] for key in sorted(by_key))
