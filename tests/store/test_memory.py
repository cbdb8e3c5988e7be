"""The memory store keeps the contract."""

from contextlib import closing

import pytest

from millpond.store.memory import MemoryStore
from millpond.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self):
        with closing(MemoryStore()) as store:
            yield store
