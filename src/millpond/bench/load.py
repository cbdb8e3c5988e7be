"""Closed-loop load over raw keep-alive sockets, cheap enough that the server stays the bottleneck.

Each connection sends its next request when it has its last answer. Everything runs in one thread:
the program spends some 20 us a request, whatever the number of connections.
"""

import gc
import re
import selectors
import socket
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

MARK = b"@NUMBER"  # in a template, replaced by the request's number, which is as long
FIRST = 1_000_000  # the number of each connection's first request: all numbers have seven digits
ANSWER_LIMIT_S = 120.0

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class LoadFailed(Exception):
    """The server hung up, hung, or refused what it should take."""


@dataclass(frozen=True)
class Load:
    """Latencies after the warm-up, and how many requests each connection sent in all."""

    latencies_s: list[float]
    elapsed_s: float
    counts: list[int]
    client_cpu: float  # share of one core that this program used

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.elapsed_s

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000


def split_url(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"the load programs speak plain http only, not {url!r}")
    return parts


def address_of(url: str) -> tuple[str, int]:
    parts = split_url(url)
    return parts.hostname or "", parts.port or 80


def post(url: str, path: str, body: bytes) -> bytes:
    """The bytes of one request; body may hold MARK, anywhere and any number of times."""
    parts = split_url(url)
    head = (
        f"POST {parts.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One socket and its template; number is that of the next request."""

    def __init__(self, address: tuple[str, int], template: bytes) -> None:
        self.socket = socket.create_connection(address, timeout=ANSWER_LIMIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # No timeout: a timeout makes every call of the socket ask the kernel twice.
        self.socket.settimeout(None)
        self.template = template
        self.number = FIRST
        self.received = b""
        self.sent_at = 0.0

    def send_next(self, now: float) -> None:
        self.sent_at = now
        self.socket.sendall(self.template.replace(MARK, b"%d" % self.number))
        self.number += 1

    def receive(self) -> bytes | None:
        """The whole answer, or None while some of it is missing. Raises LoadFailed."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise LoadFailed("the server closed a keep-alive connection")
        self.received += chunk
        if not is_whole(self.received):
            return None
        answer, self.received = self.received, b""
        return answer


def is_whole(answer: bytes) -> bool:
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    length = CONTENT_LENGTH.search(answer, 0, head_end)
    if length is None:
        return answer.endswith(b"0\r\n\r\n")  # chunked
    return len(answer) >= head_end + 4 + int(length[1])


def drive(url: str, templates: list[bytes], seconds: float, warm_up_s: float = 0.5) -> Load:
    """Load the server with one connection for each template, and wait for the last answer.

    Raises LoadFailed when an answer is not 200.
    """
    connections = [Connection(address_of(url), template) for template in templates]
    latencies: list[float] = []
    now = time.perf_counter
    gc.collect()
    gc.disable()
    try:
        with selectors.DefaultSelector() as selector:
            for connection in connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            waiting = len(connections)
            began, cpu_began, is_warm = now(), time.process_time(), False
            deadline = began + warm_up_s + seconds
            for connection in connections:
                connection.send_next(now())
            while waiting:
                ready = selector.select(ANSWER_LIMIT_S)
                if not ready:
                    raise LoadFailed(f"no answer in {ANSWER_LIMIT_S:.0f} s")
                if not is_warm and now() >= began + warm_up_s:
                    latencies.clear()
                    began, cpu_began, is_warm = now(), time.process_time(), True
                for key, _ in ready:
                    connection = key.data
                    answer = connection.receive()
                    if answer is None:
                        continue
                    if not answer.startswith(b"HTTP/1.1 200"):
                        raise LoadFailed(answer.decode("utf-8", "replace"))
                    moment = now()
                    latencies.append(moment - connection.sent_at)
                    if moment < deadline:
                        connection.send_next(moment)
                    else:
                        waiting -= 1
            elapsed = now() - began
            client_cpu = (time.process_time() - cpu_began) / elapsed
    finally:
        gc.enable()
        for connection in connections:
            connection.socket.close()
    counts = [connection.number - FIRST for connection in connections]
    return Load(latencies, elapsed, counts, client_cpu)
