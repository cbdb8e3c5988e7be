"""Group commit: one thread writes, and everything that queued up meanwhile shares one fsync.

There is no timer. While one commit is on its way to the disk the next requests queue up; when it
is done they all go into the next one. A lone client pays one fsync, a crowd shares it.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

from millpond.errors import Overloaded, Unavailable

T = TypeVar("T")
Tx_contra = TypeVar("Tx_contra", contravariant=True)

MAX_ACTIONS_PER_COMMIT = 4_096


class TransactionLost(Exception):
    """The database gave up the whole transaction while an action ran; the cause is chained."""


class Connection(Protocol):
    """What the writer thread drives: one transaction at a time, actions inside it."""

    def begin(self) -> None: ...

    def perform(self, workspace: str, action: Callable[[Any], Any]) -> Any:
        """Run one action, undoing all of it if it raises. Raises TransactionLost."""

    def commit(self) -> None:
        """Return when everything performed is on disk."""

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class _Job(Generic[T]):
    __slots__ = ("action", "error", "future", "result", "size_bytes", "workspace")

    def __init__(
        self, workspace: str, action: Callable[[Any], T], future: "Future[T]", size_bytes: int
    ) -> None:
        self.workspace = workspace
        self.action = action
        self.future = future
        self.size_bytes = size_bytes
        self.result: T | None = None
        self.error: BaseException | None = None

    def resolve(self) -> None:
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)  # type: ignore[arg-type]


class GroupCommit:
    """Queues actions, performs them in order on one thread, and answers when they are on disk."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        max_queued_bytes: int,
        explain: Callable[[Exception], Exception],
    ) -> None:
        """connect: called once, on the writer thread; explain: turns a driver's error that hit a
        whole commit into one for the callers."""
        self._max_queued_bytes = max_queued_bytes
        self._explain = explain
        self._queue: deque[_Job[Any]] = deque()
        self._wake = threading.Condition(threading.Lock())
        self._queued_bytes = 0
        self._closing = False
        self.commits = 0
        self.writes = 0
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(connect, started), name="millpond-writer", daemon=True
        )
        self._thread.start()
        started.result()

    @property
    def queued_bytes(self) -> int:
        return self._queued_bytes

    def submit(self, workspace: str, action: Callable[[Any], T], size_bytes: int) -> "Future[T]":
        """Queue one action. Raises Overloaded or Unavailable; then it was not queued."""
        job: _Job[T] = _Job(workspace, action, Future(), size_bytes)
        with self._wake:
            if self._closing:
                raise Unavailable("The server is shutting down; nothing was written.")
            if self._queued_bytes and self._queued_bytes + size_bytes > self._max_queued_bytes:
                raise Overloaded(
                    f"{self._queued_bytes} bytes of writes are waiting for the disk already "
                    f"(limit {self._max_queued_bytes}); send this again after a moment."
                )
            self._queued_bytes += size_bytes
            self._queue.append(job)
            self._wake.notify()
        return job.future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self, connect: Callable[[], Connection], started: "Future[None]") -> None:
        try:
            connection = connect()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(None)
        while jobs := self._take():
            self._commit(connection, jobs)
            for job in jobs:
                job.resolve()
        connection.close()

    def _take(self) -> list[_Job[Any]]:
        """Wait for work, and take all there is; empty when it is time to stop."""
        with self._wake:
            while not self._queue and not self._closing:
                self._wake.wait()
            count = min(len(self._queue), MAX_ACTIONS_PER_COMMIT)
            jobs = [self._queue.popleft() for _ in range(count)]
            self._queued_bytes -= sum(job.size_bytes for job in jobs)
            return jobs

    def _commit(self, connection: Connection, jobs: list[_Job[Any]]) -> None:
        try:
            connection.begin()
            for job in jobs:
                try:
                    job.result = connection.perform(job.workspace, job.action)
                except TransactionLost:
                    raise
                except Exception as error:
                    job.error = error
            connection.commit()
        except Exception as error:
            self._undo(connection)
            reason = self._explain(error)
            for job in jobs:
                job.error = job.error or reason
        else:
            self.commits += 1
            self.writes += len(jobs)

    def _undo(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except Exception:
            # The next begin() will say what is wrong, to whoever writes next.
            return
