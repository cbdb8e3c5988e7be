"""The SQLite store keeps the contract."""

from contextlib import closing

import pytest

from millpond.domain.filters import RUNS, parse_filter
from millpond.errors import InvalidParameter
from millpond.store.contract import RunSearch
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract import StoreContract
from millpond.testing.store_contract.samples import ask
from tests.store.sqlite_files import quick_folder


@pytest.fixture
def store():
    with quick_folder() as folder, closing(SqliteStore(folder)) as store:
        yield store


class TestSqliteStore(StoreContract):
    pass


@pytest.mark.parametrize(
    "form",
    [
        "attributes.status = 'x' AND NOT (attributes.run_name = 'y' OR ({}))",
        "attributes.status = 'x' AND (attributes.run_name = 'y' OR ({}))",
        "NOT ({})",
    ],
)
def test_every_depth_that_the_grammar_takes_is_within_sqlites_parser(store, form):
    deepest, filter_text = None, "attributes.status = 'z'"
    for _ in range(100):
        try:
            deepest = parse_filter(filter_text, RUNS)
        except InvalidParameter:
            break
        filter_text = form.format(filter_text)
    found = ask(store, lambda r: r.search_runs(RunSearch((0,), 10, deepest)))
    assert list(found.items) == []
