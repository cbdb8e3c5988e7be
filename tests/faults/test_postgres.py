"""Servers on a real PostgreSQL over HTTP: workers are killed, the database is killed."""

import http.client
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Connect
from tests.faults.wire import Refused, Wire
from tests.faults.writers import Writer, make_writers, start
from tests.postgres_server import PostgresServer
from tests.server_process import MILLPOND, ServerProcess

SOON_S = 30.0


@contextmanager
def serving(folder: Path, url: str, *flags: str) -> Iterator[ServerProcess]:
    """A server on a database, which must stop cleanly."""
    server = ServerProcess(folder, "--store-url", url, *flags)
    try:
        yield server
        assert server.stop() == 0
        assert "a request failed" not in server.words
    finally:
        if server.is_running:
            server.kill()


def wait_for(condition: Any) -> None:
    give_up_s = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


def test_workers_that_are_killed_lose_and_double_nothing(
    tmp_path: Path, database: str, connect: Connect
) -> None:
    with serving(tmp_path, database, "--workers", "2") as server:
        everyone: list[Writer] = []
        for number in range(2):
            writers = make_writers(connect(server), f"round{number}")
            everyone += writers
            before = server.children
            assert len(before) == 2
            threads = start(writers, server.port)
            # One while the other goes on, whose clients notice nothing.
            for pid in before:
                time.sleep(0.5)
                os.kill(pid, signal.SIGKILL)
            for thread in threads:
                thread.join(SOON_S)
            assert [writer.refused for writer in writers if writer.refused] == []
            wait_for(lambda old=before: len(set(server.children) - set(old)) == 2)  # type: ignore[misc]
        assert server.words.count("signal 9") == 4
        wire = connect(server)
        for writer in everyone:
            writer.check(wire)
        assert sum(len(writer.acknowledged) for writer in everyone) > 200


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_all_workers_end_with_the_first_process(tmp_path: Path, database: str, end: str) -> None:
    server = ServerProcess(tmp_path, "--store-url", database, "--workers", "2")
    children = server.children
    assert len(children) == 2
    getattr(server, end)()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_a_stream_of_one_server_brings_what_another_was_told(
    tmp_path: Path, database: str, connect: Connect
) -> None:
    with serving(tmp_path / "a", database) as one, serving(tmp_path / "b", database) as other:
        wire = connect(other)
        run_id = wire.create_run("followed")
        stream = http.client.HTTPConnection("127.0.0.1", one.port, timeout=SOON_S)
        stream.request("GET", f"/api/v1/charts/live?run_id={run_id}&key=loss")
        answer = stream.getresponse()
        assert answer.status == 200
        for step in range(3):
            wire.post(
                "runs/log-metric", run_id=run_id, key="loss", value=step, timestamp=1, step=step
            )
            while not (line := answer.readline()).startswith(b"data: "):
                assert line
            assert f'"steps":[{step}]'.encode() in line
        answer.close()
        stream.close()


class StepWriter:
    """Logs one step after another, whatever is answered, until told to stop."""

    def __init__(self, run_id: str, first: int) -> None:
        self._run_id = run_id
        self._first = first
        self.kept: list[int] = []
        self.refused: dict[int, Refused] = {}
        self.slowest_s = 0.0

    def write(self, port: int, stop: threading.Event) -> None:
        wire = Wire(port)
        for step in itertools.count(self._first):
            if stop.is_set():
                break
            began_s = time.monotonic()
            try:
                wire.post(
                    "runs/log-metric",
                    run_id=self._run_id,
                    key="m",
                    value=step,
                    timestamp=step,
                    step=step,
                )
                self.kept.append(step)
            except Refused as refused:
                self.refused[step] = refused
                time.sleep(0.05)
            self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
        wire.close()


def test_a_database_that_is_killed_under_load_costs_some_503_and_nothing_else(
    tmp_path: Path, connect: Connect
) -> None:
    database_server = PostgresServer(is_durable=True)
    try:
        with (
            database_server.empty_database() as url,
            serving(tmp_path, url, "--workers", "2") as server,
        ):
            wire = connect(server)
            run_id = wire.create_run("kept")
            writers = [StepWriter(run_id, 1_000_000 * number) for number in range(6)]
            stop = threading.Event()
            threads = [
                threading.Thread(target=writer.write, args=[server.port, stop])
                for writer in writers
            ]
            for thread in threads:
                thread.start()
            for away_s in (0.0, 5.0):
                time.sleep(0.5)
                database_server.kill()
                time.sleep(away_s)
                # Not even now is anything wrong with the server itself.
                assert_healthy(server.port)
                database_server.start()
                before = [len(writer.kept) for writer in writers]
                wait_for(
                    lambda was=before: all(  # type: ignore[misc]
                        len(writer.kept) > count + 5
                        for writer, count in zip(writers, was, strict=True)
                    )
                )
            stop.set()
            for thread in threads:
                thread.join(SOON_S)
            found = [step for step, _ in connect(server).history(run_id, "m")]
            kept = {step for writer in writers for step in writer.kept}
            refused = {step: error for w in writers for step, error in w.refused.items()}
            assert len(found) == len(set(found))
            assert kept <= set(found)
            assert refused
            for error in refused.values():
                assert (error.status, error.retry_after) == (503, "1")
                assert b"TEMPORARILY_UNAVAILABLE" in error.body
            doubtful = {step for step, error in refused.items() if b"not known" in error.body}
            assert set(found) - kept <= doubtful
            assert max(writer.slowest_s for writer in writers) < 10
    finally:
        database_server.remove()


def assert_healthy(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON_S)
    connection.request("GET", "/health")
    assert connection.getresponse().read() == b"OK"
    connection.close()


def test_a_move_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, postgres: PostgresServer, connect: Connect
) -> None:
    folder = tmp_path / "data"
    source = ServerProcess(folder)
    writers = make_writers(connect(source), "moved")
    threads = start(writers, source.port)
    time.sleep(2)
    source.kill()
    for thread in threads:
        thread.join(SOON_S)
    with postgres.empty_database() as url:
        kills = 0
        while True:
            process = subprocess.Popen(
                [MILLPOND, "db", "move", "--from", f"sqlite:{folder}", "--to", url],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            try:
                # Every time it comes a little further.
                words, _ = process.communicate(timeout=0.8 + 0.3 * kills)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        assert process.returncode == 0, words
        assert kills
        assert "every row is the same in both places" in " ".join(words.split())
        with serving(tmp_path / "new", url) as server:
            for writer in writers:
                writer.check(connect(server))


def test_several_workers_on_sqlite_are_refused_by_name(tmp_path: Path) -> None:
    refused = subprocess.run(
        [MILLPOND, "server", "--data-dir", tmp_path, "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=SOON_S,
    )
    assert refused.returncode == 1
    assert "SQLite is written by one process" in refused.stderr
    assert "--store-url" in refused.stderr
    assert not any(tmp_path.iterdir())


def test_without_the_driver_the_way_to_get_it_is_told(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None; from millpond.cli import main; "
        f"sys.argv = ['millpond', 'server', '--data-dir', {str(tmp_path)!r}, "
        "'--store-url', 'postgresql://nowhere/x']; main()"
    )
    refused = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=SOON_S
    )
    assert refused.returncode == 1
    assert "pip install 'millpond[postgres]'" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_is_not_there_ends_all_workers_with_one_sentence(tmp_path: Path) -> None:
    url = "postgresql://alice:geheim@127.0.0.1:1/x"
    refused = subprocess.run(
        [MILLPOND, "server", "--port", "0", "--data-dir", tmp_path, "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=SOON_S,
        env=os.environ | {"MILLPOND_STORE_URL": url},
    )
    assert refused.returncode == 1
    assert "The database cannot be used" in refused.stderr
    assert "geheim" not in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr
