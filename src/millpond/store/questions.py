"""What searches ask of a record, told once for every engine: attributes, orders, ties."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from millpond.domain import metrics
from millpond.domain.datasets import DatasetInput, DatasetSummary
from millpond.domain.experiments import Experiment, Stage
from millpond.domain.filters import And, Comparison, Entity, Field, Node, Not, Or, OrderKey
from millpond.domain.metrics import Point, RunPoint
from millpond.domain.models import DatasetFilter, LoggedModel
from millpond.domain.ordering import SortColumn
from millpond.domain.run_tables import KeySummary
from millpond.domain.runs import RunCount, RunInfo
from millpond.errors import AlreadyExists, DoesNotExist
from millpond.store.contract import ExperimentSearch, ModelSearch, RunSearch

NEWEST_EXPERIMENTS = (OrderKey(Field(Entity.ATTRIBUTE, "creation_time"), False),)
OLDEST_ID_FIRST = SortColumn("experiment_id", True)

_EXPERIMENT_ATTRIBUTES: dict[str, Callable[[Experiment], Any]] = {
    "experiment_id": lambda e: e.experiment_id,
    "name": lambda e: e.name,
    "creation_time": lambda e: e.creation_ms,
    "last_update_time": lambda e: e.last_update_ms,
}
_RUN_ATTRIBUTES: dict[str, Callable[[RunInfo], Any]] = {
    "run_id": lambda r: r.run_id,
    "run_name": lambda r: r.name,
    "status": lambda r: r.status.name,
    "artifact_uri": lambda r: r.artifact_uri,
    "user_id": lambda r: r.user_id,
    "start_time": lambda r: r.start_ms,
    "end_time": lambda r: r.end_ms,
}
_MODEL_ATTRIBUTES: dict[str, Callable[[LoggedModel], Any]] = {
    "model_id": lambda m: m.model_id,
    "name": lambda m: m.name,
    "model_type": lambda m: m.model_type,
    "status": lambda m: m.status.word,
    # MLflow has the attribute, and no call that sets it.
    "status_message": lambda m: None,
    "source_run_id": lambda m: m.source_run_id,
    "experiment_id": lambda m: m.experiment_id,
    "artifact_location": lambda m: m.artifact_uri,
    "creation_timestamp_ms": lambda m: m.creation_ms,
    "last_updated_timestamp_ms": lambda m: m.last_update_ms,
}
_DATASET_ATTRIBUTES: dict[str, Callable[[DatasetInput], Any]] = {
    "name": lambda d: d.dataset.name,
    "digest": lambda d: d.dataset.digest,
    "context": lambda d: d.context,
}


def experiment_attribute(experiment: Experiment, key: str) -> Any:
    return _EXPERIMENT_ATTRIBUTES[key](experiment)


def run_attribute(info: RunInfo, key: str) -> Any:
    return _RUN_ATTRIBUTES[key](info)


def table_attribute(info: RunInfo, key: str) -> Any:
    """An attribute as tables of runs show it: more than searches know, ids as texts."""
    match key:
        case "experiment_id":
            return str(info.experiment_id)
        case "lifecycle_stage":
            return info.stage.value
    return run_attribute(info, key)


def model_attribute(model: LoggedModel, key: str) -> Any:
    return _MODEL_ATTRIBUTES[key](model)


def dataset_attribute(dataset: DatasetInput, key: str) -> Any:
    return _DATASET_ATTRIBUTES[key](dataset)


def searchable(key: str, value: Any) -> list[Any]:
    """An attribute's values as a filter compares them; filters know ids as their digits."""
    if value is None:
        return []
    return [str(value) if key == "experiment_id" else value]


def experiment_columns(search: ExperimentSearch) -> list[SortColumn]:
    """What experiments are sorted by: see ``Reader.search_experiments``."""
    if not search.order_by:
        return [*order_columns(NEWEST_EXPERIMENTS), OLDEST_ID_FIRST]
    return [*order_columns(search.order_by), SortColumn("experiment_id", False)]


def run_columns(search: RunSearch) -> list[SortColumn]:
    """What runs are sorted by: see ``Reader.search_runs``."""
    ties = [SortColumn("start_ms", False), SortColumn("run_id", True)]
    return [*order_columns(search.order_by), *ties]


def model_columns(search: ModelSearch) -> list[SortColumn]:
    """What logged models are sorted by: see ``Reader.search_models``."""
    columns = []
    for order in search.order_by:
        name = f"{order.key.field.key} {order.dataset_name} {order.dataset_digest}"
        columns += [SortColumn(f"rank {name}", True), SortColumn(name, order.key.ascending)]
    return [*columns, SortColumn("creation_ms", False), SortColumn("model_id", True)]


def token_question(search: ExperimentSearch | RunSearch | ModelSearch) -> str:
    """What must be the same when a page token comes back."""
    if isinstance(search, ModelSearch):
        return repr((search.experiment_ids, search.filter, search.datasets, search.order_by))
    return repr(search.order_by)


def needs_any_metric(search: ModelSearch) -> bool:
    """Whether a model needs some metric on the datasets of the search to be found."""
    return bool(search.datasets) and not _mentions_metric(search.filter)


def is_on(point: Point, dataset: DatasetFilter) -> bool:
    """Whether a point was measured on this dataset."""
    return point.dataset_name == dataset.dataset_name and dataset.dataset_digest in (
        None,
        point.dataset_digest,
    )


def model_metric_recency(measured: RunPoint) -> tuple[Any, ...]:
    """The latest metric of a logged model is the one where this is greatest.

    MLflow takes time before step here, unlike for runs; the rest makes the choice certain.
    """
    point = measured.point
    return (point.timestamp, point.step, metrics.value_rank(point.value), measured.run_id)


def distinct_model_points(measured: Iterable[RunPoint]) -> list[RunPoint]:
    """A logged model's metrics without exact repeats, by key, time, step, value, run."""
    kept: dict[tuple[Any, ...], RunPoint] = {}
    for item in measured:
        point = item.point
        where = (point.dataset_name or "", point.dataset_digest or "")
        identity = (point.key, *metrics.history_order(point), item.run_id, where)
        kept.setdefault(identity, item)
    return [kept[identity] for identity in sorted(kept)]


def summary_order(summary: DatasetSummary) -> tuple[int, str, str, bool, str]:
    context = summary.context
    return (
        summary.experiment_id,
        summary.name,
        summary.digest,
        context is not None,
        context or "",
    )


def summary_place(summary: KeySummary) -> tuple[str, str]:
    """Key summaries are told in this order."""
    return (summary.kind.value, summary.key)


def sum_counts(parts: Iterable[tuple[int, Stage, int, int]]) -> list[RunCount]:
    """Counts of runs by experiment.

    parts: an experiment, a stage, how many of its runs are in it, when the latest of these began.
    """
    counts: dict[int, list[int]] = {}
    for experiment_id, stage, count, last_start_ms in parts:
        found = counts.setdefault(experiment_id, [0, 0, last_start_ms])
        found[0 if stage is Stage.ACTIVE else 1] += count
        found[2] = max(found[2], last_start_ms)
    return [RunCount(experiment_id, *found) for experiment_id, found in sorted(counts.items())]


def workspace_not_found(name: str) -> DoesNotExist:
    return DoesNotExist(f"Workspace '{name}' not found")


def experiment_name_taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"Experiment(name={name}) already exists. An experiment of this name is there, active or "
        "deleted; restore it, or choose another name."
    )


def order_columns(order_by: Sequence[OrderKey]) -> list[SortColumn]:
    """What an order_by sorts by: the rank and the value of each ordering."""
    columns = []
    for order in order_by:
        name = f"{order.field.entity.name} {order.field.key}"
        columns += [SortColumn(f"rank {name}", True), SortColumn(name, order.ascending)]
    return columns


def _mentions_metric(node: Node | None) -> bool:
    match node:
        case Comparison(field=asked):
            return asked.entity is Entity.METRIC
        case And(terms=terms) | Or(terms=terms):
            return any(_mentions_metric(term) for term in terms)
        case Not(term=term):
            return _mentions_metric(term)
    return False
