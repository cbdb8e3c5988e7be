"""Runs over the protocol."""

import uuid

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import EMPTY_ANSWER, Calls, answer, page_answer, page_size
from millpond.domain import runs as run_rules
from millpond.domain.experiments import Tag, parse_experiment_id
from millpond.domain.filters import RUNS, parse_filter, parse_order_by
from millpond.domain.runs import Param
from millpond.store.contract import RunSearch
from millpond.tracking import actions as tracking
from millpond.wire import metrics as metric_wire
from millpond.wire import runs as run_wire
from millpond.wire.experiments import view_type
from millpond.wire.messages import decode

_DEFAULT_PAGE = 1_000


class RunCalls(Calls):
    def calls(self) -> list[Route]:
        return [
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
        ]

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
        return answer({"run": run_wire.new_run_answer(run)})

    async def get_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.GetRun)
        run = await self._read(request, lambda reader: tracking.require_run(reader, asked.id))
        return answer({"run": run_wire.run_answer(run)})

    async def update_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.UpdateRun)
        action = tracking.update_run(asked.id, asked.status, asked.end_time, asked.run_name)
        info = await self._write(request, action)
        return answer({"run_info": run_wire.run_info_answer(info)})

    async def delete_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.DeleteRun)
        await self._write(request, tracking.delete_run(asked.id, self._now_ms()))
        return EMPTY_ANSWER

    async def restore_run(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.RestoreRun)
        await self._write(request, tracking.restore_run(asked.id))
        return EMPTY_ANSWER

    async def search_runs(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.SearchRuns)
        limit = _DEFAULT_PAGE if asked.max_results is None else asked.max_results
        search = RunSearch(
            experiment_ids=tuple(parse_experiment_id(text) for text in asked.experiment_ids),
            limit=page_size(limit, run_rules.MAX_SEARCH_PAGE),
            filter=parse_filter(asked.filter, RUNS),
            order_by=parse_order_by(asked.order_by, RUNS),
            view=view_type(asked.run_view_type),
            page_token=asked.page_token or None,
        )
        if not search.experiment_ids:
            return EMPTY_ANSWER
        page = await self._read(request, lambda reader: reader.search_runs(search))
        found = [run_wire.run_answer(run) for run in page.items]
        return page_answer("runs", found, page.next_token)

    async def log_metric(self, request: Request) -> Response:
        asked = await self._message(request, metric_wire.LogMetric)
        run_id = asked.run_id or asked.run_uuid or ""
        await self._write(request, tracking.log_metric(run_id, asked.point()))
        return EMPTY_ANSWER

    async def log_batch(self, request: Request) -> Response:
        body = await self._body(request)
        asked = decode(run_wire.LogBatch, body)
        action = tracking.log_batch(asked.id, asked.batch())
        await self._write(request, action, len(body))
        return EMPTY_ANSWER

    async def log_param(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.LogParam)
        param = Param(asked.key or "", asked.value)
        await self._write(request, tracking.log_param(asked.id, param))
        return EMPTY_ANSWER

    async def set_tag(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.SetTag)
        await self._write(request, tracking.set_tag(asked.id, Tag(asked.key or "", asked.value)))
        return EMPTY_ANSWER

    async def delete_tag(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.DeleteTag)
        await self._write(request, tracking.delete_tag(asked.id, asked.key or ""))
        return EMPTY_ANSWER

    async def log_model(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.LogModel)
        await self._write(request, tracking.record_logged_model(asked.id, asked.model_json or ""))
        return EMPTY_ANSWER

    async def log_inputs(self, request: Request) -> Response:
        body = await self._body(request)
        asked = decode(run_wire.LogInputs, body)
        model_ids = [model.model_id for model in asked.models]
        action = tracking.log_inputs(asked.id, asked.datasets, model_ids)
        await self._write(request, action, len(body))
        return EMPTY_ANSWER

    async def log_outputs(self, request: Request) -> Response:
        asked = await self._message(request, run_wire.LogOutputs)
        await self._write(request, tracking.log_outputs(asked.id, asked.models or []))
        return EMPTY_ANSWER
