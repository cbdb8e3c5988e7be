"""The rows of files: one large file up and down through the server, and many small ones."""

import http.client
import json
import time
from urllib.parse import urlsplit

from millpond.bench.figures import Figure, NotServed, WrongAnswer
from millpond.bench.load import drive, split_url

_CHUNK = b"millpond" * 131_072
_FILES = "/api/2.0/mlflow-artifacts/artifacts"
_PATH = f"{_FILES}/bench/file.bin"
_SMALL = b"x" * 10_000
_CONNECTIONS = 8
_LISTINGS = 5


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


def many_small(url: str, seconds: float) -> list[Figure]:
    """Files of 10 KB over 8 connections, and the listing of a folder of them.

    Raises NotServed where files do not go through the server.
    """
    folder = f"bench-{time.time_ns()}"
    _require_served(url, f"{_FILES}/{folder}/0.bin")
    templates = [_put(url, f"{_FILES}/{folder}/{n}/@NUMBER.bin") for n in range(_CONNECTIONS)]
    load = drive(url, templates, seconds)
    connection = _connect(url)
    times = []
    for _ in range(_LISTINGS):
        began = time.perf_counter()
        connection.request("GET", f"{_FILES}?path={folder}/0")
        listed = connection.getresponse().read()
        times.append(time.perf_counter() - began)
    connection.close()
    found = len(json.loads(listed).get("files", []))
    if found != load.counts[0]:
        raise WrongAnswer(f"of {load.counts[0]} files {found} are listed")
    return [
        Figure("files of 10 KB, 8 connections", "upload", "files/s", load.rate, True),
        Figure("listing", "1,000 files", "ms", sorted(times)[_LISTINGS // 2] / found * 1e6),
    ]


def _put(url: str, path: str) -> bytes:
    """The bytes of one upload, for ``load.drive``."""
    parts = split_url(url)
    head = (
        f"PUT {parts.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Length: {len(_SMALL)}\r\n\r\n"
    )
    return head.encode() + _SMALL


def _require_served(url: str, path: str) -> None:
    connection = _connect(url)
    connection.request("PUT", path, _SMALL)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise NotServed(path)


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
