"""What every store promises, and the questions it answers.

A store keeps workspaces apart: whoever reads or writes names one, and sees only that one.

Writing: an *action* is a function of a ``Transaction``. ``store.write(workspace, action)`` runs it
so that all of it happens or nothing, after every earlier write and before every later one, and
answers only when it is on disk: what the action returned, or what it raised, and then nothing was
changed.

Reading: ``with store.read(workspace) as reader`` sees one moment of the store, and every write
that was acknowledged before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from millpond.domain.charts import Frame, Line, SeriesName
from millpond.domain.datasets import DatasetInput, DatasetSummary
from millpond.domain.experiments import Experiment, Stage, Tag, ViewType
from millpond.domain.filters import Node, OrderKey
from millpond.domain.metrics import MetricSummary, Point
from millpond.domain.models import DatasetFilter, LoggedModel, ModelOrder, ModelStatus
from millpond.domain.paging import Page
from millpond.domain.run_tables import KeySummary, RunColumn, RunTable
from millpond.domain.runs import ModelOutput, Param, Run, RunCount, RunInfo, RunStatus
from millpond.domain.series import HistoryPosition, Series
from millpond.store.pending import Pending
from millpond.store.registry_contract import RegistryReader, RegistryTransaction
from millpond.store.retention import RetentionReader, RetentionWriter
from millpond.store.review_contract import ReviewReader, ReviewTransaction
from millpond.store.storage import StorageReader, StorageWriter

T = TypeVar("T")

DEFAULT_WORKSPACE = "default"


class ExperimentSearch(Struct, frozen=True):
    """Which experiments, in which order. ``limit`` rows at most, after ``page_token``."""

    limit: int
    filter: Node | None = None
    order_by: tuple[OrderKey, ...] = ()
    view: ViewType = ViewType.ACTIVE_ONLY
    page_token: str | None = None


class RunSearch(Struct, frozen=True):
    """Which runs of these experiments, in which order."""

    experiment_ids: tuple[int, ...]
    limit: int
    filter: Node | None = None
    order_by: tuple[OrderKey, ...] = ()
    view: ViewType = ViewType.ACTIVE_ONLY
    page_token: str | None = None


class ModelSearch(Struct, frozen=True):
    """Which logged models of these experiments, in which order.

    datasets: when given, metric filters look only at metrics on one of these, and without metric
    filters a model must have some metric on one of these.
    """

    experiment_ids: tuple[int, ...]
    limit: int
    filter: Node | None = None
    datasets: tuple[DatasetFilter, ...] = ()
    order_by: tuple[ModelOrder, ...] = ()
    page_token: str | None = None


class SeriesState(Struct, frozen=True):
    """What there is of one metric of one run, told without reading its points.

    run_start_ms: None if there is no such run. version: 0 if there is no such metric; greater than
    before whenever its points have changed. points: how many, repeats counted or not.
    """

    run_start_ms: int | None
    version: int
    points: int


class Tail(Struct, frozen=True):
    """Points in the order they came, up to a position; ``is_all`` if none had come behind it."""

    position: int
    points: list[tuple[SeriesName, Series]]
    is_all: bool


class Reader(RegistryReader, ReviewReader, StorageReader, RetentionReader, Protocol):
    """One moment of one workspace."""

    def experiment(self, experiment_id: int) -> Experiment | None:
        """The experiment of this id, active or deleted."""

    def experiment_named(self, name: str) -> Experiment | None:
        """The experiment of this name, active or deleted."""

    def search_experiments(self, search: ExperimentSearch) -> Page[Experiment]:
        """Without an order the newest come first, ties by id, lowest first.

        Ties of an order are broken by id, greatest first.
        """

    def run_info(self, run_id: str) -> RunInfo | None:
        """The run without what it logged, active or deleted."""

    def run(self, run_id: str) -> Run | None:
        """The run with all it logged, active or deleted."""

    def search_runs(self, search: RunSearch) -> Page[Run]:
        """Ties are broken by start time, latest first, then by run id."""

    def history(
        self,
        run_id: str,
        key: str,
        limit: int | None = None,
        after: HistoryPosition | None = None,
    ) -> Series:
        """The distinct points of one metric in history order; empty if there is none.

        limit: so many at most; after: only those behind this position.
        """

    def series(
        self, run_id: str, key: str, step_min: int | None = None, step_max: int | None = None
    ) -> Series:
        """The distinct points of one metric by step, time, value, from a range of steps."""

    def line(self, name: SeriesName, frame: Frame, with_timestamps: bool = False) -> Line:
        """What a chart shows of one metric, as ``charts.draw`` draws it; see also each_series.

        However long it is, it is never in memory as a whole. with_timestamps: whether the line must
        have those of its points; else it may.
        """

    def metric_summaries(self, run_id: str) -> list[MetricSummary]:
        """Every metric of a run by key, in short. It costs the same for any number of points."""

    def series_states(self, names: Sequence[SeriesName]) -> list[SeriesState]:
        """The state of each of these series."""

    def each_series(
        self,
        names: Sequence[SeriesName],
        step_min: int | None = None,
        step_max: int | None = None,
    ) -> Iterator[tuple[int, Series]]:
        """``series`` of each of these that has points, with its place among the names.

        In any order; what a point names of models and datasets is left out.
        """

    def log_end(self) -> int:
        """The position behind every point there is: from here ``points_since`` has nothing.

        Where several servers write, points that came in this moment may be behind it.
        """

    def points_since(self, position: int, names: Sequence[SeriesName], limit: int) -> Tail | None:
        """The points of these series that came after a position, of so many writes at most.

        None if that is too long ago to be known, or was never given out. Exact repeats come again.
        No point ever comes to stand before a position that was given out already. What is
        committed can be asked for during a second at least.
        """

    def run_counts(self) -> list[RunCount]:
        """The runs of every experiment that has any, by experiment."""

    def run_columns(self, search: RunSearch, columns: Sequence[RunColumn]) -> RunTable:
        """Some columns of the runs that ``search_runs`` finds first, in its order.

        There are no pages: the first ``limit`` runs are all in one table.
        """

    def key_summaries(self, experiment_ids: Sequence[int], view: ViewType) -> list[KeySummary]:
        """Every metric, param and tag key of these experiments' runs, by kind and key."""

    def dataset_summaries(self, experiment_ids: Sequence[int]) -> list[DatasetSummary]:
        """The distinct datasets that runs of these experiments read, 1,000 at most, sorted."""

    def model(self, model_id: str) -> LoggedModel | None:
        """The logged model, active or deleted."""

    def has_model(self, model_id: str) -> bool:
        """Whether there is such a logged model, active or deleted."""

    def search_models(self, search: ModelSearch) -> Page[LoggedModel]:
        """Active ones only; ties are broken by creation time, latest first, then by id."""


class Transaction(
    Reader, RegistryTransaction, ReviewTransaction, StorageWriter, RetentionWriter, Protocol
):
    """One moment of one workspace, and the changes to it that will happen together."""

    def new_experiment_id(self) -> int:
        """A number that no experiment has or ever had."""

    def add_experiment(self, experiment: Experiment) -> None:
        """Raises AlreadyExists if the name is taken, by a deleted experiment too."""

    def change_experiment(
        self,
        experiment_id: int,
        *,
        last_update_ms: int,
        name: str | None = None,
        stage: Stage | None = None,
    ) -> None:
        """Change what is given. Raises AlreadyExists if the name is taken."""

    def change_runs_stage(self, experiment_id: int, stage: Stage, deleted_ms: int | None) -> None:
        """Give all runs of an experiment one stage."""

    def set_experiment_tag(self, experiment_id: int, tag: Tag) -> None: ...

    def delete_experiment_tag(self, experiment_id: int, key: str) -> bool:
        """Whether there was such a tag."""

    def add_run(self, info: RunInfo, tags: Sequence[Tag]) -> None: ...

    def change_run(
        self,
        run_id: str,
        *,
        name: str | None = None,
        status: RunStatus | None = None,
        end_ms: int | None = None,
    ) -> None:
        """Change what is given."""

    def change_run_stage(self, run_id: str, stage: Stage, deleted_ms: int | None) -> None: ...

    def append_points(self, run_id: str, points: Sequence[Point]) -> None:
        """Keep the points of one run. A point that is there already changes nothing.

        A point that names a logged model, which must be there, is a metric of that model too.
        """

    def params(self, run_id: str, keys: Sequence[str]) -> Mapping[str, str]:
        """The values of those of these params that are logged."""

    def add_params(self, run_id: str, params: Sequence[Param]) -> None:
        """None of them may be logged yet."""

    def tag(self, run_id: str, key: str) -> str | None: ...

    def set_tags(self, run_id: str, tags: Sequence[Tag]) -> None:
        """Of several with one key the last one stands."""

    def delete_tag(self, run_id: str, key: str) -> bool:
        """Whether there was such a tag."""

    def add_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput], model_ids: Sequence[str]
    ) -> None:
        """Keep what the run read. A dataset or model that it has already stays as it is."""

    def add_outputs(self, run_id: str, outputs: Sequence[ModelOutput]) -> None: ...

    def add_model(self, model: LoggedModel) -> None:
        """Keep a new model with its tags and params (its metrics come with points)."""

    def change_model(
        self,
        model_id: str,
        *,
        last_update_ms: int,
        status: ModelStatus | None = None,
        stage: Stage | None = None,
    ) -> None: ...

    def add_model_params(self, model_id: str, params: Sequence[Param]) -> None:
        """None of them may be logged yet."""

    def set_model_tags(self, model_id: str, tags: Sequence[Tag]) -> None: ...

    def delete_model_tag(self, model_id: str, key: str) -> bool:
        """Whether there was such a tag."""


class Store(Protocol):
    """A place where workspaces are kept."""

    def read(self, workspace: str) -> AbstractContextManager[Reader]: ...

    def write(
        self, workspace: str, action: Callable[[Transaction], T], size_bytes: int = 0
    ) -> Pending[T]:
        """Queue an action.

        size_bytes: how much memory it holds while it waits. Raises Overloaded when too much waits
        already, Unavailable when the store is closed.
        """

    def write_here(self, workspace: str, action: Callable[[Transaction], T]) -> Pending[T] | None:
        """The same on the calling thread, done on return; None if ``write`` is the better way."""

    def workspaces(self) -> list[str]:
        """The names of all workspaces, sorted."""

    def statistics(self) -> Mapping[str, Any]:
        """Counters for operators: writes, commits, queue length, size on disk."""

    def close(self) -> None:
        """Finish what was queued, then let go of the files."""
