"""Following runs: what a stream of server-sent events brings, from a real server."""

import http.client
import json
import socket
import threading
import time
import urllib.request

import pytest

from millpond.store import sqlite
from tests.server_process import ServerProcess

SOON_S = 30.0


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("live") / "data")
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Start a server on the test's own folder; none outlives the test."""
    started = []

    def make():
        started.append(ServerProcess(tmp_path / "data"))
        return started[-1]

    yield make
    for server in started:
        if server.is_running:
            server.kill()


def post(server, path, **body):
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=SOON_S) as answer:
        return json.load(answer), answer.headers


def start_run(server):
    created, _ = post(server, "/api/2.0/mlflow/runs/create", experiment_id="0", start_time=1)
    return created["run"]["info"]["run_id"]


def log(server, run_id, values, key="loss"):
    metrics = [{"key": key, "value": v, "timestamp": 1, "step": int(v)} for v in values]
    post(server, "/api/2.0/mlflow/runs/log-batch", run_id=run_id, metrics=metrics)


class Stream:
    """One stream, read event by event."""

    def __init__(self, server, query, last_id=None):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SOON_S)
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        self._connection.request("GET", f"/api/v1/charts/live?{query}", headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        assert self._answer.headers["content-type"].startswith("text/event-stream")
        self.last_id = last_id

    def event(self):
        """The next event that has a name, and its data; ("end", None) at the end."""
        fields = {}
        while line := self._answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                self.last_id = value
            if name:
                fields[name] = value
            elif "event" in fields:
                return fields["event"], json.loads(fields["data"])
            else:
                fields = {}
        return "end", None

    def values(self, count):
        """So many values, as they come."""
        found = []
        while len(found) < count:
            name, data = self.event()
            assert name == "points"
            found += [value for series in data["series"] for value in series["values"]]
        return found

    def close(self):
        self._answer.close()
        self._connection.close()


def test_points_come_as_they_are_committed_and_no_others(running):
    run_id, other = start_run(running), start_run(running)
    log(running, run_id, [0.0])
    stream = Stream(running, f"run_id={run_id}&key=loss&key=acc")
    log(running, other, [7.0])
    log(running, run_id, [8.0], key="another")
    log(running, run_id, [1.0, 2.0])
    name, data = stream.event()
    assert name == "points"
    assert data["series"] == [
        {
            "run_id": run_id,
            "key": "loss",
            "steps": [1, 2],
            "timestamps": [1, 1],
            "values": [1.0, 2.0],
        }
    ]
    # A metric that there was not when the stream began.
    log(running, run_id, [3.0], key="acc")
    assert stream.event()[1]["series"][0]["key"] == "acc"
    stream.close()


def test_a_chart_and_the_stream_behind_it_have_every_point_once(running):
    run_id = start_run(running)
    log(running, run_id, [0.0, 1.0])
    chart, headers = post(running, "/api/v1/charts", run_ids=[run_id], keys=["loss"])
    log(running, run_id, [2.0])
    stream = Stream(running, f"series={run_id}:loss&cursor={headers['Millpond-Cursor']}")
    log(running, run_id, [3.0])
    assert chart["series"][0]["values"] + stream.values(2) == [0.0, 1.0, 2.0, 3.0]
    stream.close()


def test_who_comes_back_goes_on_where_he_was(running):
    run_id = start_run(running)
    stream = Stream(running, f"series={run_id}:loss")
    writer = threading.Thread(target=lambda: [log(running, run_id, [float(n)]) for n in range(300)])
    writer.start()
    seen = []
    while len(seen) < 300:
        seen += stream.values(1)
        stream.close()
        stream = Stream(running, f"series={run_id}:loss", stream.last_id)
    writer.join()
    stream.close()
    assert seen == [float(n) for n in range(300)]


def test_a_stream_outlives_the_server(start):
    server = start()
    run_id = start_run(server)
    stream = Stream(server, f"series={run_id}:loss")
    log(server, run_id, [1.0])
    assert stream.values(1) == [1.0]
    began_s = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began_s < 10
    assert stream.event() == ("end", None)
    stream.close()
    server = start()
    log(server, run_id, [2.0])
    stream = Stream(server, f"series={run_id}:loss", stream.last_id)
    log(server, run_id, [3.0])
    assert stream.values(2) == [2.0, 3.0]
    stream.close()
    server.stop()


def test_a_cursor_whose_points_left_the_log_is_told_so(start):
    server = start()
    run_id = start_run(server)
    _, headers = post(server, "/api/v1/charts", run_ids=[run_id], keys=["loss"])
    rows = sqlite._COMPACTION_ROWS
    metrics = [{"run_id": run_id, "key": "loss", "timestamp": 1, "step": n} for n in range(rows)]
    send_all(server, [{**metric, "value": 1.0} for metric in metrics])
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        stream = Stream(server, f"series={run_id}:loss&cursor={headers['Millpond-Cursor']}")
        name, _ = stream.event()
        if name == "reset":
            assert stream.event() == ("end", None)
            break
        stream.close()
        time.sleep(0.2)
    assert name == "reset"
    stream.close()
    server.stop()


def test_a_slow_reader_makes_nothing_grow_and_misses_nothing(start):
    server = start()
    run_id = start_run(server)
    stream = Stream(server, f"series={run_id}:loss")
    stream._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
    before_bytes = memory_bytes(server)
    for number in range(200):
        log(server, run_id, [float(number * 1_000 + n) for n in range(1_000)])
    grown_bytes = memory_bytes(server) - before_bytes
    assert stream.values(200_000) == [float(n) for n in range(200_000)]
    # The points take 6.4 MB, and as text some 8: they are in the log and in no stream's memory.
    assert grown_bytes < 64 << 20
    stream.close()
    server.stop()


def memory_bytes(server):
    with open(f"/proc/{server._process.pid}/status") as status:  # noqa: PTH123
        (line,) = (line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1_024


def send_all(server, metrics):
    """One request each, many at a time on one connection."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    for start in range(0, len(metrics), 256):
        part = metrics[start : start + 256]
        for metric in part:
            body = json.dumps(metric).encode()
            connection.sendall(
                b"POST /api/2.0/mlflow/runs/log-metric HTTP/1.1\r\nhost: localhost\r\n"
                b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                % (len(body), body)
            )
        answered = b""
        while answered.count(b"HTTP/1.1 200") < len(part):
            answered += connection.recv(65_536)
    connection.close()
