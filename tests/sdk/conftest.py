"""A real server, and a workspace on it."""

import pytest

from millpond.sdk import Workspace
from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("sdk") / "data", "--webhook-private-addresses")
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.words


@pytest.fixture
def workspace(process):
    with Workspace(process.url) as workspace:
        yield workspace
