"""The PostgreSQL store keeps the contract."""

from contextlib import closing

import pytest

from millpond.store.postgres import PostgresStore
from millpond.testing.store_contract import StoreContract


@pytest.fixture
def store(database):
    with closing(PostgresStore(database)) as store:
        yield store


class TestPostgresStore(StoreContract):
    pass
