"""The SQLite store keeps the contract, and what only files and locks can get wrong."""

from contextlib import closing

import pytest

from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract import StoreContract
from tests.store.sqlite_files import quick_folder


@pytest.fixture
def store():
    with quick_folder() as folder, closing(SqliteStore(folder)) as store:
        yield store


class TestSqliteStore(StoreContract):
    pass
