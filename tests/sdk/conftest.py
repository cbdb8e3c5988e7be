"""A real server, and a workspace on it."""

import pytest

from millpond.sdk import Workspace
from tests.server_process import running_server


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("sdk") / "data"
    with running_server(data_dir, "--webhook-private-addresses") as server:
        yield server


@pytest.fixture
def workspace(process):
    with Workspace(process.url) as workspace:
        yield workspace
