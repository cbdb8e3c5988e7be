"""Large bodies that are taken off the connection: whole, in order, and never more than theirs."""

import json
import random
import socket
import time
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.artifacts.staging import staged
from tests.server_process import running_server

MB = 1 << 20
FILES = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def connection(server):
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        yield connection


def head(method, path, length=None, *more):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *more]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(connection):
    """(status, body) of the next answer; nothing behind it is read."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(1)
        assert part, f"the connection ended after {received!r}"
        received += part
    first, *lines = received.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    body = b""
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        body += connection.recv(min(MB, length - len(body)))
    return int(first.split()[1]), body


def get(connection, path):
    connection.sendall(head("GET", path))
    return answer(connection)


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("size", [MB // 4 - 1, MB // 4, MB - 1, MB, MB + 1, 7 * MB + 12345])
def test_a_body_of_any_length_is_kept_as_it_was_sent(connection, size):
    data = noise(size)
    connection.sendall(head("PUT", f"{FILES}/0/{size}", size) + data)
    assert answer(connection) == (200, b"")
    assert get(connection, f"{FILES}/0/{size}") == (200, data)


def test_requests_behind_a_large_body_are_answered_in_order(connection):
    one, two = noise(3 * MB, 1), noise(2 * MB, 2)
    connection.sendall(
        head("PUT", f"{FILES}/0/one", len(one))
        + one
        + head("PUT", f"{FILES}/0/two", len(two))
        + two
        + head("GET", f"{FILES}/0/one")
        + head("GET", f"{FILES}/0/two")
    )
    assert [answer(connection) for _ in range(4)] == [
        (200, b""),
        (200, b""),
        (200, one),
        (200, two),
    ]


def test_a_body_that_comes_in_small_pieces_is_whole(connection):
    data = noise(MB + 77)
    connection.sendall(head("PUT", f"{FILES}/0/pieces", len(data)))
    for start in range(0, len(data), 30_011):
        connection.sendall(data[start : start + 30_011])
        if start % 5 == 0:
            time.sleep(0.002)
    assert answer(connection) == (200, b"")
    assert get(connection, f"{FILES}/0/pieces") == (200, data)


def test_a_client_that_asks_first_is_told_to_send(connection):
    data = noise(2 * MB)
    connection.sendall(head("PUT", f"{FILES}/0/asked", len(data), "Expect: 100-continue"))
    assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(data)
    assert answer(connection) == (200, b"")


def test_a_body_that_breaks_off_leaves_nothing_and_harms_nobody(server, connection):
    data = noise(3 * MB)
    connection.sendall(head("PUT", f"{FILES}/cut/file", 5 * MB) + data)
    connection.close()
    listing = f"{server.url}{FILES}?path=cut"
    end = time.monotonic() + 5
    while time.monotonic() < end:
        time.sleep(0.05)
        assert json.load(urlopen(listing)) == {}
        if not staged(server.data_dir / "artifacts"):
            break
    assert staged(server.data_dir / "artifacts") == []


def test_a_refused_body_is_read_to_its_end_and_the_connection_goes_on(server, connection):
    limit = {"max_file_bytes": 3 * MB}
    try:
        change_storage(server, limit)
        for path, status in ((f"{FILES}/0/large", 413), (f"{FILES}/..%2fx", 400)):
            connection.sendall(head("PUT", path, 20 * MB))
            connection.sendall(noise(20 * MB))
            refused, body = answer(connection)
            assert refused == status
            if status == 413:
                assert (
                    "larger than this workspace allows: 3145728 bytes"
                    in json.loads(body)["message"]
                )
        data = noise(3 * MB)
        connection.sendall(head("PUT", f"{FILES}/0/fits", len(data)) + data)
        assert answer(connection) == (200, b"")
    finally:
        change_storage(server, {"max_file_bytes": None})


def test_a_large_body_for_a_handler_that_wants_it_whole_comes_the_usual_way(connection):
    body = json.dumps({"max_file_bytes": None, "x": "y" * MB}).encode()
    request = head("PUT", "/api/v1/storage", len(body), "Content-Type: application/json")
    connection.sendall(request + body)
    assert answer(connection)[0] == 405
    assert get(connection, "/health") == (200, b"OK")


def change_storage(server, change):
    body = json.dumps(change).encode()
    request = Request(f"{server.url}/api/v1/storage", body, {"Content-Type": "application/json"})
    request.method = "PATCH"
    urlopen(request).close()
