"""SQLite: one file, one writer thread, any number of readers.

WAL mode with ``synchronous=FULL``: a commit returns when its pages are on the disk.
"""

import fcntl
import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from operator import methodcaller
from pathlib import Path
from queue import Empty, LifoQueue
from typing import IO, Any, TypeVar

from millpond.errors import MillpondError, Unavailable
from millpond.store import migrations
from millpond.store.contract import Reader
from millpond.store.group_commit import GroupCommit, TransactionLost
from millpond.store.sql import chart_reads, compaction, portability, settling
from millpond.store.sql.point_buffer import PointBuffer
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.reader import SqlReader
from millpond.store.sql.session import Session
from millpond.store.sql.sql_store import SqlStore
from millpond.store.sql.writer_memory import WriterMemory
from millpond.store.sqlite_runs import SqliteNewRuns, SqliteTransaction
from millpond.store.sqlite_session import SqliteSession

T = TypeVar("T")

_log = logging.getLogger("millpond.store")

DATABASE_NAME = "millpond.db"
LOCK_NAME = "millpond.lock"
# Overwriting the write-ahead log that is there is faster than making it longer, so it is laid out
# at the start, and begun anew when this much of it has been written.
_WAL_BYTES = 16 << 20
_FILLER_BYTES = 256 << 10
# The point log is compacted when it has so many rows, or bytes, or nobody did it for so long: the
# points of a run that ended are then where they stay.
_COMPACTION_ROWS = 4_096
_COMPACTION_BYTES = 1 << 20
_COMPACTION_PERIOD_S = 60.0
_HOUSEKEEPING_PERIOD_S = 1.0
# Whoever follows a run reads what is new from the log, so it stays there for a while at least.
_LOG_STAYS_S = 1.0
# A run that did not change for this long (and up to twice as long) is put into columns.
_QUIET_S = 5.0


class SqliteStore(SqlStore):
    """The workspaces in one folder. One process holds a folder at a time."""

    def __init__(self, folder: Path, max_queued_bytes: int = 256 << 20) -> None:
        """Open the store, making or upgrading it as needed.

        max_queued_bytes: how much may wait for the disk before writes are refused. Raises
        Unavailable if another process holds the folder.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / DATABASE_NAME
        self._lock = hold(folder / LOCK_NAME)
        try:
            migrations.upgrade_sqlite(self._path)
            setup = SqliteSession(_connect(self._path))
            rows = setup.execute("SELECT name, workspace_id FROM workspaces")
            self._workspace_ids = {row[0]: row[1] for row in rows}
            self._quarantine = Quarantine(setup)
            try:
                portability.check_readable(setup)
            finally:
                setup.close()
            self._readers: LifoQueue[SqliteSession] = LifoQueue()
            self._wake_housekeeper = threading.Event()
            # Two compactions at once would both move the same points.
            self._compacting = threading.Lock()
            self._closing = threading.Event()
            self._writer = GroupCommit(self._connect_writer, max_queued_bytes, _explain)
        except BaseException:
            self._lock.close()
            raise
        self._housekeeper = threading.Thread(
            target=self._keep_house, name="millpond-housekeeper", daemon=True
        )
        self._housekeeper.start()

    @contextmanager
    def read(self, workspace: str) -> Iterator[Reader]:
        workspace_id = self._workspace_id(workspace)
        try:
            session = self._readers.get_nowait()
        except Empty:
            session = SqliteSession(_connect(self._path, read_only=True))
        try:
            session.begin_reading()
            yield SqlReader(session, workspace, workspace_id, self._quarantine)
        except sqlite3.Error as error:
            raise _explain(error) from error
        finally:
            session.end_reading()
            self._readers.put(session)

    def make_portable(self) -> int:
        """Rewrite all points so that they can be read without pcodec; how many segments it were."""
        self._empty_log()
        session = SqliteSession(_connect(self._path))
        count = 0
        try:
            for rewritten in portability.rewrite(session, self._quarantine):
                upkeep = methodcaller("apply", partial(portability.settle, rewritten=rewritten))
                self._writer.submit_upkeep(upkeep).result()
                count += len(rewritten.rows)
        finally:
            session.close()
        return count

    def close(self) -> None:
        self._closing.set()
        self._wake_housekeeper.set()
        self._housekeeper.join()
        try:
            self._empty_log()
            self._mark_damaged()
        except (sqlite3.Error, MillpondError):
            _log.exception("the point log is not compacted; the next start will do it")
        self._writer.close()
        while not self._readers.empty():
            self._readers.get().close()
        self._lock.close()

    def _connect_writer(self) -> "_WriterConnection":
        connection = _connect(self._path)
        # The last connection to close takes the write-ahead log away, so this is not done before.
        # On a disk that is nearly full the room is needed for something better.
        if shutil.disk_usage(self._path.parent).free > 4 * _WAL_BYTES:
            _lay_out_wal(connection)
        return _WriterConnection(
            connection, self._workspace_ids, self._quarantine, self._wake_housekeeper.set
        )

    def _size_bytes(self) -> int:
        return self._path.stat().st_size

    def _keep_house(self) -> None:
        """Compact the point log and copy the write-ahead log into the database, beside the writer.

        What the writer itself has to do of it is short, and no request waits for more than that.
        """
        session = SqliteSession(_connect(self._path))
        is_failing = False
        compacted_s = looked_s = time.monotonic()
        # When a compaction is due, and up to where.
        due: tuple[float, int] | None = None
        while True:
            if due is None:
                self._wake_housekeeper.wait(_HOUSEKEEPING_PERIOD_S)
            else:
                self._closing.wait(max(0.0, due[0] - time.monotonic()))
            if self._closing.is_set():
                break
            try:
                if due is not None:
                    up_to, due = due[1], None
                    compacted_s = time.monotonic()
                    while self._compact(session, up_to) and not self._closing.is_set():
                        pass
                elif (
                    self._wake_housekeeper.is_set()
                    or time.monotonic() - compacted_s > _COMPACTION_PERIOD_S
                ):
                    self._wake_housekeeper.clear()
                    due = (time.monotonic() + _LOG_STAYS_S, chart_reads.log_end(session))
                self._mark_damaged()
                if time.monotonic() - looked_s >= _QUIET_S:
                    looked_s = time.monotonic()
                    self._settle_runs(session)
                self._copy_wal(session)
                is_failing = False
            except Exception as error:
                # A full disk, say. The points are safe where they are, and the next turn tries
                # again; saying so once is enough.
                if not is_failing:
                    _log.error("housekeeping failed, and will be tried again: %s", error)
                is_failing = True
        session.close()

    def _copy_wal(self, session: "SqliteSession") -> None:
        if session.checkpoint() > _WAL_BYTES:
            # Under load there is always a rest, and with a rest it is never begun anew.
            self._writer.submit_upkeep(_WriterConnection.checkpoint).result()

    def _settle_runs(self, session: "SqliteSession") -> None:
        """Put quiet runs into columns, block after block, until few wait."""
        restless = self._writer.submit_upkeep(methodcaller("restless_runs")).result()
        while restless is not None and not self._closing.is_set():
            session.begin_reading()
            try:
                gathered = settling.gather(session, restless)
            finally:
                session.end_reading()
            if gathered is None:
                break
            work = methodcaller("settle_runs", gathered)
            restless = self._writer.submit_upkeep(work).result()
            self._copy_wal(session)

    def _empty_log(self) -> None:
        """Bring all points into segments, where they are small and quick to read."""
        session = SqliteSession(_connect(self._path))
        try:
            while self._compact(session):
                pass
        finally:
            session.close()

    def _mark_damaged(self) -> None:
        if self._quarantine.has_unmarked:
            self._writer.submit_upkeep(methodcaller("apply", self._quarantine.mark)).result()

    def _compact(self, session: "SqliteSession", up_to: int | None = None) -> bool:
        """Empty the log up to a row, or a good part of that; whether there was anything in it."""
        found = False
        with self._compacting:
            session.begin_reading()
            try:
                for gathered in compaction.gather(session, self._quarantine, up_to):
                    found = True
                    self._writer.submit_upkeep(methodcaller("settle", gathered)).result()
            finally:
                session.end_reading()
        return found


class _WriterConnection:
    """The one connection that writes; see ``group_commit.Connection``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        workspace_ids: Mapping[str, int],
        quarantine: Quarantine,
        ask_for_compaction: Callable[[], None],
    ) -> None:
        # The last one may have been purged.
        ((last_run,),) = connection.execute(
            "SELECT MAX(COALESCE((SELECT MAX(run_id) FROM runs), 0), value) "
            "FROM counters WHERE name = 'run'"
        )
        new_runs = SqliteNewRuns(last_run + 1)
        self._session = SqliteSession(connection, new_runs)
        self._memory = WriterMemory()
        self._buffer = PointBuffer(compaction.next_sequence(self._session))
        self._ask_for_compaction = ask_for_compaction
        self._settler = settling.Settler(self._memory)
        self._log_rows, self._log_bytes = compaction.log_size(self._session)
        self._transactions = {
            name: SqliteTransaction(
                new_runs, self._session, name, workspace_id, quarantine, self._memory, self._buffer
            )
            for name, workspace_id in workspace_ids.items()
        }

    def begin(self, may_wait: bool = True) -> None:
        self._session.begin()

    def perform(self, workspace: str, action: Callable[[Any], Any]) -> Any:
        self._session.begin_action()
        self._buffer.begin_action()
        try:
            result = action(self._transactions[workspace])
        except Exception as error:
            self._memory.forget()
            try:
                self._session.undo_action()
            except TransactionLost as lost:
                raise lost from error
            self._buffer.undo_action()
            if isinstance(error, sqlite3.Error):
                raise _explain(error) from error
            raise
        self._session.end_action()
        return result

    def commit(self) -> None:
        self._buffer.begin_action()
        self._buffer.flush(self._session)
        self._session.commit()
        rows, size_bytes = self._buffer.take_flushed()
        self._log_rows += rows
        self._log_bytes += size_bytes
        self._ask_if_large()

    def rollback(self) -> None:
        self._memory.forget()
        self._buffer.clear()
        self._session.rollback()

    def settle(self, gathered: compaction.Gathered) -> None:
        """Finish a part of a compaction."""
        self.apply(partial(compaction.settle, gathered=gathered))
        self._log_rows -= len(gathered.sequences)
        self._log_bytes -= gathered.log_bytes
        self._ask_if_large()

    def _ask_if_large(self) -> None:
        if self._log_rows >= _COMPACTION_ROWS or self._log_bytes >= _COMPACTION_BYTES:
            self._ask_for_compaction()

    def apply(self, change: Callable[[Session], None]) -> None:
        """Make a change between two commits; all of it happens or nothing."""
        self._session.begin()
        try:
            change(self._session)
            self._session.commit()
        except BaseException:
            self._session.rollback()
            raise

    def restless_runs(self) -> set[int] | None:
        return self._settler.begin_period()

    def settle_runs(self, gathered: settling.Gathered) -> set[int] | None:
        self.apply(lambda session: self._settler.settle(session, gathered))
        return self._settler.restless

    def checkpoint(self) -> None:
        """Copy the rest of the write-ahead log, so that the next commit begins it anew."""
        self._session.checkpoint()

    def close(self) -> None:
        self._session.close()


def _connect(path: Path, read_only: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA temp_store = MEMORY")
    # MLflow's LIKE tells capitals apart and its ILIKE does not, in every alphabet.
    connection.execute("PRAGMA case_sensitive_like = ON")
    connection.create_function("lower", 1, _lower, deterministic=True)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _lay_out_wal(connection: sqlite3.Connection) -> None:
    """Write the log full with nothing, and begin it anew."""
    # Written over and over, a small table fills the log and leaves the database small (the same
    # bytes again SQLite would not write). None of it is worth a wait for the disk; the checkpoint
    # in the end waits once for all.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("DROP TABLE IF EXISTS wal_filler")
    connection.execute("CREATE TABLE wal_filler (data BLOB)")
    connection.execute("INSERT INTO wal_filler VALUES (NULL)")
    for _ in range(_WAL_BYTES // _FILLER_BYTES):
        connection.execute("UPDATE wal_filler SET data = randomblob(?)", (_FILLER_BYTES,))
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("DROP TABLE wal_filler")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")


def hold(path: Path) -> IO[bytes]:
    """Lock the folder for this process, until the file is closed or the process ends."""
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Unavailable(
            f"Another Millpond server is using the folder {path.parent}. Stop it first, or give "
            "this one a folder of its own with --data-dir."
        ) from None
    return lock


def _explain(error: Exception) -> Exception:
    """A driver's error in words for the caller; nothing of the request was written."""
    cause = error.__cause__ if isinstance(error, TransactionLost) else error
    if isinstance(cause, MillpondError):
        return cause
    return Unavailable(f"The store could not write or read: {cause}. Nothing was changed.")
