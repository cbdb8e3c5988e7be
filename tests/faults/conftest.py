"""Servers on one folder, one after the other, and connections to them."""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.wire import Wire
from tests.server_process import ServerProcess

Serve = Callable[[], ServerProcess]
Connect = Callable[[ServerProcess], Wire]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def serve(data_dir: Path) -> Iterator[Serve]:
    """Starts a server on the data folder. One that still runs at the end must stop cleanly."""
    servers = []

    def start_server() -> ServerProcess:
        servers.append(ServerProcess(data_dir))
        return servers[-1]

    yield start_server
    running = [server for server in servers if server.is_running]
    assert [server.stop() for server in running] == [0] * len(running)
    # What the server writes to its log when it does not know what went wrong.
    assert "a request failed" not in "".join(server.words for server in servers)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects to a server."""
    wires = []

    def open_connection(server: ServerProcess) -> Wire:
        wires.append(Wire(server.port))
        return wires[-1]

    yield open_connection
    for wire in wires:
        wire.close()


@pytest.fixture
def chance() -> random.Random:
    """Random moments; FAULT_SEED repeats those that a failure has shown."""
    seed = int(os.environ.get("FAULT_SEED", time.time_ns() % 1_000_000))
    print(f"FAULT_SEED={seed}")
    return random.Random(seed)
