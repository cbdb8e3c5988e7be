"""Stock MLflow clients whose artifacts are in a datastore: a folder, S3, or Azure Blob."""

import pytest

from millpond.sdk import Workspace
from tests.acceptance.test_clients import CLIENTS, run_scenario
from tests.artifacts.stores import S3, Azure
from tests.server_process import ServerProcess

IN_PARTS = {
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
    "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(20 << 20),
    "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 << 20),
    "MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE": str(20 << 20),
    "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(5 << 20),
}


@pytest.fixture(scope="module", params=["folder", "s3", "azure"])
def server(request, tmp_path_factory):
    """A server whose default datastore is of this kind."""
    data = tmp_path_factory.mktemp(request.param) / "data"
    bucket = {"folder": lambda: None, "s3": S3, "azure": Azure}[request.param]()
    server = ServerProcess(data)
    with Workspace(server.url) as workspace:
        if bucket is None:
            workspace.datastores.register("far", str(data / "datastores" / "far"), is_default=True)
        else:
            record = bucket.datastore("ml/artifacts")
            workspace.datastores.register(
                "far", record.uri, "", record.options, bucket.KEYS, is_default=True
            )
    yield server
    assert server.stop() == 0
    if bucket is not None:
        bucket.kill()
    assert "Traceback" not in server.words
    assert "ERROR" not in server.words


@pytest.mark.timeout(900)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scenario", ["artifacts", "large_files", "models"])
def test_a_stock_client_keeps_its_artifacts_in_a_datastore(server, client, scenario, tmp_path):
    ran = run_scenario(client, scenario, server.url, tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.timeout(900)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_stock_client_sends_and_fetches_large_files_in_parts(server, client, tmp_path):
    ran = run_scenario(client, "large_files", server.url, tmp_path, IN_PARTS)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_the_clients_said_they_logged_is_all_there(server):
    with Workspace(server.url) as workspace:
        found = workspace.datastores.get("far").check()
        local = workspace.datastores.get("local").check()
    assert found.files > 20
    assert (found.orphans, found.missing) == ([], [])
    assert (local.files, local.missing) == (0, [])
