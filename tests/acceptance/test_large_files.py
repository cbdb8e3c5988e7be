"""A large file up and down through the stock client, while the server's memory stays as it was.

LARGE_FILE_MB: how large; `make test-long` takes 2 GB.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.acceptance.test_clients import CLIENTS, run_scenario
from tests.server_process import ServerProcess

SIZE_MB = os.environ.get("LARGE_FILE_MB", "256")
MOST_GROWTH_BYTES = 32 << 20

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="memory is read in /proc")


@needs_proc
@pytest.mark.timeout(900)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("way", ["whole", "parts"])
def test_a_large_file_takes_the_server_no_memory(client, way, tmp_path):
    in_parts = "true" if way == "parts" else "false"
    variables = {
        "LARGE_FILE_MB": SIZE_MB,
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": in_parts,
        "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": in_parts,
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(20 << 20),
    }
    server = ServerProcess(tmp_path / "data")
    try:
        warm = run_scenario(client, "large_files", server.url, tmp_path, {"LARGE_FILE_MB": "4"})
        assert warm.returncode == 0, warm.stdout + warm.stderr
        before = server.peak_memory_bytes
        ran = run_scenario(client, "large_files", server.url, tmp_path, variables)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert server.peak_memory_bytes - before <= MOST_GROWTH_BYTES
    finally:
        server.stop()
        shutil.rmtree(tmp_path, ignore_errors=True)
