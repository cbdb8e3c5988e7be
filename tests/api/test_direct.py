"""Calls over raw connections: the short way and the ordinary one answer alike and in order."""

import json
import socket
from contextlib import contextmanager

import pytest

from tests.server_process import ServerProcess

SET_TAG = "/api/2.0/mlflow/experiments/set-experiment-tag"
SEARCH = "/api/2.0/mlflow/experiments/search"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("data"))
    yield server
    assert server.stop() == 0


class Wire:
    """One connection, spoken to in bytes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self.socket.makefile("rb")

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece)

    def read(self):
        """(status, headers, body) of the next answer."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.partition(b": ")
            headers[name.decode().lower()] = value.decode()
        return status, headers, self._file.read(int(headers["content-length"]))

    def is_closed(self):
        return self._file.read(1) == b""

    def close(self):
        self._file.close()
        self.socket.close()


@contextmanager
def connected(server):
    wire = Wire(server.port)
    try:
        yield wire
    finally:
        wire.close()


def post(path, content, *headers, host="localhost"):
    body = json.dumps(content).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def tag(value, *headers, **more):
    return post(SET_TAG, {"experiment_id": "0", "key": "k", "value": value}, *headers, **more)


def kept_value(server):
    with connected(server) as wire:
        wire.send(post(SEARCH, {"max_results": 10}))
        found = json.loads(wire.read()[2])["experiments"][0]
    return {t["key"]: t["value"] for t in found.get("tags", [])}.get("k")


def test_calls_follow_each_other_on_one_connection(server):
    with connected(server) as wire:
        for value in ("a", "b", "c"):
            wire.send(tag(value))
            status, headers, body = wire.read()
            assert (status, headers["content-type"], body) == (200, "application/json", b"{}")
    assert kept_value(server) == "c"


def test_requests_sent_together_are_answered_in_order(server):
    with connected(server) as wire:
        missing = post(SET_TAG, {"experiment_id": "77", "key": "k", "value": "v"})
        wire.send(
            tag("one") + missing + b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" + tag("two")
        )
        answers = [wire.read() for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 404, 200, 200]
    assert answers[2][2] == b"OK"
    assert kept_value(server) == "two"


def test_a_request_may_arrive_byte_by_byte(server):
    with connected(server) as wire:
        wire.send(*(bytes([byte]) for byte in tag("slow")))
        assert wire.read()[0] == 200
    assert kept_value(server) == "slow"


def test_a_client_that_wants_to_end_is_answered_and_let_go(server):
    with connected(server) as wire:
        wire.send(tag("last", "Connection: close"))
        status, headers, _ = wire.read()
        assert (status, headers["connection"]) == (200, "close")
        assert wire.is_closed()
    assert kept_value(server) == "last"


def test_a_body_of_unknown_length_is_taken_too(server):
    body = json.dumps({"experiment_id": "0", "key": "k", "value": "chunked"}).encode()
    with connected(server) as wire:
        wire.send(
            f"POST {SET_TAG} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode(),
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body),
        )
        assert wire.read()[0] == 200
    assert kept_value(server) == "chunked"


def test_a_client_that_asks_first_is_told_to_go_on(server):
    request = tag("asked", "Expect: 100-continue")
    head, _, body = request.partition(b"\r\n\r\n")
    with connected(server) as wire:
        wire.send(head + b"\r\n\r\n")
        assert wire.socket.recv(100).startswith(b"HTTP/1.1 100")
        wire.send(body)
        assert wire.read()[0] == 200
    assert kept_value(server) == "asked"


def test_a_large_body_is_answered_like_a_small_one(server):
    with connected(server) as wire:
        wire.send(tag("x" * (2 << 20)))
        status, _, body = wire.read()
        assert (status, json.loads(body)["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        wire.send(tag("after"))
        assert wire.read()[0] == 200


def test_a_call_by_another_name_of_the_server_is_refused(server):
    with connected(server) as wire:
        wire.send(tag("evil", host="mallory.example"))
        status, _, body = wire.read()
        assert (status, json.loads(body)["error_code"]) == (403, "PERMISSION_DENIED")
    assert kept_value(server) != "evil"


def test_errors_are_the_same_by_both_ways(server):
    bad = {"experiment_id": "0", "value": "no key"}
    with connected(server) as wire:
        wire.send(post(SET_TAG, bad))
        direct = wire.read()
        wire.send(post(SET_TAG + "?", bad))
        ordinary = wire.read()
    assert direct[0] == ordinary[0] == 400
    assert json.loads(direct[2]) == json.loads(ordinary[2])


def test_a_client_that_goes_away_leaves_its_write_and_the_server_well(server):
    for _ in range(20):
        with connected(server) as wire:
            wire.send(tag("gone"))
    with connected(server) as wire:
        wire.send(tag("here"))
        assert wire.read()[0] == 200
    assert kept_value(server) == "here"


def test_what_is_no_http_is_answered_400(server):
    with connected(server) as wire:
        wire.send(b"POST /api/2.0/mlflow/runs/create\r\n\r\n")
        assert wire.read()[0] == 400


def test_answers_are_counted_however_they_were_made(server):
    def answered():
        with connected(server) as wire:
            wire.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            lines = wire.read()[2].decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if '"2xx"' in line)

    before = answered()
    with connected(server) as wire:
        wire.send(tag("counted"))
        wire.read()
    assert answered() >= before + 2
