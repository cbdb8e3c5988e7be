"""The wire table: every call of the MLflow protocol, and what it does."""

import random
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from millpond.api.dispatch import Route
from millpond.api.http import Handler, Request, Response
from millpond.api.waiting import StoreAccess
from millpond.artifacts.locations import absolute_location
from millpond.domain import metrics as metric_rules
from millpond.domain import models as model_rules
from millpond.domain import runs as run_rules
from millpond.domain.datasets import MAX_SUMMARIES
from millpond.domain.experiments import MAX_PAGE, Tag, ViewType, parse_experiment_id
from millpond.domain.filters import (
    EXPERIMENTS,
    LOGGED_MODELS,
    RUNS,
    parse_filter,
    parse_order_by,
)
from millpond.domain.runs import Param
from millpond.errors import DoesNotExist, FeatureDisabled, InvalidParameter
from millpond.registry import actions as registry
from millpond.store.contract import (
    DEFAULT_WORKSPACE,
    ExperimentSearch,
    ModelSearch,
    Reader,
    RunSearch,
    Transaction,
)
from millpond.tracking import actions as tracking
from millpond.tracking import reads
from millpond.wire import experiments as experiment_wire
from millpond.wire import metrics as metric_wire
from millpond.wire import models as model_wire
from millpond.wire import runs as run_wire
from millpond.wire.messages import DOCS_HINT, Message, decode, decode_query

T = TypeVar("T")
M = TypeVar("M", bound=Message)

_EMPTY = b"{}"
_encode = msgspec.json.Encoder().encode


class MlflowRoutes:
    """The handlers of the protocol's tracking calls.

    artifact_root: where experiments that name no place keep their artifacts; max_body_bytes: the
    largest request that is read.
    """

    def __init__(self, access: StoreAccess, artifact_root: str, max_body_bytes: int) -> None:
        self._access = access
        self._artifact_root = artifact_root
        self._max_body_bytes = max_body_bytes
        self._random = random.Random()

    def routes(self) -> list[Route]:
        """Each path below ``/api`` (Python and other clients) and ``/ajax-api`` (web pages)."""
        calls: list[tuple[str, str, Handler]] = [
            ("POST", "experiments/create", self.create_experiment),
            ("POST", "experiments/search", self.search_experiments),
            ("GET", "experiments/search", self.search_experiments),
            ("GET", "experiments/get", self.get_experiment),
            ("GET", "experiments/get-by-name", self.get_experiment_by_name),
            ("POST", "experiments/delete", self.delete_experiment),
            ("POST", "experiments/restore", self.restore_experiment),
            ("POST", "experiments/update", self.update_experiment),
            ("POST", "experiments/set-experiment-tag", self.set_experiment_tag),
            ("POST", "experiments/delete-experiment-tag", self.delete_experiment_tag),
            ("POST", "experiments/search-datasets", self.search_datasets),
            ("POST", "runs/create", self.create_run),
            ("GET", "runs/get", self.get_run),
            ("POST", "runs/update", self.update_run),
            ("POST", "runs/delete", self.delete_run),
            ("POST", "runs/restore", self.restore_run),
            ("POST", "runs/search", self.search_runs),
            ("POST", "runs/log-metric", self.log_metric),
            ("POST", "runs/log-batch", self.log_batch),
            ("POST", "runs/log-parameter", self.log_param),
            ("POST", "runs/set-tag", self.set_tag),
            ("POST", "runs/delete-tag", self.delete_tag),
            ("POST", "runs/log-model", self.log_model),
            ("POST", "runs/log-inputs", self.log_inputs),
            ("POST", "runs/outputs", self.log_outputs),
            ("GET", "metrics/get-history", self.get_history),
            ("GET", "metrics/get-history-bulk", self.get_history_bulk),
            ("GET", "metrics/get-history-bulk-interval", self.get_history_bulk_interval),
            ("POST", "logged-models", self.create_model),
            ("POST", "logged-models/search", self.search_models),
            ("GET", "logged-models/{model_id}", self.get_model),
            ("PATCH", "logged-models/{model_id}", self.finalize_model),
            ("DELETE", "logged-models/{model_id}", self.delete_model),
            ("PATCH", "logged-models/{model_id}/tags", self.set_model_tags),
            ("DELETE", "logged-models/{model_id}/tags/{key:rest}", self.delete_model_tag),
            ("POST", "logged-models/{model_id}/params", self.log_model_params),
        ]
        return [
            (method, f"{root}/2.0/mlflow/{path}", handler)
            for root in ("/api", "/ajax-api")
            for method, path, handler in calls
        ] + [
            (method, f"{root}/3.0/mlflow/server-info", self.server_info)
            for root in ("/api", "/ajax-api")
            for method in ("GET",)
        ]

    # experiments

    async def create_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.CreateExperiment)
        action = tracking.create_experiment(
            asked.name or "",
            absolute_location(asked.artifact_location),
            asked.tags,
            self._artifact_root,
            _now_ms(),
        )
        experiment_id = await self._write(request, action)
        return _answer({"experiment_id": str(experiment_id)})

    async def search_experiments(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.SearchExperiments)
        search = ExperimentSearch(
            limit=_page_size(asked.max_results or 0, MAX_PAGE),
            filter=parse_filter(asked.filter, EXPERIMENTS),
            order_by=parse_order_by(asked.order_by, EXPERIMENTS),
            view=_view_type(asked.view_type),
            page_token=asked.page_token or None,
        )
        page = await self._read(request, lambda reader: reader.search_experiments(search))
        found = [experiment_wire.experiment_answer(experiment) for experiment in page.items]
        return _page_answer("experiments", found, page.next_token)

    async def get_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        experiment = await self._read(
            request, lambda reader: tracking.require_experiment(reader, experiment_id)
        )
        return _answer({"experiment": experiment_wire.experiment_answer(experiment)})

    async def get_experiment_by_name(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperimentByName)
        name = asked.experiment_name or ""
        experiment = await self._read(request, lambda reader: reader.experiment_named(name))
        if experiment is None:
            raise DoesNotExist(f"Could not find experiment with name '{name}'")
        return _answer({"experiment": experiment_wire.experiment_answer(experiment)})

    async def delete_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        await self._write(request, tracking.delete_experiment(experiment_id, _now_ms()))
        return Response(_EMPTY)

    async def restore_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        await self._write(request, tracking.restore_experiment(experiment_id, _now_ms()))
        return Response(_EMPTY)

    async def update_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.UpdateExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        action = tracking.rename_experiment(experiment_id, asked.new_name or "", _now_ms())
        await self._write(request, action)
        return Response(_EMPTY)

    async def set_experiment_tag(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.SetExperimentTag)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        tag = Tag(asked.key or "", asked.value)
        await self._write(request, tracking.set_experiment_tag(experiment_id, tag))
        return Response(_EMPTY)

    async def delete_experiment_tag(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.DeleteExperimentTag)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        action = tracking.delete_experiment_tag(experiment_id, asked.key or "")
        await self._write(request, action)
        return Response(_EMPTY)

    async def search_datasets(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.SearchDatasets)
        if not asked.experiment_ids:
            raise InvalidParameter(
                "SearchDatasets request must specify at least one experiment_id."
            )
        if len(asked.experiment_ids) > _MAX_DATASET_EXPERIMENTS:
            raise InvalidParameter(
                f"SearchDatasets request cannot specify more than {_MAX_DATASET_EXPERIMENTS} "
                f"experiment_ids. Received {len(asked.experiment_ids)} experiment_ids."
            )
        ids = [parse_experiment_id(text) for text in asked.experiment_ids]
        found = await self._read(request, lambda reader: reader.dataset_summaries(ids))
        answers = [experiment_wire.dataset_summary_answer(summary) for summary in found]
        return _page_answer("dataset_summaries", answers[:MAX_SUMMARIES], None)

    # runs

    async def create_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.CreateRun)
        action = tracking.create_run(
            run_id=uuid.uuid4().hex,
            experiment_id=parse_experiment_id(asked.experiment_id or ""),
            name=asked.run_name,
            fallback_name=run_rules.random_name(self._random),
            user_id=asked.user_id,
            start_ms=asked.start_time,
            tags=asked.tags,
        )
        run = await self._write(request, action)
        return _answer({"run": run_wire.new_run_answer(run)})

    async def get_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.GetRun)
        run = await self._read(request, lambda reader: tracking.require_run(reader, asked.id))
        return _answer({"run": run_wire.run_answer(run)})

    async def update_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.UpdateRun)
        action = tracking.update_run(asked.id, asked.status, asked.end_time, asked.run_name)
        info = await self._write(request, action)
        return _answer({"run_info": run_wire.run_info_answer(info)})

    async def delete_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.DeleteRun)
        await self._write(request, tracking.delete_run(asked.id, _now_ms()))
        return Response(_EMPTY)

    async def restore_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.RestoreRun)
        await self._write(request, tracking.restore_run(asked.id))
        return Response(_EMPTY)

    async def search_runs(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.SearchRuns)
        limit = 1_000 if asked.max_results is None else asked.max_results
        search = RunSearch(
            experiment_ids=tuple(parse_experiment_id(text) for text in asked.experiment_ids),
            limit=_page_size(limit, run_rules.MAX_SEARCH_PAGE),
            filter=parse_filter(asked.filter, RUNS),
            order_by=parse_order_by(asked.order_by, RUNS),
            view=_view_type(asked.run_view_type),
            page_token=asked.page_token or None,
        )
        if not search.experiment_ids:
            return Response(_EMPTY)
        page = await self._read(request, lambda reader: reader.search_runs(search))
        found = [run_wire.run_answer(run) for run in page.items]
        return _page_answer("runs", found, page.next_token)

    async def log_metric(self, request: Request) -> Response:
        asked = await self._message(request, metric_wire.LogMetric)
        run_id = asked.run_id or asked.run_uuid or ""
        await self._write(request, tracking.log_metric(run_id, asked.point()))
        return Response(_EMPTY)

    async def log_batch(self, request: Request) -> Response:
        body = await self._body(request)
        asked = decode(run_wire.LogBatch, body)
        action = tracking.log_batch(asked.id, asked.batch())
        await self._write(request, action, len(body))
        return Response(_EMPTY)

    async def log_param(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.LogParam)
        param = Param(asked.key or "", asked.value)
        await self._write(request, tracking.log_param(asked.id, param))
        return Response(_EMPTY)

    async def set_tag(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.SetTag)
        await self._write(request, tracking.set_tag(asked.id, Tag(asked.key or "", asked.value)))
        return Response(_EMPTY)

    async def delete_tag(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.DeleteTag)
        await self._write(request, tracking.delete_tag(asked.id, asked.key or ""))
        return Response(_EMPTY)

    async def log_model(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.LogModel)
        await self._write(request, tracking.record_logged_model(asked.id, asked.model_json or ""))
        return Response(_EMPTY)

    async def log_inputs(self, request: Request) -> Response:
        body = await self._body(request)
        asked = decode(run_wire.LogInputs, body)
        model_ids = [model.model_id for model in asked.models]
        action = tracking.log_inputs(asked.id, asked.datasets, model_ids)
        await self._write(request, action, len(body))
        return Response(_EMPTY)

    async def log_outputs(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.LogOutputs)
        await self._write(request, tracking.log_outputs(asked.id, asked.models or []))
        return Response(_EMPTY)

    # metric histories

    async def get_history(self, request: Request) -> Response:
        asked = await self._message(request, metric_wire.GetMetricHistory)
        if asked.max_results is not None and asked.max_results <= 0:
            raise _bad_page_size(asked.max_results, ".")
        run_id = asked.run_id or asked.run_uuid or ""
        key = asked.metric_key or ""
        page = await self._read(
            request,
            lambda reader: reads.history_page(
                reader, run_id, key, asked.max_results, asked.page_token or None
            ),
        )
        found = [metric_wire.point_answer(point) for point in page.items]
        return _page_answer("metrics", found, page.next_token)

    async def get_history_bulk(self, request: Request) -> Response:
        asked = await self._message(request, metric_wire.GetMetricHistoryBulk)
        key = asked.metric_key
        if not asked.run_id:
            raise InvalidParameter("GetMetricHistoryBulk request must specify at least one run_id.")
        if len(asked.run_id) > metric_rules.MAX_BULK_RUNS:
            raise InvalidParameter(
                f"GetMetricHistoryBulk request cannot specify more than "
                f"{metric_rules.MAX_BULK_RUNS} run_ids. Received {len(asked.run_id)} run_ids."
            )
        if key is None:
            raise InvalidParameter("GetMetricHistoryBulk request must specify a metric_key.")
        limit = metric_rules.MAX_HISTORY_PAGE
        if asked.max_results is not None:
            if asked.max_results <= 0:
                raise _bad_page_size(asked.max_results, ".")
            limit = min(limit, asked.max_results)
        found = await self._read(
            request, lambda reader: reads.histories(reader, asked.run_id, key, limit)
        )
        answers = [metric_wire.run_point_answer(m.run_id, m.point) for m in found]
        return _answer({"metrics": answers})

    async def get_history_bulk_interval(self, request: Request) -> Response:
        asked = await self._message(request, metric_wire.GetMetricHistoryBulkInterval)
        run_ids, key = asked.run_ids or [], asked.metric_key or ""
        if len(run_ids) > metric_rules.MAX_BULK_RUNS:
            raise InvalidParameter(
                "GetMetricHistoryBulkInterval request must specify at most "
                f"{metric_rules.MAX_BULK_RUNS} run_ids. Received {len(run_ids)} run_ids.{DOCS_HINT}"
            )
        limit = asked.max_results
        if limit is None:
            limit = metric_rules.MAX_INTERVAL_POINTS
        elif not 1 <= limit <= metric_rules.MAX_INTERVAL_POINTS:
            raise InvalidParameter(
                f"max_results must be between 1 and {metric_rules.MAX_INTERVAL_POINTS}.{DOCS_HINT}"
            )
        metric_rules.check_interval(asked.start_step, asked.end_step)
        found = await self._read(
            request,
            lambda reader: reads.sampled_histories(
                reader, run_ids, key, limit, asked.start_step, asked.end_step
            ),
        )
        answers = [metric_wire.run_point_answer(m.run_id, m.point) for m in found]
        return _page_answer("metrics", answers, None)

    # logged models

    async def create_model(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.CreateLoggedModel)
        action = registry.create_model(
            model_id=f"m-{uuid.uuid4().hex}",
            experiment_id=parse_experiment_id(asked.experiment_id or ""),
            name=asked.name or run_rules.random_name(self._random),
            model_type=asked.model_type,
            source_run_id=asked.source_run_id,
            params=asked.params,
            tags=asked.tags,
            now_ms=_now_ms(),
        )
        model = await self._write(request, action)
        return _answer({"model": model_wire.model_answer(model)})

    async def get_model(self, request: Request) -> Response:
        asked = decode_query(model_wire.GetLoggedModel, request.query)
        model_id = request.path_params["model_id"]
        model = await self._read(
            request,
            lambda reader: registry.require_model(reader, model_id, asked.allow_deleted),
        )
        return _answer({"model": model_wire.model_answer(model)})

    async def finalize_model(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.FinalizeLoggedModel)
        assert asked.status is not None  # it is required
        model_id = request.path_params["model_id"]
        action = registry.finalize_model(model_id, asked.status, _now_ms())
        model = await self._write(request, action)
        return _answer({"model": model_wire.model_answer(model)})

    async def delete_model(self, request: Request) -> Response:
        model_id = request.path_params["model_id"]
        await self._write(request, registry.delete_model(model_id, _now_ms()))
        return Response(_EMPTY)

    async def set_model_tags(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.SetLoggedModelTags)
        model_id = request.path_params["model_id"]
        await self._write(request, registry.set_model_tags(model_id, asked.tags))
        return Response(_EMPTY)

    async def delete_model_tag(self, request: Request) -> Response:
        model_id, key = request.path_params["model_id"], request.path_params["key"]
        await self._write(request, registry.delete_model_tag(model_id, key))
        return Response(_EMPTY)

    async def log_model_params(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.LogLoggedModelParams)
        model_id = request.path_params["model_id"]
        await self._write(request, registry.log_model_params(model_id, asked.params))
        return Response(_EMPTY)

    async def search_models(self, request: Request) -> Response:
        asked = await self._message(request, model_wire.SearchLoggedModels)
        limit = asked.max_results or model_rules.DEFAULT_SEARCH_PAGE
        search = ModelSearch(
            experiment_ids=tuple(parse_experiment_id(t) for t in asked.experiment_ids or []),
            limit=_page_size(limit, MAX_PAGE),
            filter=parse_filter(asked.filter, LOGGED_MODELS),
            datasets=asked.dataset_filters(),
            order_by=asked.orders(),
            page_token=asked.page_token or None,
        )
        if not search.experiment_ids:
            return Response(_EMPTY)
        page = await self._read(request, lambda reader: reader.search_models(search))
        found = [model_wire.model_answer(model) for model in page.items]
        return _page_answer("models", found, page.next_token)

    async def server_info(self, request: Request) -> Response:
        """What newer clients ask before they use what older servers lack."""
        return _answer(
            {
                "store_type": "SqlStore",
                "workspaces_enabled": False,
                "trace_archival_enabled": False,
                "multipart_uploads_enabled": False,
                "multipart_downloads_enabled": False,
                "presigned_upload_run_id_supported": False,
                "presigned_upload_model_id_supported": False,
                "features_enabled": {"gateway": False},
            }
        )

    # for the artifact routes

    async def run_artifact_uri(self, run_id: str) -> str:
        """Where a run's artifacts are. Raises DoesNotExist."""
        info = await self._access.read(
            DEFAULT_WORKSPACE, lambda reader: tracking.require_run_info(reader, run_id)
        )
        return info.artifact_uri

    async def model_artifact_uri(self, model_id: str) -> str:
        """Where a logged model's artifacts are. Raises DoesNotExist."""
        model = await self._access.read(
            DEFAULT_WORKSPACE, lambda reader: registry.require_model(reader, model_id)
        )
        return model.artifact_uri

    # shared

    async def _message(self, request: Request, message_type: type[M]) -> M:
        if request.method == "GET" and request.query:
            return decode_query(message_type, request.query)
        # A GET without a query may have its fields in a body, as a POST has them.
        return decode(message_type, await self._body(request))

    async def _body(self, request: Request) -> bytes:
        body = await request.body(self._max_body_bytes)
        if request.method == "POST":
            _check_content_type(request.header(b"content-type"))
        return body

    async def _read(self, request: Request, question: Callable[[Reader], T]) -> T:
        return await self._access.read(_workspace(request), question)

    async def _write(
        self, request: Request, action: Callable[[Transaction], T], size_bytes: int = 256
    ) -> T:
        return await self._access.write(_workspace(request), action, size_bytes)


_MAX_DATASET_EXPERIMENTS = 20


def _workspace(request: Request) -> str:
    name = request.header(b"x-mlflow-workspace")
    if name and name != DEFAULT_WORKSPACE:
        raise FeatureDisabled(
            f"This server has no workspaces but '{DEFAULT_WORKSPACE}', and the request asks for "
            f"'{name}'. Remove the X-MLFLOW-WORKSPACE header."
        )
    return DEFAULT_WORKSPACE


def _check_content_type(content_type: str | None) -> None:
    if content_type is None:
        raise InvalidParameter("Bad Request. Content-Type header is missing.")
    if content_type != "application/json":
        kind = content_type.partition(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidParameter("Bad Request. Content-Type must be one of ['application/json'].")


def _page_size(asked: int, limit: int) -> int:
    if asked < 1:
        raise _bad_page_size(asked)
    if asked > limit:
        raise InvalidParameter(
            f"Invalid value {asked} for parameter 'max_results' supplied. "
            f"It must be at most {limit}"
        )
    return asked


def _bad_page_size(asked: int, end: str = "") -> InvalidParameter:
    return InvalidParameter(
        f"Invalid value {asked} for parameter 'max_results' supplied. "
        f"It must be a positive integer{end}"
    )


def _view_type(view: experiment_wire.View | None) -> ViewType:
    return ViewType.ACTIVE_ONLY if view is None else view.view_type


def _answer(answer: dict[str, Any]) -> Response:
    return Response(_encode(answer))


def _page_answer(name: str, items: list[Any], next_token: str | None) -> Response:
    answer: dict[str, Any] = {}
    if items:
        answer[name] = items
    if next_token:
        answer["next_page_token"] = next_token
    return Response(_encode(answer))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
