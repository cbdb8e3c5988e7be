"""The store in plain Python: nothing is on disk, and every answer is plainly right.

It is the oracle that property tests hold the other engines against, so it is written to be read:
whole tables are scanned, sorted and copied.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import msgspec

from millpond.domain import metrics
from millpond.domain.charts import Frame, Line, SeriesName
from millpond.domain.datasets import MAX_SUMMARIES, Dataset, DatasetInput, DatasetSummary
from millpond.domain.experiments import Experiment, Stage, Tag, ViewType
from millpond.domain.filters import matches
from millpond.domain.metrics import MetricSummary, Point, RunPoint
from millpond.domain.models import LoggedModel, ModelStatus
from millpond.domain.ordering import ranked
from millpond.domain.paging import Page
from millpond.domain.run_tables import KeySummary, RunColumn, RunTable
from millpond.domain.runs import ModelOutput, Param, Run, RunCount, RunInfo, RunStatus
from millpond.domain.series import HistoryPosition, Series, series_of
from millpond.errors import Unavailable
from millpond.store import memory_tables, paging, questions
from millpond.store.contract import (
    DEFAULT_WORKSPACE,
    ExperimentSearch,
    ModelSearch,
    RunSearch,
    SeriesState,
    Tail,
    Transaction,
)
from millpond.store.lookups import ExperimentValues, ModelValues, RunValues, model_sort_value
from millpond.store.memory_retention import MemoryRetention
from millpond.store.memory_reviews import MemoryReviews, ReviewTables
from millpond.store.memory_storage import MemoryStorage
from millpond.store.pending import Pending

T = TypeVar("T")


@dataclass
class _Tables(ReviewTables):
    """Everything one workspace holds. Values are immutable: copied dicts are a snapshot."""

    experiments: dict[int, Experiment] = field(default_factory=dict)
    runs: dict[str, RunInfo] = field(default_factory=dict)
    points: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    # The same once more, in the order they came: which run, and what was appended to it.
    log: dict[int, tuple[str, tuple[Point, ...]]] = field(default_factory=dict)
    params: dict[tuple[str, str], str] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    datasets: dict[tuple[int, str, str], Dataset] = field(default_factory=dict)
    inputs: dict[tuple[str, str, str], tuple[Tag, ...]] = field(default_factory=dict)
    model_inputs: dict[tuple[str, str], None] = field(default_factory=dict)
    model_outputs: dict[str, tuple[ModelOutput, ...]] = field(default_factory=dict)
    models: dict[str, LoggedModel] = field(default_factory=dict)
    model_points: dict[str, tuple[RunPoint, ...]] = field(default_factory=dict)
    storage: dict[tuple[str, Any], Any] = field(default_factory=dict)

    def copy(self) -> "_Tables":
        return replace(self, **{f.name: dict(getattr(self, f.name)) for f in fields(self)})


class MemoryStore:
    """A store that lives as long as its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workspaces: dict[str, _Tables] = {DEFAULT_WORKSPACE: _Tables()}
        self._last_experiment_id = 0
        self._writes = 0
        self._closed = False

    @contextmanager
    def read(self, workspace: str) -> Iterator["MemoryTransaction"]:
        with self._lock:
            tables = self._tables_of(workspace).copy()
        yield MemoryTransaction(self, tables)

    def write(
        self, workspace: str, action: Callable[[Transaction], T], size_bytes: int = 0
    ) -> Pending[T]:
        pending: Pending[T] = Pending()
        with self._lock:
            if self._closed:
                raise Unavailable("The store is closed.")
            tables = self._tables_of(workspace).copy()
            last_experiment_id = self._last_experiment_id
            try:
                result = action(MemoryTransaction(self, tables))
            except Exception as error:
                self._last_experiment_id = last_experiment_id
                pending.set_exception(error)
            else:
                self._workspaces[workspace] = tables
                self._writes += 1
                pending.set_result(result)
        return pending

    def write_here(self, workspace: str, action: Callable[[Transaction], T]) -> Pending[T] | None:
        return self.write(workspace, action)

    def workspaces(self) -> list[str]:
        return sorted(self._workspaces)

    def statistics(self) -> Mapping[str, Any]:
        return {"writes_total": self._writes, "queued_bytes": 0}

    def close(self) -> None:
        self._closed = True

    def _tables_of(self, workspace: str) -> _Tables:
        found = self._workspaces.get(workspace)
        if found is None:
            raise questions.workspace_not_found(workspace)
        return found

    def next_experiment_id(self) -> int:
        self._last_experiment_id += 1
        return self._last_experiment_id


class MemoryTransaction(MemoryReviews, MemoryStorage, MemoryRetention):
    """Reads and changes one copy of one workspace's tables."""

    def __init__(self, store: MemoryStore, tables: _Tables) -> None:
        self._store = store
        self._tables: _Tables = tables

    # experiments

    def experiment(self, experiment_id: int) -> Experiment | None:
        return self._tables.experiments.get(experiment_id)

    def experiment_named(self, name: str) -> Experiment | None:
        return next((e for e in self._tables.experiments.values() if e.name == name), None)

    def search_experiments(self, search: ExperimentSearch) -> Page[Experiment]:
        found = [
            experiment
            for experiment in self._tables.experiments.values()
            if search.view.shows(experiment.stage)
            and matches(search.filter, ExperimentValues(experiment))
        ]
        columns = questions.experiment_columns(search)

        def position(experiment: Experiment) -> list[Any]:
            order_by = search.order_by or questions.NEWEST_EXPERIMENTS
            keys = [
                part
                for order in order_by
                for part in ranked(questions.experiment_attribute(experiment, order.field.key))
            ]
            return [*keys, experiment.experiment_id]

        return paging.page_of(
            found,
            position,
            columns,
            search.limit,
            search.page_token,
            questions.token_question(search),
        )

    def new_experiment_id(self) -> int:
        return self._store.next_experiment_id()

    def add_experiment(self, experiment: Experiment) -> None:
        self._require_free_name(experiment.name)
        self._tables.experiments[experiment.experiment_id] = experiment

    def change_experiment(
        self,
        experiment_id: int,
        *,
        last_update_ms: int,
        name: str | None = None,
        stage: Stage | None = None,
    ) -> None:
        old = self._tables.experiments[experiment_id]
        if name is not None and name != old.name:
            self._require_free_name(name)
        self._tables.experiments[experiment_id] = msgspec.structs.replace(
            old, last_update_ms=last_update_ms, name=name or old.name, stage=stage or old.stage
        )

    def change_runs_stage(self, experiment_id: int, stage: Stage, deleted_ms: int | None) -> None:
        for info in list(self._tables.runs.values()):
            if info.experiment_id == experiment_id:
                self.change_run_stage(info.run_id, stage, deleted_ms)

    def set_experiment_tag(self, experiment_id: int, tag: Tag) -> None:
        self._change_experiment_tags(experiment_id, {tag.key: tag})

    def delete_experiment_tag(self, experiment_id: int, key: str) -> bool:
        return self._change_experiment_tags(experiment_id, {key: None})

    def _change_experiment_tags(self, experiment_id: int, changes: dict[str, Tag | None]) -> bool:
        old = self._tables.experiments[experiment_id]
        tags = _changed_tags(old.tags, changes)
        self._tables.experiments[experiment_id] = msgspec.structs.replace(old, tags=tags)
        return tags != old.tags

    def _require_free_name(self, name: str) -> None:
        if self.experiment_named(name) is not None:
            raise questions.experiment_name_taken(name)

    # runs

    def run_info(self, run_id: str) -> RunInfo | None:
        return self._tables.runs.get(run_id)

    def run(self, run_id: str) -> Run | None:
        info = self._tables.runs.get(run_id)
        return None if info is None else self._whole(info)

    def search_runs(self, search: RunSearch) -> Page[Run]:
        candidates = self._runs_of(search.experiment_ids, search.view)
        found = [run for run in candidates if matches(search.filter, RunValues(run))]
        columns = questions.run_columns(search)

        def position(run: Run) -> list[Any]:
            keys = paging.sort_values(RunValues(run), search.order_by)
            return [*keys, run.info.start_ms, run.info.run_id]

        return paging.page_of(
            found,
            position,
            columns,
            search.limit,
            search.page_token,
            questions.token_question(search),
        )

    def history(
        self,
        run_id: str,
        key: str,
        limit: int | None = None,
        after: HistoryPosition | None = None,
    ) -> Series:
        points = self._distinct_points(run_id, key)
        if after is not None:
            place = (after.timestamp, after.step, (after.value, after.is_nan))
            points = [p for p in points if metrics.history_order(p) > place]
        return series_of(key, sorted(points, key=metrics.history_order)[:limit])

    def series(
        self, run_id: str, key: str, step_min: int | None = None, step_max: int | None = None
    ) -> Series:
        points = [
            point
            for point in self._distinct_points(run_id, key)
            if (step_min is None or step_min <= point.step)
            and (step_max is None or point.step <= step_max)
        ]
        return series_of(key, sorted(points, key=metrics.recency))

    def line(self, name: SeriesName, frame: Frame, with_timestamps: bool = False) -> Line:
        return memory_tables.line(self._tables, name, self.series(*name), frame)

    def metric_summaries(self, run_id: str) -> list[MetricSummary]:
        run = self.run(run_id)
        return [
            memory_tables.metric_summary(latest, self._distinct_points(run_id, latest.key))
            for latest in (run.metrics if run else ())
        ]

    def series_states(self, names: Sequence[SeriesName]) -> list[SeriesState]:
        return memory_tables.series_states(self._tables, names)

    def each_series(
        self,
        names: Sequence[SeriesName],
        step_min: int | None = None,
        step_max: int | None = None,
    ) -> Iterator[tuple[int, Series]]:
        return memory_tables.each_series(self._tables, names, step_min, step_max)

    def log_end(self) -> int:
        return memory_tables.log_end(self._tables)

    def points_since(self, position: int, names: Sequence[SeriesName], limit: int) -> Tail | None:
        return memory_tables.points_since(self._tables, position, names, limit)

    def run_columns(self, search: RunSearch, columns: Sequence[RunColumn]) -> RunTable:
        return memory_tables.run_table(self._tables, self.search_runs(search).items, columns)

    def key_summaries(self, experiment_ids: Sequence[int], view: ViewType) -> list[KeySummary]:
        return memory_tables.key_summaries(self._runs_of(experiment_ids, view))

    def _runs_of(self, experiment_ids: Sequence[int], view: ViewType) -> list[Run]:
        return [
            self._whole(info)
            for info in self._tables.runs.values()
            if info.experiment_id in experiment_ids and view.shows(info.stage)
        ]

    def _distinct_points(self, run_id: str, key: str) -> list[Point]:
        return metrics.distinct(p for p in self._tables.points.get(run_id, ()) if p.key == key)

    def run_counts(self) -> list[RunCount]:
        runs = self._tables.runs.values()
        return questions.sum_counts((r.experiment_id, r.stage, 1, r.start_ms) for r in runs)

    def dataset_summaries(self, experiment_ids: Sequence[int]) -> list[DatasetSummary]:
        found = {
            DatasetSummary(info.experiment_id, item.dataset.name, item.dataset.digest, item.context)
            for info in self._tables.runs.values()
            if info.experiment_id in experiment_ids
            for item in self._dataset_inputs(info)
        }
        return sorted(found, key=questions.summary_order)[:MAX_SUMMARIES]

    def add_run(self, info: RunInfo, tags: Sequence[Tag]) -> None:
        self._tables.runs[info.run_id] = info
        self.set_tags(info.run_id, tags)

    def change_run(
        self,
        run_id: str,
        *,
        name: str | None = None,
        status: RunStatus | None = None,
        end_ms: int | None = None,
    ) -> None:
        old = self._tables.runs[run_id]
        self._tables.runs[run_id] = msgspec.structs.replace(
            old,
            name=name or old.name,
            status=status or old.status,
            end_ms=old.end_ms if end_ms is None else end_ms,
        )

    def change_run_stage(self, run_id: str, stage: Stage, deleted_ms: int | None) -> None:
        old = self._tables.runs[run_id]
        self._tables.runs[run_id] = msgspec.structs.replace(old, stage=stage, deleted_ms=deleted_ms)

    def append_points(self, run_id: str, points: Sequence[Point]) -> None:
        self._tables.points[run_id] = (*self._tables.points.get(run_id, ()), *points)
        self._tables.log[len(self._tables.log) + 1] = (run_id, tuple(points))
        for point in points:
            if point.model_id is not None:
                kept = self._tables.model_points.get(point.model_id, ())
                self._tables.model_points[point.model_id] = (*kept, RunPoint(run_id, point))

    def params(self, run_id: str, keys: Sequence[str]) -> Mapping[str, str]:
        params = self._tables.params
        return {key: params[run_id, key] for key in keys if (run_id, key) in params}

    def add_params(self, run_id: str, params: Sequence[Param]) -> None:
        for param in params:
            self._tables.params[run_id, param.key] = param.value

    def tag(self, run_id: str, key: str) -> str | None:
        return self._tables.tags.get((run_id, key))

    def set_tags(self, run_id: str, tags: Sequence[Tag]) -> None:
        for tag in tags:
            self._tables.tags[run_id, tag.key] = tag.value

    def delete_tag(self, run_id: str, key: str) -> bool:
        return self._tables.tags.pop((run_id, key), None) is not None

    def add_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput], model_ids: Sequence[str]
    ) -> None:
        experiment_id = self._tables.runs[run_id].experiment_id
        for item in datasets:
            name, digest = item.dataset.name, item.dataset.digest
            self._tables.datasets.setdefault((experiment_id, name, digest), item.dataset)
            tags = _changed_tags((), {tag.key: tag for tag in item.tags})
            self._tables.inputs.setdefault((run_id, name, digest), tags)
        for model_id in model_ids:
            self._tables.model_inputs.setdefault((run_id, model_id))

    def add_outputs(self, run_id: str, outputs: Sequence[ModelOutput]) -> None:
        kept = self._tables.model_outputs.get(run_id, ())
        self._tables.model_outputs[run_id] = (*kept, *outputs)

    def _whole(self, info: RunInfo) -> Run:
        run_id = info.run_id
        return Run(
            info,
            metrics=memory_tables.latest_points(self._tables.points.get(run_id, ())),
            params=tuple(
                Param(key, value)
                for (owner, key), value in sorted(self._tables.params.items())
                if owner == run_id
            ),
            tags=tuple(
                Tag(key, value)
                for (owner, key), value in sorted(self._tables.tags.items())
                if owner == run_id
            ),
            dataset_inputs=tuple(self._dataset_inputs(info)),
            model_inputs=tuple(
                model_id for owner, model_id in self._tables.model_inputs if owner == run_id
            ),
            model_outputs=self._tables.model_outputs.get(run_id, ()),
        )

    def _dataset_inputs(self, info: RunInfo) -> list[DatasetInput]:
        return [
            DatasetInput(self._tables.datasets[info.experiment_id, name, digest], tags)
            for (owner, name, digest), tags in self._tables.inputs.items()
            if owner == info.run_id
        ]

    # logged models

    def model(self, model_id: str) -> LoggedModel | None:
        model = self._tables.models.get(model_id)
        return None if model is None else self._with_metrics(model)

    def has_model(self, model_id: str) -> bool:
        return model_id in self._tables.models

    def search_models(self, search: ModelSearch) -> Page[LoggedModel]:
        found = []
        for bare in self._tables.models.values():
            if bare.experiment_id not in search.experiment_ids or bare.stage is not Stage.ACTIVE:
                continue
            model = self._with_metrics(bare)
            values = ModelValues(model, search.datasets)
            wanted = matches(search.filter, values)
            if wanted and (values.has_metrics() or not questions.needs_any_metric(search)):
                found.append(model)
        columns = questions.model_columns(search)

        def position(model: LoggedModel) -> list[Any]:
            keys = [
                part for order in search.order_by for part in ranked(model_sort_value(model, order))
            ]
            return [*keys, model.creation_ms, model.model_id]

        return paging.page_of(
            found,
            position,
            columns,
            search.limit,
            search.page_token,
            questions.token_question(search),
        )

    def add_model(self, model: LoggedModel) -> None:
        self._tables.models[model.model_id] = model

    def change_model(
        self,
        model_id: str,
        *,
        last_update_ms: int,
        status: ModelStatus | None = None,
        stage: Stage | None = None,
    ) -> None:
        old = self._tables.models[model_id]
        self._tables.models[model_id] = msgspec.structs.replace(
            old,
            last_update_ms=last_update_ms,
            status=status or old.status,
            stage=stage or old.stage,
        )

    def add_model_params(self, model_id: str, params: Sequence[Param]) -> None:
        old = self._tables.models[model_id]
        merged = sorted([*old.params, *params], key=lambda param: param.key)
        self._tables.models[model_id] = msgspec.structs.replace(old, params=tuple(merged))

    def set_model_tags(self, model_id: str, tags: Sequence[Tag]) -> None:
        self._change_model_tags(model_id, {tag.key: tag for tag in tags})

    def delete_model_tag(self, model_id: str, key: str) -> bool:
        return self._change_model_tags(model_id, {key: None})

    def _change_model_tags(self, model_id: str, changes: Mapping[str, Tag | None]) -> bool:
        old = self._tables.models[model_id]
        tags = _changed_tags(old.tags, changes)
        self._tables.models[model_id] = msgspec.structs.replace(old, tags=tags)
        return tags != old.tags

    def _with_metrics(self, model: LoggedModel) -> LoggedModel:
        points = self._tables.model_points.get(model.model_id, ())
        return msgspec.structs.replace(
            model, metrics=tuple(questions.distinct_model_points(points))
        )


def _changed_tags(tags: Sequence[Tag], changes: Mapping[str, Tag | None]) -> tuple[Tag, ...]:
    by_key: dict[str, Tag | None] = {**{tag.key: tag for tag in tags}, **changes}
    return tuple(tag for _, tag in sorted(by_key.items()) if tag is not None)
