"""Metric histories over the protocol."""

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import Calls, answer, bad_page_size, page_answer
from millpond.domain import metrics as metric_rules
from millpond.errors import InvalidParameter
from millpond.tracking import reads
from millpond.wire import metrics as metric_wire
from millpond.wire.messages import DOCS_HINT


class HistoryCalls(Calls):
    def calls(self) -> list[Route]:
        return [
            ("GET", "metrics/get-history", self.get_history),
            ("GET", "metrics/get-history-bulk", self.get_history_bulk),
            ("GET", "metrics/get-history-bulk-interval", self.get_history_bulk_interval),
        ]

    async def get_history(self, request: Request) -> Response:
        asked = await self._message(request, metric_wire.GetMetricHistory)
        if asked.max_results is not None and asked.max_results <= 0:
            raise bad_page_size(asked.max_results, ".")
        run_id = asked.run_id or asked.run_uuid or ""
        key = asked.metric_key or ""
        page = await self._read(
            request,
            lambda reader: reads.history_page(
                reader, run_id, key, asked.max_results, asked.page_token or None
            ),
        )
        return page_answer("metrics", metric_wire.history_answer(page.series), page.next_token)

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
                raise bad_page_size(asked.max_results, ".")
            limit = min(limit, asked.max_results)
        found = await self._read(
            request, lambda reader: reads.histories(reader, asked.run_id, key, limit)
        )
        answers = [
            point
            for run_id, series in found
            for point in metric_wire.run_history_answer(run_id, series)
        ]
        return answer({"metrics": answers})

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
        answers = [
            point
            for run_id, series in found
            for point in metric_wire.run_history_answer(run_id, series)
        ]
        return page_answer("metrics", answers, None)
