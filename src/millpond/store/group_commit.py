"""Group commit: one thread writes, and everything that queued up meanwhile shares one fsync.

There is no timer. While one commit is on its way to the disk the next requests queue up; when it
is done they all go into the next one. A lone client pays one fsync, a crowd shares it.
"""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from millpond.errors import Overloaded, Unavailable
from millpond.store.pending import Pending

T = TypeVar("T")

MAX_ACTIONS_PER_COMMIT = 4_096
# Up to here a commit costs less than asking another thread for it and hearing back twice over.
QUICK_COMMIT_S = 0.001


class TransactionLost(Exception):
    """The database gave up the whole transaction while an action ran; the cause is chained."""


class CommitAgain(Exception):
    """Nothing was committed, and the same actions may be performed once more from the first on."""


class Connection(Protocol):
    """What the writer thread drives: one transaction at a time, actions inside it.

    ``begin``, ``perform`` and ``commit`` may raise CommitAgain; how often is up to the connection.
    """

    def begin(self, may_wait: bool = True) -> None:
        """may_wait: if not, CommitAgain is raised where others would have to be waited for."""

    def perform(self, workspace: str, action: Callable[[Any], Any]) -> Any:
        """Run one action, undoing all of it if it raises. Raises TransactionLost."""

    def commit(self) -> None:
        """Return when everything performed is on disk."""

    def rollback(self) -> None:
        """Undo everything since ``begin``."""

    def close(self) -> None: ...


class _Job(Generic[T]):
    __slots__ = ("action", "error", "pending", "result", "size_bytes", "workspace")

    def __init__(self, workspace: str | None, action: Callable[[Any], T], size_bytes: int) -> None:
        """workspace: None for upkeep, which is done between two commits."""
        self.workspace = workspace
        self.action = action
        self.size_bytes = size_bytes
        self.pending: Pending[T] = Pending()
        self.result: Any = None
        self.error: BaseException | None = None

    def run_upkeep(self, connection: Connection) -> None:
        try:
            self.result = self.action(connection)
        except Exception as error:
            self.error = error

    def answer(self) -> None:
        if self.error is not None:
            self.pending.set_exception(self.error)
        else:
            self.pending.set_result(self.result)


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
        # None asks the writer to stop.
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._queued_bytes = 0
        # Submitted and not answered yet, so longer than in the queue.
        self._unanswered = 0
        self._is_closed = False
        # Whoever holds it drives the connection.
        self._driving = threading.Lock()
        self._usual_commit_s = 0.0
        self.commits = 0
        self.writes = 0
        started: Pending[Connection] = Pending()
        self._thread = threading.Thread(
            target=self._run, args=(connect, started), name="millpond-writer", daemon=True
        )
        self._thread.start()
        self._connection = started.result()

    @property
    def queued_bytes(self) -> int:
        return self._queued_bytes

    def submit(self, workspace: str, action: Callable[[Any], T], size_bytes: int) -> Pending[T]:
        """Queue one action. Raises Overloaded or Unavailable; then it was not queued."""
        job: _Job[T] = _Job(workspace, action, size_bytes)
        with self._lock:
            if self._is_closed:
                raise Unavailable("The server is shutting down; nothing was written.")
            if self._queued_bytes and self._queued_bytes + size_bytes > self._max_queued_bytes:
                raise Overloaded(
                    f"{self._queued_bytes} bytes of writes are waiting for the disk already "
                    f"(limit {self._max_queued_bytes}); send this again after a moment."
                )
            self._queued_bytes += size_bytes
            self._unanswered += 1
            self._queue.put(job)
        return job.pending

    def perform_here(self, workspace: str, action: Callable[[Any], T]) -> Pending[T] | None:
        """Perform one action on the calling thread, and return when it is on disk.

        None, and nothing was done, unless the writer is idle, the disk usually quick, and nobody in
        the way. A lone client is answered sooner this way; for a crowd, sharing the writer's
        commits is better.
        """
        if self._usual_commit_s > QUICK_COMMIT_S or self._unanswered:
            return None
        if not self._driving.acquire(blocking=False):
            return None
        try:
            # What was submitted earlier must happen earlier.
            if self._is_closed or self._unanswered:
                return None
            job: _Job[T] = _Job(workspace, action, 0)
            if not self._commit_once(self._connection, [job], may_wait=False):
                self._undo(self._connection)
                return None
        finally:
            self._driving.release()
        job.answer()
        return job.pending

    def submit_upkeep(self, action: Callable[[Any], T]) -> Pending[T]:
        """Queue something to do with the connection itself, between two commits."""
        job: _Job[T] = _Job(None, action, 0)
        with self._lock:
            if self._is_closed:
                raise Unavailable("The server is shutting down.")
            self._queue.put(job)
        return job.pending

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._lock:
            self._is_closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self, connect: Callable[[], Connection], started: Pending[Connection]) -> None:
        try:
            connection = connect()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(connection)
        is_last = False
        while not is_last:
            jobs, is_last = self._take()
            if writes := [job for job in jobs if job.workspace is not None]:
                with self._driving:
                    self._commit(connection, writes)
                with self._lock:
                    self._unanswered -= len(writes)
                for job in writes:
                    job.answer()
            for job in jobs:
                if job.workspace is None:
                    with self._driving:
                        job.run_upkeep(connection)
                    job.answer()
        with self._driving:
            connection.close()

    def _take(self) -> tuple[list[_Job[Any]], bool]:
        """Wait for work and take all there is; true when it is time to stop after it."""
        job = self._queue.get()
        jobs: list[_Job[Any]] = []
        try:
            while job is not None:
                jobs.append(job)
                if len(jobs) == MAX_ACTIONS_PER_COMMIT:
                    break
                job = self._queue.get_nowait()
        except Empty:
            pass
        with self._lock:
            self._queued_bytes -= sum(job.size_bytes for job in jobs)
        return jobs, job is None

    def _commit(self, connection: Connection, jobs: list[_Job[Any]]) -> None:
        while not self._commit_once(connection, jobs):
            self._undo(connection)

    def _commit_once(
        self, connection: Connection, jobs: list[_Job[Any]], may_wait: bool = True
    ) -> bool:
        """Whether all is decided; if not, it must be tried again."""
        try:
            connection.begin(may_wait)
            for job in jobs:
                job.error = None
                try:
                    job.result = connection.perform(job.workspace or "", job.action)
                except (TransactionLost, CommitAgain):
                    raise
                except Exception as error:
                    job.error = error
            begun_s = time.perf_counter()
            connection.commit()
            self._usual_commit_s += 0.1 * (time.perf_counter() - begun_s - self._usual_commit_s)
        except CommitAgain:
            return False
        except Exception as error:
            self._undo(connection)
            reason = self._explain(error)
            for job in jobs:
                job.error = job.error or reason
        else:
            self.commits += 1
            self.writes += len(jobs)
        return True

    def _undo(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except Exception:
            # The next begin() will say what is wrong, to whoever writes next.
            return
