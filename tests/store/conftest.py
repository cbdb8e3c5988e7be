"""Small sizes, so that a test's few points fill what takes a server many."""

import pytest

from millpond.store import sqlite


@pytest.fixture(autouse=True, scope="session")
def small_write_ahead_log():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_WAL_BYTES", 1 << 16)
        yield
