"""What tests of several parts share: how thorough they are, and a PostgreSQL server.

`--hypothesis-profile=long` tries many more examples.
"""

import pytest
from hypothesis import settings

from tests.postgres_server import PostgresServer

settings.register_profile("long", max_examples=2_000, deadline=None)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server, started when the first test needs it."""
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def database(postgres):
    """The URL of a database of this test's own."""
    with postgres.database() as url:
        yield url
