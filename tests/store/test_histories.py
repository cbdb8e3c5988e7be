"""Whatever users do, every engine keeps what the memory store keeps and finds what it finds."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import zip_longest
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millpond.domain.charts import ChartAxis, Frame
from millpond.domain.experiments import ViewType
from millpond.domain.registry import ModelStage
from millpond.domain.run_tables import ATTRIBUTES, ColumnKind, RunColumn, Statistic
from millpond.domain.webhooks import Delivery
from millpond.errors import MillpondError
from millpond.store.blocks import columns
from millpond.store.contract import DEFAULT_WORKSPACE, Reader, RunSearch, Store
from millpond.store.memory import MemoryStore
from millpond.store.sql import block_search, compaction, settling
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import SOON_S, pages, plain
from millpond.tracking.reads import histories as bulk_histories
from millpond.tracking.reads import history_page, sampled_histories
from tests.store.histories import (
    METRICS,
    NAMES,
    PARAMS,
    REGISTERED,
    TAGS,
    Author,
    beginning,
    histories,
)
from tests.store.searches import (
    experiment_searches,
    model_searches,
    registry_searches,
    run_searches,
    version_searches,
)
from tests.store.sqlite_files import compact, quick_folder, settle

# The long profile's number of examples, else few.
EXAMPLES = 60 if settings.default.max_examples == 100 else settings.default.max_examples
thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True, scope="module")
def small_segments() -> Iterator[None]:
    """Few points fill a segment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "SEGMENT_POINTS", 5)
        patch.setattr(compaction, "OWN_SEGMENT_POINTS", 3)
        patch.setattr(compaction, "BUNDLE_POINTS", 6)
        yield


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Few runs fill a block, and searches look into blocks however few there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK_RUNS", 3)
        patch.setattr(settling, "ENOUGH_RUNS", 1)
        patch.setattr(block_search, "_FEW_RUNS", 1)
        yield


class Twins:
    """A memory store and another engine's that are done the same things to."""

    def __init__(
        self,
        open_store: Callable[[], Any],
        compact: Callable[[Any], None],
        settle: Callable[[Any], None],
    ) -> None:
        self._open = open_store
        self._compact = compact
        self._settle = settle
        self.memory = MemoryStore()
        self.other = open_store()
        self.authors = (Author(), Author())

    def live(self, step: Any) -> None:
        if step == "compact":
            self._compact(self.other)
        elif step == "settle":
            self._settle(self.other)
        elif step == "reopen":
            self.other.close()
            self.other = self._open()
        else:
            expected = told(self.memory, self.authors[0], step)
            with one_commit(self.other):
                answers = queue(self.other, self.authors[1], step)
            assert outcomes(answers) == expected

    def compare(self) -> None:
        author = self.authors[0]
        assert differences(self, lambda reader: all_of(reader, author)) == []

    def compare_summaries(self) -> None:
        """Counts are exact when repeats have been found, that is after a compaction."""
        run_ids = self.authors[0].run_ids
        assert differences(self, lambda r: [r.metric_summaries(i) for i in run_ids]) == []

    def compare_pages(self, search_name: str, search: Any) -> None:
        def found(reader: Reader) -> Any:
            return list(pages(getattr(reader, search_name), search))

        assert differences(self, found) == []


@contextmanager
def sqlite_twins() -> Iterator[Twins]:
    with quick_folder() as folder:
        pair = Twins(lambda: SqliteStore(folder), compact, settle)
        with living(pair):
            yield pair


@contextmanager
def living(pair: Twins) -> Iterator[None]:
    """The twins live, until the end of their story."""
    try:
        pair.live(beginning)
        yield
    finally:
        pair.other.close()


def differences(pair: Twins, question: Callable[[Reader], list[Any]]) -> list[tuple[str, str]]:
    """What the memory store and the other one do not answer alike."""
    answers = []
    for store in (pair.memory, pair.other):
        with store.read(DEFAULT_WORKSPACE) as reader:
            # repr tells -0.0 from 0.0, and knows that NaN is NaN.
            answers.append([repr(part) for part in question(reader)])
    return [(ours, theirs) for ours, theirs in zip_longest(*answers) if ours != theirs]


def queue(store: Store, author: Author, step: Sequence[Any]) -> list[Any]:
    answers: list[Any] = []
    for part in step:
        try:
            answers.append(store.write(DEFAULT_WORKSPACE, author.action(part)))
        except MillpondError as error:
            answers.append(error)
    return answers


def outcomes(answers: Sequence[Any]) -> list[str]:
    found = []
    for answer in answers:
        error = answer if isinstance(answer, Exception) else answer.exception(SOON_S)
        found.append(repr(answer.result(0)) if error is None else repr(error))
    return found


def told(store: Store, author: Author, step: Sequence[Any]) -> list[str]:
    return outcomes(queue(store, author, step))


@contextmanager
def one_commit(store: Store) -> Iterator[None]:
    """What is queued inside waits for one commit."""
    gate = threading.Event()
    store.write(DEFAULT_WORKSPACE, lambda tx: gate.wait(SOON_S))
    try:
        yield
    finally:
        gate.set()


def all_of(reader: Reader, author: Author) -> list[Any]:
    """Every record, one by one."""
    found: list[Any] = [reader.experiment(i) for i in range(6)]
    found += [reader.experiment_named(name) for name in NAMES]
    found.append(reader.dataset_summaries([1, 2, 3]))
    for run_id in [*author.run_ids, "nobody"]:
        found += [reader.run_info(run_id), reader.run(run_id)]
        for key in METRICS:
            found.append(reader.history(run_id, key).points())
            found.append(history_pages(reader, run_id, key))
            for axis in ChartAxis:
                found.append(plain(reader.line((run_id, key), Frame(axis, width=2))))
                found.append(plain(reader.line((run_id, key), Frame(axis, 0, 2, 3))))
    for key in METRICS:
        bulk = bulk_histories(reader, author.run_ids, key, 5)
        sampled = sampled_histories(reader, author.run_ids, key, 3, 0, 2)
        found += [[(run_id, series.points()) for run_id, series in bulk + sampled]]
    for model_id in [*author.model_ids, "m-nobody"]:
        found += [reader.model(model_id), reader.has_model(model_id)]
    for name in REGISTERED:
        found.append(reader.registered_model(name))
        found += [reader.model_version(name, number) for number in range(1, 6)]
        found += [reader.versions_in_stage(name, stage) for stage in ModelStage]
        found += [reader.activities(name, version, 50) for version in (None, 1, 2)]
        found += [reader.version_locks(name), reader.version_locks(name, 1), reader.gates(name)]
        for number in range(1, 4):
            found += [reader.comments(name, number), reader.transition_requests(name, number)]
    found += [reader.comment(comment_id) for comment_id in author.comment_ids]
    found += [reader.binned_runs(1 << 40, 50), reader.binned_models(1 << 62, 50)]
    found.append([(p.owner_id, p.artifact_uri) for p in reader.purged_files(1 << 40, 50)])
    found += [reader.webhooks(), reader.next_delivery_ms()]
    for webhook_id in author.webhook_ids:
        found.append(reader.webhook(webhook_id))
        # Engines number them as they like.
        found.append([unnumbered(d) for d in reader.deliveries(webhook_id, 50)])
    return found


def unnumbered(delivery: Delivery) -> Delivery:
    return msgspec.structs.replace(delivery, delivery_id=0)


def history_pages(reader: Reader, run_id: str, key: str) -> list[Any]:
    parts: list[Any] = []
    token = None
    while True:
        page = history_page(reader, run_id, key, 2, token)
        parts.append(page.series.points())
        token = page.next_token
        if token is None:
            return parts


Twinning = Callable[[], AbstractContextManager[Twins]]
"""What makes twins: a new pair for each example."""


def leave_the_same_records(twins: Twinning, history: Any) -> None:
    with twins() as pair:
        for step in history:
            pair.live(step)
        pair.compare()
        pair.live("compact")
        pair.compare()
        pair.compare_summaries()
        pair.live("reopen")
        pair.compare()


def find_the_same(twins: Twinning, search_name: str, history: Any, searches: Any) -> None:
    with twins() as pair:
        for step in history:
            pair.live(step)
        for search in searches:
            pair.compare_pages(search_name, search)


def find_the_same_of_the_registry(
    twins: Twinning, history: Any, models: Any, versions: Any
) -> None:
    with twins() as pair:
        for step in history:
            pair.live(step)
        for search in models:
            pair.compare_pages("search_registered_models", search)
        for search in versions:
            pair.compare_pages("search_model_versions", search)


def some(searches: Any) -> Any:
    return st.lists(searches, min_size=5, max_size=15)


@thorough
@given(history=histories)
def test_the_same_history_leaves_the_same_records(history: Any) -> None:
    leave_the_same_records(sqlite_twins, history)


@thorough
@given(history=histories, searches=some(run_searches))
def test_the_same_search_finds_the_same_runs_page_by_page(history: Any, searches: Any) -> None:
    find_the_same(sqlite_twins, "search_runs", history, searches)


def tables_of(reader: Reader, author: Author, searches: Sequence[RunSearch]) -> list[Any]:
    """Charts, columns and keys of everything."""
    names = [(run_id, key) for run_id in [*author.run_ids, "nobody"] for key in METRICS]
    found: list[Any] = [
        sorted((place, series.points()) for place, series in reader.each_series(names, low, high))
        for low, high in [(None, None), (0, 0), (1, None)]
    ]
    found += [[state.run_start_ms for state in reader.series_states(names)]]
    columns = [
        *(RunColumn(ColumnKind.METRIC, key, part) for key in METRICS for part in Statistic),
        *(RunColumn(ColumnKind.PARAM, key) for key in PARAMS),
        *(RunColumn(ColumnKind.TAG, key) for key in TAGS),
        *(RunColumn(ColumnKind.ATTRIBUTE, key) for key in ATTRIBUTES),
    ]
    for search in searches:
        table = reader.run_columns(search, columns)
        found.append([table.run_ids, table.columns])
    for view in ViewType:
        found.append(reader.key_summaries([1, 3], view))
    return found


def give_the_same_charts(twins: Twinning, history: Any, searches: Any) -> None:
    with twins() as pair:
        for step in history:
            pair.live(step)
        author = pair.authors[0]
        assert differences(pair, lambda reader: tables_of(reader, author, searches)) == []
        pair.live("compact")
        assert differences(pair, lambda reader: tables_of(reader, author, searches)) == []


@thorough
@given(history=histories, searches=st.lists(run_searches, max_size=5))
def test_the_same_history_gives_the_same_charts_and_tables(history: Any, searches: Any) -> None:
    give_the_same_charts(sqlite_twins, history, searches)


@thorough
@given(
    parts=st.lists(histories, min_size=1, max_size=3),
    rest=histories,
    searches=st.lists(run_searches, min_size=5, max_size=15),
)
def test_runs_are_found_alike_whether_they_are_settled_or_not(
    parts: Any, rest: Any, searches: Any
) -> None:
    with sqlite_twins() as pair:
        for history in parts:
            for step in history:
                pair.live(step)
            pair.live("settle")
        for search in searches[:5]:
            pair.compare_pages("search_runs", search)
        for step in rest:
            pair.live(step)
        for search in searches:
            pair.compare_pages("search_runs", search)


@thorough
@given(history=histories, searches=some(experiment_searches))
def test_the_same_search_finds_the_same_experiments(history: Any, searches: Any) -> None:
    find_the_same(sqlite_twins, "search_experiments", history, searches)


@thorough
@given(history=histories, searches=some(model_searches))
def test_the_same_search_finds_the_same_models(history: Any, searches: Any) -> None:
    find_the_same(sqlite_twins, "search_models", history, searches)


@thorough
@given(
    history=histories,
    models=st.lists(registry_searches, min_size=3, max_size=8),
    versions=st.lists(version_searches, min_size=3, max_size=8),
)
def test_the_same_search_finds_the_same_of_the_registry(
    history: Any, models: Any, versions: Any
) -> None:
    find_the_same_of_the_registry(sqlite_twins, history, models, versions)
