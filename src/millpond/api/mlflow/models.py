"""Logged models over the protocol (MLflow 3)."""

import uuid

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import EMPTY_ANSWER, Calls, answer, page_answer, page_size
from millpond.domain import models as model_rules
from millpond.domain.experiments import MAX_PAGE, parse_experiment_id
from millpond.domain.filters import LOGGED_MODELS, parse_filter
from millpond.domain.runs import random_name
from millpond.registry import actions as registry
from millpond.store.contract import ModelSearch
from millpond.wire import models as model_wire
from millpond.wire.messages import decode_query


class ModelCalls(Calls):
    def calls(self) -> list[Route]:
        return [
            ("POST", "logged-models", self.create_model),
            ("POST", "logged-models/search", self.search_models),
            ("GET", "logged-models/{model_id}", self.get_model),
            ("PATCH", "logged-models/{model_id}", self.finalize_model),
            ("DELETE", "logged-models/{model_id}", self.delete_model),
            ("PATCH", "logged-models/{model_id}/tags", self.set_model_tags),
            ("DELETE", "logged-models/{model_id}/tags/{key:rest}", self.delete_model_tag),
            ("POST", "logged-models/{model_id}/params", self.log_model_params),
        ]

    async def create_model(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.CreateLoggedModel)
        action = registry.create_model(
            model_id=f"m-{uuid.uuid4().hex}",
            experiment_id=parse_experiment_id(asked.experiment_id or ""),
            name=asked.name or random_name(self._random),
            model_type=asked.model_type,
            source_run_id=asked.source_run_id,
            params=asked.params,
            tags=asked.tags,
            now_ms=self._now_ms(),
        )
        model = await self._write(request, action)
        return answer({"model": model_wire.model_answer(model)})

    async def get_model(self, request: Request) -> Response:
        asked = decode_query(model_wire.GetLoggedModel, request.query)
        model_id = request.path_params["model_id"]
        model = await self._read(
            request,
            lambda reader: registry.require_model(reader, model_id, asked.allow_deleted),
        )
        return answer({"model": model_wire.model_answer(model)})

    async def finalize_model(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.FinalizeLoggedModel)
        assert asked.status is not None  # it is required
        model_id = request.path_params["model_id"]
        action = registry.finalize_model(model_id, asked.status, self._now_ms())
        model = await self._write(request, action)
        return answer({"model": model_wire.model_answer(model)})

    async def delete_model(self, request: Request) -> Response:
        model_id = request.path_params["model_id"]
        await self._write(request, registry.delete_model(model_id, self._now_ms()))
        return EMPTY_ANSWER

    async def set_model_tags(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.SetLoggedModelTags)
        model_id = request.path_params["model_id"]
        await self._write(request, registry.set_model_tags(model_id, asked.tags))
        return EMPTY_ANSWER

    async def delete_model_tag(self, request: Request) -> Response:
        model_id, key = request.path_params["model_id"], request.path_params["key"]
        await self._write(request, registry.delete_model_tag(model_id, key))
        return EMPTY_ANSWER

    async def log_model_params(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.LogLoggedModelParams)
        model_id = request.path_params["model_id"]
        await self._write(request, registry.log_model_params(model_id, asked.params))
        return EMPTY_ANSWER

    async def search_models(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.SearchLoggedModels)
        limit = model_rules.page_limit(asked.max_results)
        search = ModelSearch(
            experiment_ids=tuple(parse_experiment_id(t) for t in asked.experiment_ids or []),
            limit=page_size(limit, MAX_PAGE),
            filter=parse_filter(asked.filter, LOGGED_MODELS),
            datasets=asked.dataset_filters(),
            order_by=asked.orders(),
            page_token=asked.page_token or None,
        )
        if not search.experiment_ids:
            return EMPTY_ANSWER
        page = await self._read(request, lambda reader: reader.search_models(search))
        found = [model_wire.model_answer(model) for model in page.items]
        return page_answer("models", found, page.next_token)
