"""A server that is asked to stop, and a second one on its folder or port."""

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Connect, Serve
from tests.faults.writers import make_writers, start
from tests.server_process import MILLPOND


@pytest.mark.parametrize("stream_s", [0.2, 1.0])
def test_a_server_that_is_asked_to_stop_finishes_what_it_took(
    serve: Serve, connect: Connect, stream_s: float
) -> None:
    server = serve()
    writers = make_writers(connect(server), "stop")
    threads = start(writers, server.port)
    time.sleep(stream_s)
    server.terminate()
    assert server.wait() == 0
    for thread in threads:
        thread.join()
    assert all(writer.acknowledged for writer in writers)
    # The one refusal there may be: "shutting down".
    assert {writer.refused.status for writer in writers if writer.refused} <= {503}

    wire = connect(serve())
    for writer in writers:
        # Whatever was done was also answered.
        writer.check(wire, allow_unanswered=False)


def test_an_upload_under_way_is_finished_before_the_server_stops(
    serve: Serve, connect: Connect
) -> None:
    has_begun = threading.Event()

    def slowly() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000
            has_begun.set()
            time.sleep(0.05)

    server = serve()
    uploading = threading.Thread(target=connect(server).upload, args=["slow.bin", slowly()])
    uploading.start()
    has_begun.wait()
    server.terminate()
    uploading.join()
    assert server.wait() == 0
    assert connect(serve()).download("slow.bin") == b"x" * 200_000


def test_an_idle_connection_does_not_hold_the_server_up(serve: Serve, connect: Connect) -> None:
    server = serve()
    connect(server).create_run("idle")
    began_s = time.perf_counter()
    assert server.stop() == 0
    assert time.perf_counter() - began_s < 5


def test_a_second_server_on_a_folder_is_refused_with_a_sentence(
    serve: Serve, connect: Connect, data_dir: Path
) -> None:
    first = serve()
    refused = start_second(0, data_dir)
    assert refused.returncode == 1
    assert refused.stderr.startswith("millpond: Another Millpond server is using the folder ")
    assert refused.stderr.count("\n") == 1
    assert connect(first).create_run("served all the same")
    # The folder is free again when its server is gone, however it went.
    first.kill()
    assert connect(serve()).run_names() == ["served all the same"]


def test_a_second_server_on_a_port_is_refused_with_a_sentence(serve: Serve, tmp_path: Path) -> None:
    refused = start_second(serve().port, tmp_path / "another")
    assert refused.returncode == 1
    assert refused.stderr.startswith("millpond: cannot listen on 127.0.0.1:")
    assert refused.stderr.count("\n") == 1


def start_second(port: int, data_dir: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [MILLPOND, "server", "--port", str(port), "--data-dir", data_dir],
        capture_output=True,
        text=True,
        timeout=30,
    )
