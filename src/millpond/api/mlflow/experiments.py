"""Experiments over the protocol."""

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import EMPTY_ANSWER, Calls, answer, page_answer, page_size
from millpond.artifacts.locations import absolute_location
from millpond.domain.experiments import MAX_PAGE, Tag, parse_experiment_id
from millpond.domain.filters import EXPERIMENTS, parse_filter, parse_order_by
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.store.contract import ExperimentSearch
from millpond.tracking import actions as tracking
from millpond.wire import experiments as experiment_wire

_MAX_DATASET_EXPERIMENTS = 20


class ExperimentCalls(Calls):
    def calls(self) -> list[Route]:
        return [
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
        ]

    async def create_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.CreateExperiment)
        action = tracking.create_experiment(
            asked.name or "",
            absolute_location(asked.artifact_location),
            asked.tags,
            self._artifact_root,
            self._now_ms(),
        )
        experiment_id = await self._write(request, action)
        return answer({"experiment_id": str(experiment_id)})

    async def search_experiments(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.SearchExperiments)
        search = ExperimentSearch(
            limit=page_size(asked.max_results or 0, MAX_PAGE),
            filter=parse_filter(asked.filter, EXPERIMENTS),
            order_by=parse_order_by(asked.order_by, EXPERIMENTS),
            view=experiment_wire.view_type(asked.view_type),
            page_token=asked.page_token or None,
        )
        page = await self._read(request, lambda reader: reader.search_experiments(search))
        found = [experiment_wire.experiment_answer(experiment) for experiment in page.items]
        return page_answer("experiments", found, page.next_token)

    async def get_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        experiment = await self._read(
            request, lambda reader: tracking.require_experiment(reader, experiment_id)
        )
        return answer({"experiment": experiment_wire.experiment_answer(experiment)})

    async def get_experiment_by_name(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperimentByName)
        name = asked.experiment_name or ""
        experiment = await self._read(request, lambda reader: reader.experiment_named(name))
        if experiment is None:
            raise DoesNotExist(f"Could not find experiment with name '{name}'")
        return answer({"experiment": experiment_wire.experiment_answer(experiment)})

    async def delete_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        await self._write(request, tracking.delete_experiment(experiment_id, self._now_ms()))
        return EMPTY_ANSWER

    async def restore_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.GetExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        await self._write(request, tracking.restore_experiment(experiment_id, self._now_ms()))
        return EMPTY_ANSWER

    async def update_experiment(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.UpdateExperiment)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        action = tracking.rename_experiment(experiment_id, asked.new_name or "", self._now_ms())
        await self._write(request, action)
        return EMPTY_ANSWER

    async def set_experiment_tag(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.SetExperimentTag)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        tag = Tag(asked.key or "", asked.value)
        await self._write(request, tracking.set_experiment_tag(experiment_id, tag))
        return EMPTY_ANSWER

    async def delete_experiment_tag(self, request: Request) -> Response:
        asked = await self._message(request, experiment_wire.DeleteExperimentTag)
        experiment_id = parse_experiment_id(asked.experiment_id or "")
        action = tracking.delete_experiment_tag(experiment_id, asked.key or "")
        await self._write(request, action)
        return EMPTY_ANSWER

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
        return page_answer("dataset_summaries", answers, None)
