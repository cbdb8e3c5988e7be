"""A server in this process, on a folder of its own."""

import pytest

from millpond.app import Server
from millpond.settings import Settings

STARTED_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server for all tests of a module; each makes experiments of its own."""
    server = Server(Settings(data_dir=tmp_path_factory.mktemp("shared") / "data"), STARTED_MS)
    yield server
    server.close()
