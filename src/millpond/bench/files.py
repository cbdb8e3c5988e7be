"""The row of files: one large file up and down through the server."""

import http.client
import time
from urllib.parse import urlsplit

from millpond.bench.figures import Figure, NotServed, WrongAnswer

_CHUNK = b"millpond" * 131_072
_PATH = "/api/2.0/mlflow-artifacts/artifacts/bench/file.bin"


def transfer(url: str, megabytes: int) -> list[Figure]:
    """A file of so many MiB. Raises NotServed where files do not go through the server."""
    row = f"a file of {megabytes} MiB"
    sent_s = _upload(url, megabytes)
    received_s = _download(url, megabytes)
    size = len(_CHUNK) * megabytes / 1e6
    return [
        Figure(row, "upload", "MB/s", size / sent_s, True),
        Figure(row, "download", "MB/s", size / received_s, True),
    ]


def _upload(url: str, megabytes: int) -> float:
    connection = _connect(url)
    began = time.perf_counter()
    connection.putrequest("PUT", _PATH)
    connection.putheader("Content-Length", str(len(_CHUNK) * megabytes))
    connection.endheaders()
    try:
        for _ in range(megabytes):
            connection.send(_CHUNK)
        answer = connection.getresponse()
    except (BrokenPipeError, ConnectionResetError):
        raise NotServed(_PATH) from None
    answer.read()
    if answer.status != 200:
        raise NotServed(_PATH)
    connection.close()
    return time.perf_counter() - began


def _download(url: str, megabytes: int) -> float:
    connection = _connect(url)
    began = time.perf_counter()
    connection.request("GET", _PATH)
    answer = connection.getresponse()
    size = 0
    while chunk := answer.read(1 << 20):
        size += len(chunk)
    elapsed = time.perf_counter() - began
    if answer.status != 200 or size != len(_CHUNK) * megabytes:
        raise WrongAnswer(f"the file came back with status {answer.status} and {size} bytes")
    connection.close()
    return elapsed


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=120)
