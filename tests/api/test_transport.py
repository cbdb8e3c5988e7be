"""Answers over a real connection: heads and bodies go out together, and none is held back."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.server_process import ServerProcess


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("data"))
    client = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    yield client
    client.close()
    assert server.stop() == 0


def ask(connection, method, path, body=None, **headers):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


FILE = "/api/2.0/mlflow-artifacts/artifacts/0/some.bin"


def test_answers_of_every_kind_follow_each_other_on_one_connection(connection):
    large = bytes(range(256)) * 4096
    assert ask(connection, "PUT", FILE, large)[0] == 200
    for _ in range(2):
        assert ask(connection, "GET", "/health")[2] == b"OK"
        status, headers, body = ask(connection, "HEAD", FILE)
        assert (status, headers["content-length"], body) == (200, str(len(large)), b"")
        status, headers, body = ask(connection, "GET", FILE)
        assert (status, body) == (200, large)
        status, _, body = ask(connection, "GET", FILE, **{"If-None-Match": headers["etag"]})
        assert (status, body) == (304, b"")
        assert ask(connection, "GET", "/nowhere")[0] == 404


def test_a_client_that_asks_to_go_on_is_told_before_it_sends(connection):
    assert ask(connection, "PUT", FILE, b"small", Expect="100-continue")[0] == 200
    assert ask(connection, "GET", FILE)[2] == b"small"
