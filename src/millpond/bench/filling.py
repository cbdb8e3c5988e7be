"""Putting known data into a server, over REST, so that what is read back can be checked."""

import json
import random
import selectors
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from millpond.bench.load import ANSWER_LIMIT_S, Connection, LoadFailed, address_of, post
from millpond.bench.rest import PREFIX, Rest

CONNECTIONS = 16
BATCH_POINTS = 1_000
TIMESTAMP_MS = 1_700_000_000_000


@dataclass
class FilledRun:
    """One run as it was logged."""

    name: str
    run_id: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float] = field(default_factory=dict)


def send_all(
    url: str, requests: Iterable[bytes], connections: int = CONNECTIONS
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Send each request once, over several connections; (its place, its answer) as they come.

    Raises LoadFailed when an answer is not 200.
    """
    waiting_requests = enumerate(requests)
    sockets = [Connection(address_of(url), b"") for _ in range(connections)]
    try:
        with selectors.DefaultSelector() as selector:
            open_requests = 0
            for connection in sockets:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                open_requests += _send_next(connection, waiting_requests)
            while open_requests:
                ready = selector.select(ANSWER_LIMIT_S)
                if not ready:
                    raise LoadFailed(f"no answer in {ANSWER_LIMIT_S:.0f} s")
                for key, _ in ready:
                    connection = key.data
                    answer = connection.receive()
                    if answer is None:
                        continue
                    place = connection.number
                    open_requests += _send_next(connection, waiting_requests) - 1
                    yield place, _content(answer)
    finally:
        for connection in sockets:
            connection.socket.close()


def _send_next(connection: Connection, requests: Iterator[tuple[int, bytes]]) -> int:
    """How many requests were sent: one, or none if there are no more."""
    for place, request in requests:
        connection.template, connection.number = request, place
        connection.socket.sendall(request)
        return 1
    return 0


def _content(answer: bytes) -> dict[str, Any]:
    if not answer.startswith(b"HTTP/1.1 200"):
        raise LoadFailed(answer.decode("utf-8", "replace"))
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        body = b"".join(_chunks(body))
    content: dict[str, Any] = json.loads(body or b"{}")
    return content


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return
        yield rest[:length]
        body = rest[length + 2 :]


def fill_runs(url: str, experiment_id: str, count: int, first: int = 0) -> list[FilledRun]:
    """Runs with 10 params, 5 metrics and 3 tags each; the same numbers every time.

    first: how many were filled in before, which are older.
    """
    rng = random.Random(7 + first)
    runs = [
        FilledRun(
            name=f"run-{n}",
            run_id="",
            params={f"param_{p}": str(rng.randrange(10 ** (1 + p % 4))) for p in range(10)},
            tags={f"tag_{t}": f"value-{rng.randrange(4**t)}" for t in range(3)},
            metrics={f"metric_{m}": round(rng.gauss(0.5, 0.2), 6) for m in range(5)},
        )
        for n in range(first, first + count)
    ]
    creating = (_create(url, experiment_id, n, run) for n, run in enumerate(runs, first))
    for place, answer in send_all(url, creating):
        runs[place].run_id = answer["run"]["info"]["run_id"]
    for _ in send_all(url, (_log(url, run) for run in runs)):
        pass
    return runs


def _create(url: str, experiment_id: str, n: int, run: FilledRun) -> bytes:
    body = {
        "experiment_id": experiment_id,
        "user_id": "alice",
        "run_name": run.name,
        "start_time": TIMESTAMP_MS + n,
        "tags": [{"key": key, "value": value} for key, value in run.tags.items()],
    }
    return post(url, f"{PREFIX}runs/create", json.dumps(body).encode())


def _log(url: str, run: FilledRun) -> bytes:
    body = {
        "run_id": run.run_id,
        "params": [{"key": key, "value": value} for key, value in run.params.items()],
        "metrics": [
            {"key": key, "value": value, "timestamp": TIMESTAMP_MS, "step": 0}
            for key, value in run.metrics.items()
        ],
    }
    return post(url, f"{PREFIX}runs/log-batch", json.dumps(body).encode())


def loss_curve(count: int, seed: int = 1) -> list[float]:
    """A training loss as programs log it: of float32 origin, noisy, falling, with one spike."""
    rng = random.Random(seed)
    values = []
    for step in range(count):
        exact = 2.0 / (1.0 + step / 500) + rng.gauss(0, 0.01)
        values.append(_float32(exact))
    values[count // 3] = 99.5
    return values


def fill_metric(
    url: str,
    run_id: str,
    key: str,
    values: Sequence[float],
    first: int = 0,
    connections: int = 1,
) -> None:
    """A point a step and second, in batches of a thousand.

    first: the step to begin with. connections: so many batches are on their way at once.
    """
    rng = random.Random(3)
    steps = range(first, first + len(values))
    points = [
        f'{{"key": "{key}", "value": {value!r}, "timestamp": {time_ms}, "step": {step}}}'
        for step, value in zip(steps, values, strict=True)
        for time_ms in [TIMESTAMP_MS + 1000 * step + rng.randrange(50)]
    ]
    batches = (
        _batch(url, run_id, points[start : start + BATCH_POINTS])
        for start in range(0, len(points), BATCH_POINTS)
    )
    for _ in send_all(url, batches, connections):
        pass


def _batch(url: str, run_id: str, points: Sequence[str]) -> bytes:
    body = f'{{"run_id": "{run_id}", "metrics": [{", ".join(points)}]}}'
    return post(url, f"{PREFIX}runs/log-batch", body.encode())


def end_run(rest: Rest, run_id: str) -> None:
    rest.post("runs/update", run_id=run_id, status="FINISHED", end_time=int(time.time() * 1000))


def _float32(value: float) -> float:
    (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    return float(rounded)
