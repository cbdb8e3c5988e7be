"""Records to put into a store, and the shortest way to put them there."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from millpond.domain.charts import Line
from millpond.domain.experiments import Experiment, Stage, Tag
from millpond.domain.filters import EXPERIMENTS, LOGGED_MODELS, RUNS, parse_filter, parse_order_by
from millpond.domain.filters import parse_order_fields as parse_model_order
from millpond.domain.models import DatasetFilter, LoggedModel, ModelOrder, ModelStatus
from millpond.domain.paging import Page
from millpond.domain.runs import Param, RunInfo, RunStatus
from millpond.store.contract import (
    DEFAULT_WORKSPACE,
    ExperimentSearch,
    ModelSearch,
    Reader,
    RunSearch,
    Store,
    Transaction,
)

T = TypeVar("T")

SOON_S = 30.0
"""How long an answer may take before a test gives up."""


def do(store: Store, action: Callable[[Transaction], T]) -> T:
    """Write, and wait until it is done."""
    return store.write(DEFAULT_WORKSPACE, action).result(SOON_S)


def ask(store: Store, question: Callable[[Reader], T]) -> T:
    with store.read(DEFAULT_WORKSPACE) as reader:
        return question(reader)


def experiment(experiment_id: int, name: str = "", **changes: Any) -> Experiment:
    values: dict[str, Any] = {
        "artifact_location": f"mlflow-artifacts:/{experiment_id}",
        "stage": Stage.ACTIVE,
        "creation_ms": 1_000 + experiment_id,
        "last_update_ms": 1_000 + experiment_id,
        **changes,
    }
    return Experiment(experiment_id, name or f"experiment {experiment_id}", **values)


def run_info(run_id: str, experiment_id: int = 1, **changes: Any) -> RunInfo:
    values: dict[str, Any] = {
        "name": f"run {run_id}",
        "status": RunStatus.RUNNING,
        "stage": Stage.ACTIVE,
        "start_ms": 5_000,
        "end_ms": None,
        "user_id": "alice",
        "artifact_uri": f"mlflow-artifacts:/{experiment_id}/{run_id}/artifacts",
        **changes,
    }
    return RunInfo(run_id=run_id, experiment_id=experiment_id, **values)


def logged_model(model_id: str, experiment_id: int = 1, **changes: Any) -> LoggedModel:
    values: dict[str, Any] = {
        "name": f"model {model_id}",
        "artifact_uri": f"mlflow-artifacts:/{experiment_id}/models/{model_id}/artifacts",
        "creation_ms": 7_000,
        "last_update_ms": 7_000,
        "status": ModelStatus.LOGGED_MODEL_PENDING,
        "stage": Stage.ACTIVE,
        "model_type": "agent",
        "source_run_id": "",
        **changes,
    }
    return LoggedModel(model_id=model_id, experiment_id=experiment_id, **values)


def tags(**values: str) -> tuple[Tag, ...]:
    return tuple(Tag(key, value) for key, value in values.items())


def params(**values: str) -> tuple[Param, ...]:
    return tuple(Param(key, value) for key, value in values.items())


def start_run(store: Store, run_id: str = "r1", experiment_id: int = 1, **changes: Any) -> str:
    """Add a run, and its experiment if that is not there."""

    def act(tx: Transaction) -> None:
        if tx.experiment(experiment_id) is None:
            tx.add_experiment(experiment(experiment_id))
        tx.add_run(run_info(run_id, experiment_id, **changes), ())

    do(store, act)
    return run_id


def run_search(
    filter_text: str = "", *order_by: str, limit: int = 100, **changes: Any
) -> RunSearch:
    values = {"experiment_ids": (1,), **changes}
    return RunSearch(
        limit=limit,
        filter=parse_filter(filter_text, RUNS),
        order_by=parse_order_by(order_by, RUNS),
        **values,
    )


def experiment_search(
    filter_text: str = "", *order_by: str, limit: int = 100, **changes: Any
) -> ExperimentSearch:
    return ExperimentSearch(
        limit=limit,
        filter=parse_filter(filter_text, EXPERIMENTS),
        order_by=parse_order_by(order_by, EXPERIMENTS),
        **changes,
    )


def model_search(
    filter_text: str = "",
    *order_by: tuple[str, bool] | ModelOrder,
    datasets: Sequence[DatasetFilter] = (),
    limit: int = 100,
    **changes: Any,
) -> ModelSearch:
    values = {"experiment_ids": (1,), **changes}
    return ModelSearch(
        limit=limit,
        filter=parse_filter(filter_text, LOGGED_MODELS),
        datasets=tuple(datasets),
        order_by=tuple(
            order if isinstance(order, ModelOrder) else model_order(*order) for order in order_by
        ),
        **values,
    )


def model_order(field: str, ascending: bool, *dataset: str) -> ModelOrder:
    (key,) = parse_model_order([(field, ascending)], LOGGED_MODELS)
    return ModelOrder(key, *dataset)


def pages(search: Callable[[Any], Page[T]], question: Any) -> Iterator[Sequence[T]]:
    """The pages of a search, one after another."""
    token = None
    while True:
        page = search(msgspec.structs.replace(question, page_token=token))
        yield page.items
        token = page.next_token
        if token is None:
            return


def found_runs(store: Store, filter_text: str = "", *order_by: str, **changes: Any) -> list[str]:
    """The run ids that a search finds."""
    search = run_search(filter_text, *order_by, **changes)
    return [run.info.run_id for run in ask(store, lambda r: r.search_runs(search)).items]


def found_experiments(
    store: Store, filter_text: str = "", *order_by: str, **changes: Any
) -> list[int]:
    search = experiment_search(filter_text, *order_by, **changes)
    found = ask(store, lambda r: r.search_experiments(search)).items
    return [one.experiment_id for one in found]


def found_models(
    store: Store, filter_text: str = "", *order_by: tuple[str, bool] | ModelOrder, **changes: Any
) -> list[str]:
    search = model_search(filter_text, *order_by, **changes)
    return [model.model_id for model in ask(store, lambda r: r.search_models(search)).items]


def plain(line: Line) -> list[Any]:
    """All that a line says for sure, in lists and numbers."""
    said = msgspec.structs.astuple(line)[:-1]
    return [each.tolist() if isinstance(each, np.ndarray) else each for each in said]
