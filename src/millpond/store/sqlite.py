"""SQLite: one file, one writer thread, any number of readers.

WAL mode with ``synchronous=FULL``: a commit returns when its pages are on the disk.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import IO, Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite as sqlite_dialect

from millpond.errors import DoesNotExist, MillpondError, Unavailable
from millpond.store import migrations
from millpond.store.contract import Reader, Transaction
from millpond.store.group_commit import GroupCommit, TransactionLost
from millpond.store.sql.point_buffer import PointBuffer
from millpond.store.sql.reader import SqlReader
from millpond.store.sql.session import Row
from millpond.store.sql.transaction import SqlTransaction
from millpond.store.sql.writer_memory import WriterMemory

T = TypeVar("T")

DATABASE_NAME = "millpond.db"
LOCK_NAME = "millpond.lock"
# Overwriting the log that is there is faster than making it longer, so it is laid out at the start
# and copied into the database (and begun anew) when it has grown to this size.
_WAL_BYTES = 4 << 20
_CHECKPOINT_BYTES = 64 << 20
_CHECKPOINT_PERIOD_S = 2.0
_DIALECT = sqlite_dialect.dialect(paramstyle="named")


class SqliteStore:
    """The workspaces in one folder. One process holds a folder at a time."""

    def __init__(self, folder: Path, max_queued_bytes: int = 256 << 20) -> None:
        """Open the store, making or upgrading it as needed.

        max_queued_bytes: how much may wait for the disk before writes are refused. Raises
        Unavailable if another process holds the folder.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / DATABASE_NAME
        self._lock = _hold(folder / LOCK_NAME)
        try:
            migrations.upgrade_sqlite(self._path)
            setup = _connect(self._path)
            rows = setup.execute("SELECT name, workspace_id FROM workspaces").fetchall()
            _lay_out_wal(setup)
            setup.close()
            self._workspace_ids: dict[str, int] = dict(rows)
            self._readers: LifoQueue[_SqliteSession] = LifoQueue()
            self._writer = GroupCommit(self._connect_writer, max_queued_bytes, _explain)
        except BaseException:
            self._lock.close()
            raise
        self._closed = threading.Event()
        self._checkpointer = threading.Thread(
            target=self._checkpoint_often, name="millpond-checkpoint", daemon=True
        )
        self._checkpointer.start()

    @contextmanager
    def read(self, workspace: str) -> Iterator[Reader]:
        workspace_id = self._workspace_id(workspace)
        try:
            session = self._readers.get_nowait()
        except Empty:
            session = _SqliteSession(_connect(self._path, read_only=True))
        try:
            session.begin_reading()
            yield SqlReader(session, workspace, workspace_id)
        except sqlite3.Error as error:
            raise _explain(error) from error
        finally:
            session.end_reading()
            self._readers.put(session)

    def write(
        self, workspace: str, action: Callable[[Transaction], T], size_bytes: int = 0
    ) -> "Future[T]":
        self._workspace_id(workspace)
        return self._writer.submit(workspace, action, size_bytes)

    def workspaces(self) -> list[str]:
        return sorted(self._workspace_ids)

    def statistics(self) -> Mapping[str, Any]:
        return {
            "writes_total": self._writer.writes,
            "commits_total": self._writer.commits,
            "queued_bytes": self._writer.queued_bytes,
            "database_bytes": self._path.stat().st_size,
        }

    def close(self) -> None:
        self._closed.set()
        self._writer.close()
        self._checkpointer.join()
        while not self._readers.empty():
            self._readers.get().close()
        self._lock.close()

    def _connect_writer(self) -> "_WriterConnection":
        return _WriterConnection(_connect(self._path), self._workspace_ids)

    def _workspace_id(self, workspace: str) -> int:
        found = self._workspace_ids.get(workspace)
        if found is None:
            raise DoesNotExist(f"Workspace '{workspace}' not found")
        return found

    def _checkpoint_often(self) -> None:
        """Copy the log into the database from time to time, so that no request pays for it."""
        connection = _connect(self._path)
        wal = self._path.with_name(DATABASE_NAME + "-wal")
        while not self._closed.wait(_CHECKPOINT_PERIOD_S):
            if wal.exists() and wal.stat().st_size > _CHECKPOINT_BYTES:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.close()


class _SqliteSession:
    """See ``sql.session.Session``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._in_action = False
        self._changed = False

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        return self._cursor.execute(sql, parameters).fetchall()

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._before_change()
        self._cursor.executemany(sql, rows)

    def change(self, sql: str, parameters: Mapping[str, Any] = {}) -> int:
        self._before_change()
        return self._cursor.execute(sql, parameters).rowcount

    def change_returning(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        self._before_change()
        return self._cursor.execute(sql, parameters).fetchall()

    def select(self, statement: Select[Any]) -> list[Row]:
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        return self.execute(str(compiled), compiled.params)

    def begin_reading(self) -> None:
        self._cursor.execute("BEGIN")

    def end_reading(self) -> None:
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._cursor.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def begin_action(self) -> None:
        # The savepoint itself waits for the first change: most actions only add points, which are
        # buffered, and need none.
        self._in_action = True
        self._changed = False

    def end_action(self) -> None:
        if self._changed:
            self._cursor.execute("RELEASE action")
        self._in_action = self._changed = False

    def undo_action(self) -> None:
        """Undo what the action changed. Raises TransactionLost if all is undone already."""
        if not self._connection.in_transaction:
            raise TransactionLost
        if self._changed:
            self._cursor.execute("ROLLBACK TO action")
            self._cursor.execute("RELEASE action")
        self._in_action = self._changed = False

    def close(self) -> None:
        self._connection.close()

    def _before_change(self) -> None:
        if self._in_action and not self._changed:
            self._cursor.execute("SAVEPOINT action")
            self._changed = True


class _WriterConnection:
    """The one connection that writes; see ``group_commit.Connection``."""

    def __init__(self, connection: sqlite3.Connection, workspace_ids: Mapping[str, int]) -> None:
        self._session = _SqliteSession(connection)
        self._memory = WriterMemory()
        self._buffer = PointBuffer()
        self._transactions = {
            name: SqlTransaction(self._session, name, workspace_id, self._memory, self._buffer)
            for name, workspace_id in workspace_ids.items()
        }

    def begin(self) -> None:
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

    def rollback(self) -> None:
        self._memory.forget()
        self._buffer.clear()
        self._session.rollback()

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
    connection.execute("CREATE TABLE IF NOT EXISTS wal_filler (data BLOB)")
    connection.execute("INSERT INTO wal_filler VALUES (zeroblob(?))", (_WAL_BYTES,))
    connection.execute("DROP TABLE wal_filler")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")


def _hold(path: Path) -> IO[bytes]:
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
