"""The model registry over the protocol."""

from collections.abc import Callable
from typing import TypeVar

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import EMPTY_ANSWER, Calls, answer, page_answer
from millpond.api.registry import Registry
from millpond.api.waiting import StoreAccess
from millpond.domain import registry
from millpond.domain.experiments import Tag
from millpond.domain.filters import (
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    parse_filter,
    parse_order_by,
)
from millpond.errors import InvalidParameter
from millpond.registry import model_versions, registered_models
from millpond.store.contract import Transaction
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from millpond.wire import registry as wire
from millpond.wire.messages import Message, decode_query

T = TypeVar("T")
M = TypeVar("M", bound=Message)

_MODELS_WHEN_UNSET = 100
_VERSIONS_WHEN_UNSET = registry.MAX_VERSIONS_PAGE


class RegistryNoun(Calls):
    """A noun of the registry: whatever it writes, webhooks may have to be told."""

    def __init__(
        self, access: StoreAccess, artifact_root: str, max_body_bytes: int, registry: Registry
    ) -> None:
        super().__init__(access, artifact_root, max_body_bytes)
        self._registry = registry

    async def _write(
        self, request: Request, action: Callable[[Transaction], T], size_bytes: int = 256
    ) -> T:
        done = await super()._write(request, action, size_bytes)
        self._registry.wake()
        return done

    async def _fields(self, request: Request, message_type: type[M]) -> M:
        """A message from the query if there is one, else from the body."""
        if request.query:
            return decode_query(message_type, request.query)
        return await self._message(request, message_type)


class RegistryCalls(RegistryNoun):
    """See ``Calls``."""

    def calls(self) -> list[Route]:
        models, versions = "registered-models", "model-versions"
        return [
            ("POST", f"{models}/create", self.create_model),
            ("GET", f"{models}/get", self.get_model),
            ("POST", f"{models}/rename", self.rename_model),
            ("PATCH", f"{models}/update", self.update_model),
            ("DELETE", f"{models}/delete", self.delete_model),
            ("GET", f"{models}/search", self.search_models),
            ("GET", f"{models}/get-latest-versions", self.get_latest_versions),
            ("POST", f"{models}/get-latest-versions", self.get_latest_versions),
            ("POST", f"{models}/set-tag", self.set_model_tag),
            ("DELETE", f"{models}/delete-tag", self.delete_model_tag),
            ("POST", f"{models}/alias", self.set_alias),
            ("DELETE", f"{models}/alias", self.delete_alias),
            ("GET", f"{models}/alias", self.get_version_by_alias),
            ("POST", f"{versions}/create", self.create_version),
            ("GET", f"{versions}/get", self.get_version),
            ("PATCH", f"{versions}/update", self.update_version),
            ("POST", f"{versions}/transition-stage", self.transition_stage),
            ("DELETE", f"{versions}/delete", self.delete_version),
            ("GET", f"{versions}/search", self.search_versions),
            ("GET", f"{versions}/get-download-uri", self.get_download_uri),
            ("POST", f"{versions}/set-tag", self.set_version_tag),
            ("DELETE", f"{versions}/delete-tag", self.delete_version_tag),
        ]

    # registered models

    async def create_model(self, request: Request) -> Response:
        asked = await self._message(request, wire.CreateRegisteredModel)
        action = registered_models.create_registered_model(
            asked.name or "", asked.description, asked.tags, self._now_ms()
        )
        model = await self._write(request, action)
        return answer({"registered_model": wire.registered_model_answer(model)})

    async def get_model(self, request: Request) -> Response:
        asked = await self._message(request, wire.NamedModel)
        name = asked.name or ""
        registry.check_model_name(name)
        model = await self._read(
            request, lambda reader: registered_models.require_registered_model(reader, name)
        )
        return answer({"registered_model": wire.registered_model_answer(model)})

    async def rename_model(self, request: Request) -> Response:
        asked = await self._message(request, wire.RenameRegisteredModel)
        action = registered_models.rename_registered_model(
            asked.name or "", asked.new_name or "", self._now_ms()
        )
        model = await self._write(request, action)
        return answer({"registered_model": wire.registered_model_answer(model)})

    async def update_model(self, request: Request) -> Response:
        asked = await self._message(request, wire.UpdateRegisteredModel)
        action = registered_models.describe_registered_model(
            asked.name or "", asked.description, self._now_ms()
        )
        model = await self._write(request, action)
        return answer({"registered_model": wire.registered_model_answer(model)})

    async def delete_model(self, request: Request) -> Response:
        asked = await self._message(request, wire.NamedModel)
        await self._write(request, registered_models.delete_registered_model(asked.name or ""))
        return EMPTY_ANSWER

    async def search_models(self, request: Request) -> Response:
        asked = await self._message(request, wire.SearchRegistry)
        node, no_prompts = registry.without_prompts(parse_filter(asked.filter, REGISTERED_MODELS))
        limit = _MODELS_WHEN_UNSET if asked.max_results is None else asked.max_results
        search = RegisteredModelSearch(
            limit=_page_size(limit, registry.MAX_MODELS_PAGE),
            filter=node,
            order_by=parse_order_by(asked.order_by, REGISTERED_MODELS),
            page_token=asked.page_token or None,
            no_prompts=no_prompts,
        )
        page = await self._read(request, lambda reader: reader.search_registered_models(search))
        found = [wire.registered_model_answer(model) for model in page.items]
        return page_answer("registered_models", found, page.next_token)

    async def get_latest_versions(self, request: Request) -> Response:
        asked = await self._message(request, wire.GetLatestVersions)
        name = asked.name or ""
        registry.check_model_name(name)
        found = await self._read(
            request, lambda reader: registered_models.latest_versions(reader, name, asked.stages)
        )
        answers = [wire.version_answer(version) for version in found]
        return page_answer("model_versions", answers, None)

    async def set_model_tag(self, request: Request) -> Response:
        asked = await self._message(request, wire.SetRegisteredModelTag)
        tag = Tag(asked.key or "", asked.value)
        action = registered_models.set_registered_model_tag(asked.name or "", tag, self._now_ms())
        await self._write(request, action)
        return EMPTY_ANSWER

    async def delete_model_tag(self, request: Request) -> Response:
        asked = await self._message(request, wire.DeleteRegisteredModelTag)
        action = registered_models.delete_registered_model_tag(
            asked.name or "", asked.key or "", self._now_ms()
        )
        await self._write(request, action)
        return EMPTY_ANSWER

    # aliases

    async def set_alias(self, request: Request) -> Response:
        asked = await self._message(request, wire.SetAlias)
        number = registry.parse_version(asked.version or "")
        action = registered_models.set_alias(
            asked.name or "", asked.alias or "", number, self._now_ms()
        )
        await self._write(request, action)
        return EMPTY_ANSWER

    async def delete_alias(self, request: Request) -> Response:
        asked = await self._message(request, wire.NamedAlias)
        action = registered_models.delete_alias(asked.name or "", asked.alias or "", self._now_ms())
        await self._write(request, action)
        return EMPTY_ANSWER

    async def get_version_by_alias(self, request: Request) -> Response:
        asked = await self._message(request, wire.NamedAlias)
        name, alias = asked.name or "", asked.alias or ""
        registry.check_model_name(name)
        registry.check_alias(alias)
        version = await self._read(
            request, lambda reader: model_versions.version_by_alias(reader, name, alias)
        )
        return answer({"model_version": wire.version_answer(version)})

    # versions

    async def create_version(self, request: Request) -> Response:
        asked = await self._message(request, wire.CreateModelVersion)
        action = model_versions.create_version(
            name=asked.name or "",
            source=asked.source or "",
            run_id=asked.run_id,
            model_id=asked.model_id,
            run_link=asked.run_link,
            description=asked.description,
            tags=asked.tags,
            rules=self._registry.source_rules,
            now_ms=self._now_ms(),
        )
        version = await self._write(request, action)
        return answer({"model_version": wire.version_answer(version)})

    async def get_version(self, request: Request) -> Response:
        asked = await self._message(request, wire.NamedVersion)
        name, number = _named(asked.name, asked.version)
        version = await self._read(
            request, lambda reader: model_versions.require_version(reader, name, number)
        )
        return answer({"model_version": wire.version_answer(version)})

    async def update_version(self, request: Request) -> Response:
        asked = await self._message(request, wire.UpdateModelVersion)
        name, number = _named(asked.name, asked.version)
        action = model_versions.describe_version(name, number, asked.description, self._now_ms())
        version = await self._write(request, action)
        return answer({"model_version": wire.version_answer(version)})

    async def transition_stage(self, request: Request) -> Response:
        asked = await self._message(request, wire.TransitionStage)
        stage = registry.parse_stage(asked.stage or "")
        name, number = _named(asked.name, asked.version)
        action = model_versions.move_version(
            name, number, stage, asked.archive_existing_versions, self._now_ms()
        )
        version = await self._write(request, action)
        return answer({"model_version": wire.version_answer(version)})

    async def delete_version(self, request: Request) -> Response:
        asked = await self._message(request, wire.NamedVersion)
        name, number = _named(asked.name, asked.version)
        await self._write(request, model_versions.delete_version(name, number, self._now_ms()))
        return EMPTY_ANSWER

    async def search_versions(self, request: Request) -> Response:
        asked = await self._message(request, wire.SearchRegistry)
        node, no_prompts = registry.without_prompts(parse_filter(asked.filter, MODEL_VERSIONS))
        limit = _VERSIONS_WHEN_UNSET if asked.max_results is None else asked.max_results
        search = VersionSearch(
            limit=_page_size(limit, registry.MAX_VERSIONS_PAGE),
            filter=node,
            order_by=parse_order_by(asked.order_by, MODEL_VERSIONS),
            page_token=asked.page_token or None,
            no_prompts=no_prompts,
        )
        page = await self._read(request, lambda reader: reader.search_model_versions(search))
        found = [wire.version_answer(version, ()) for version in page.items]
        return page_answer("model_versions", found, page.next_token)

    async def get_download_uri(self, request: Request) -> Response:
        asked = await self._message(request, wire.GetDownloadUri)
        name, number = _named(asked.name, asked.version)
        version = await self._read(
            request, lambda reader: model_versions.require_version(reader, name, number)
        )
        return answer({"artifact_uri": version.storage_location or version.source})

    async def set_version_tag(self, request: Request) -> Response:
        asked = await self._message(request, wire.SetVersionTag)
        name, number = _named(asked.name, asked.version)
        tag = Tag(asked.key or "", asked.value)
        action = model_versions.set_version_tag(name, number, tag, self._now_ms())
        await self._write(request, action)
        return EMPTY_ANSWER

    async def delete_version_tag(self, request: Request) -> Response:
        asked = await self._message(request, wire.DeleteVersionTag)
        name, number = _named(asked.name, asked.version)
        key = asked.key or ""
        action = model_versions.delete_version_tag(name, number, key, self._now_ms())
        await self._write(request, action)
        return EMPTY_ANSWER


def _named(name: str | None, version: str | None) -> tuple[str, int]:
    registry.check_model_name(name or "")
    return name or "", registry.parse_version(version or "")


def _page_size(asked: int, limit: int) -> int:
    if asked > limit:
        raise InvalidParameter(
            "Invalid value for request parameter max_results. It must be at most "
            f"{limit}, but got value {asked}"
        )
    if asked < 1:
        raise InvalidParameter(
            f"Invalid value for max_results. It must be a positive integer, but got {asked}"
        )
    return asked
