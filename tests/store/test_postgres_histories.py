"""Whatever users do, PostgreSQL keeps what the memory store keeps and finds what it finds."""

from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millpond.store.postgres import PostgresStore
from millpond.store.sql import compaction
from tests.postgres_server import compact
from tests.store.histories import histories
from tests.store.searches import (
    experiment_searches,
    model_searches,
    registry_searches,
    run_searches,
    version_searches,
)
from tests.store.test_histories import (
    EXAMPLES,
    Twins,
    find_the_same,
    find_the_same_of_the_registry,
    give_the_same_charts,
    leave_the_same_records,
    living,
    some,
    thorough,
)

# Opening and emptying a database takes its time.
some_examples = settings(thorough, max_examples=max(EXAMPLES // 5, 1))


@pytest.fixture(autouse=True, scope="module")
def small_segments():
    """Few points fill a segment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "SEGMENT_POINTS", 5)
        patch.setattr(compaction, "OWN_SEGMENT_POINTS", 3)
        patch.setattr(compaction, "BUNDLE_POINTS", 6)
        yield


@pytest.fixture(scope="module")
def twins(postgres):
    """What makes twins: a new pair for each example."""

    @contextmanager
    def make():
        with postgres.database() as url:
            # Nothing is settled on PostgreSQL.
            pair = Twins(lambda: PostgresStore(url), compact, lambda store: None)
            with living(pair):
                yield pair

    return make


@some_examples
@given(history=histories)
def test_the_same_history_leaves_the_same_records(twins, history):
    leave_the_same_records(twins, history)


@some_examples
@given(history=histories, searches=some(run_searches))
def test_the_same_search_finds_the_same_runs_page_by_page(twins, history, searches):
    find_the_same(twins, "search_runs", history, searches)


@some_examples
@given(history=histories, searches=st.lists(run_searches, max_size=5))
def test_the_same_history_gives_the_same_charts_and_tables(twins, history, searches):
    give_the_same_charts(twins, history, searches)


@some_examples
@given(history=histories, searches=some(experiment_searches))
def test_the_same_search_finds_the_same_experiments(twins, history, searches):
    find_the_same(twins, "search_experiments", history, searches)


@some_examples
@given(history=histories, searches=some(model_searches))
def test_the_same_search_finds_the_same_models(twins, history, searches):
    find_the_same(twins, "search_models", history, searches)


@some_examples
@given(
    history=histories,
    models=st.lists(registry_searches, min_size=3, max_size=8),
    versions=st.lists(version_searches, min_size=3, max_size=8),
)
def test_the_same_search_finds_the_same_of_the_registry(twins, history, models, versions):
    find_the_same_of_the_registry(twins, history, models, versions)
