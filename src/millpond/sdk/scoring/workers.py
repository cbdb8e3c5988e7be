"""Predicting, in this process or in several: the answers come in the order of the questions."""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from millpond.sdk.scoring.models import Model

T = TypeVar("T")
Question = tuple[T, Any]
"""Something to be handed back with the answer, and the table to predict for."""

_AHEAD = 2
# The model of a worker process, loaded when it begins.
_worker: dict[str, Model] = {}


def predict_all(
    questions: Iterable[Question[T]], model: Model, name: str
) -> Iterator[tuple[T, Any]]:
    """Answers in this process."""
    for asked, table in questions:
        yield asked, model.predict(table, name)


def predict_in_processes(
    questions: Iterable[Question[T]], folder: Path, workers: int, name: str
) -> Iterator[tuple[T, Any]]:
    """Answers of so many processes, each with the model loaded once."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _load, (str(folder),))
    waiting: deque[tuple[T, Future[bytes]]] = deque()
    try:
        for asked, table in questions:
            waiting.append((asked, pool.submit(_predict, _packed(table), name)))
            if len(waiting) >= workers * _AHEAD:
                first, answer = waiting.popleft()
                yield first, _unpacked(answer.result())
        while waiting:
            first, answer = waiting.popleft()
            yield first, _unpacked(answer.result())
    finally:
        pool.shutdown(cancel_futures=True)


def _load(folder: str) -> None:
    _worker["model"] = Model(Path(folder))


def _predict(packed: bytes, name: str) -> bytes:
    return _packed(_worker["model"].predict(_unpacked(packed), name))


def _packed(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _unpacked(packed: bytes) -> Any:
    with pa.ipc.open_stream(packed) as reader:
        return reader.read_all()
