"""Servers in this process, by their settings."""

import pytest

from millpond.app import Server
from millpond.settings import Settings

STARTED_MS = 1_700_000_000_000


@pytest.fixture
def serve(tmp_path):
    """Make a server of some settings; it is closed after the test."""
    servers = []

    def make(**values):
        settings = Settings(data_dir=tmp_path / f"data{len(servers)}", **values)
        servers.append(Server(settings, STARTED_MS))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with the default settings, for all tests of a module."""
    server = Server(Settings(data_dir=tmp_path_factory.mktemp("served") / "data"), STARTED_MS)
    yield server
    server.close()
