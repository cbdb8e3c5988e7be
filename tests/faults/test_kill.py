"""kill -9 at random moments: what was acknowledged is there once, the rest is absent or whole.

FAULT_ROUNDS says how often; the default is for every day.
"""

import os
import random
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.conftest import Connect, Serve
from tests.faults.wire import Wire
from tests.faults.writers import GONE, Writer, make_writers, start
from tests.server_process import MILLPOND

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "5"))
LONGEST_STREAM_S = 2.0

pytestmark = pytest.mark.timeout(120 + 30 * ROUNDS)


def test_no_kill_loses_or_doubles_an_acknowledged_write(
    serve: Serve, connect: Connect, chance: random.Random
) -> None:
    everyone: list[Writer] = []
    server = serve()
    for number in range(ROUNDS):
        writers = make_writers(connect(server), f"round{number}")
        everyone += writers
        threads = start(writers, server.port)
        time.sleep(chance.uniform(0.05, LONGEST_STREAM_S))
        server.kill()
        for thread in threads:
            thread.join()
        assert [writer.refused for writer in writers if writer.refused] == []

        server = serve()
        wire = connect(server)
        for writer in everyone:
            writer.check(wire)
    written = sum(len(writer.acknowledged) for writer in everyone)
    print(f"{written} acknowledged writes survived {ROUNDS} kills")
    assert written > 100 * ROUNDS


def test_a_kill_while_the_server_starts_harms_nothing(
    serve: Serve, connect: Connect, data_dir: Path, chance: random.Random
) -> None:
    """Also not at the very first start, which makes the tables."""
    start_and_kill(data_dir, chance)
    server = serve()
    wire = connect(server)
    run_id = wire.create_run("kept")
    wire.post("runs/log-parameter", run_id=run_id, key="p", value="1")
    server.kill()
    start_and_kill(data_dir, chance)
    wire = connect(serve())
    assert wire.run(run_id)["params"] == {"p": "1"}
    assert wire.run_names() == ["kept"]


def start_and_kill(data_dir: Path, chance: random.Random) -> None:
    """Start servers, and kill each before or soon after it is ready."""
    for _ in range(ROUNDS):
        process = subprocess.Popen(
            [MILLPOND, "server", "--port", "0", "--data-dir", data_dir],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.1, 0.8))
        process.kill()
        process.wait()


def test_a_kill_during_uploads_leaves_each_file_whole_or_not_there(
    serve: Serve, connect: Connect, chance: random.Random
) -> None:
    def upload(wire: Wire, folder: str) -> None:
        with suppress(*GONE):
            for number in range(1_000):
                wire.upload(f"{folder}/{number}", content(f"{folder}/{number}"))
                acknowledged.append(f"{folder}/{number}")

    acknowledged: list[str] = []
    rounds = min(ROUNDS, 3)
    folders = [f"{number}-{uploader}" for number in range(rounds) for uploader in range(4)]
    for number in range(rounds):
        server = serve()
        uploads = [
            threading.Thread(target=upload, args=[connect(server), folder])
            for folder in folders[number * 4 : number * 4 + 4]
        ]
        for uploading in uploads:
            uploading.start()
        time.sleep(chance.uniform(0.05, 0.5))
        server.kill()
        for uploading in uploads:
            uploading.join()
    wire = connect(serve())
    kept = [f"{folder}/{name}" for folder in folders for name in wire.files(folder)]
    assert set(acknowledged) <= set(kept)
    for name in kept:
        assert wire.download(name) == content(name)


def content(name: str) -> bytes:
    """Half a megabyte, different for each name."""
    return random.Random(name).randbytes(1_000) * 500
