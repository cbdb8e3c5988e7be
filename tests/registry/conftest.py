"""A server in this process for the tests of a module; each makes models of its own."""

import pytest

from millpond.app import Server
from millpond.settings import Settings
from tests.registry.calls import Caller


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry") / "data"
    server = Server(Settings(data_dir=folder, webhook_private_addresses=True), 1_700_000_000_000)
    yield server
    server.close()


@pytest.fixture
def ask(server):
    return Caller(server.app)


@pytest.fixture
def name(request):
    """A model's name that no other test has."""
    return request.node.name.replace("[", " ").replace("/", " ").replace(":", " ").strip("]")
