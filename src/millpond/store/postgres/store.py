"""The store: a writer, a pool of readers, and a thread that compacts."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from queue import Empty, LifoQueue
from typing import TypeVar

import psycopg

from millpond.errors import MillpondError
from millpond.store.contract import Reader
from millpond.store.group_commit import GroupCommit
from millpond.store.migrations.postgres import upgrade_postgres
from millpond.store.postgres import connecting
from millpond.store.postgres.connecting import Address
from millpond.store.postgres.points import log_end
from millpond.store.postgres.reader import PostgresReader
from millpond.store.postgres.session import PostgresSession
from millpond.store.postgres.writer import PostgresWriter
from millpond.store.sql import compaction
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.sql_store import SqlStore

T = TypeVar("T")

_log = logging.getLogger("millpond.store")

# The point log is compacted when this server has made it longer by so many rows, or bytes, and
# once in so long whoever made it.
_COMPACTION_ROWS = 4_096
_COMPACTION_BYTES = 2 << 20
_HOUSEKEEPING_PERIOD_S = 60.0
# Whoever follows a run reads what is new from the log, so it stays there for a while at least.
_LOG_STAYS_S = 1.0


class PostgresStore(SqlStore):
    """The workspaces in one database. Any number of processes may open it at once."""

    def __init__(self, url: str, max_queued_bytes: int = 256 << 20) -> None:
        """Open the store, making or upgrading its tables as needed.

        max_queued_bytes: how much may wait for the database before writes are refused. Raises
        Unavailable if the database cannot be used, InvalidParameter if the URL is none.
        """
        self._address = Address(url)
        upgrade_postgres(self._address.connect)
        try:
            with self._address.connect() as connection:
                setup = PostgresSession(connection)
                rows = setup.execute("SELECT name, workspace_id FROM workspaces")
                self._workspace_ids = {row[0]: row[1] for row in rows}
                self._quarantine = Quarantine(setup)
                self._database_bytes = _size_of(setup)
            self._readers: LifoQueue[PostgresSession] = LifoQueue()
            self._wake_housekeeper = threading.Event()
            self._log_rows = self._log_bytes = 0
            self._writer = GroupCommit(self._connect_writer, max_queued_bytes, connecting.explain)
        except psycopg.Error as error:
            raise connecting.explain(error) from error
        self._closing = threading.Event()
        self._housekeeper = threading.Thread(
            target=self._keep_house, name="millpond-housekeeper", daemon=True
        )
        self._housekeeper.start()

    @contextmanager
    def read(self, workspace: str) -> Iterator[Reader]:
        workspace_id = self._workspace_id(workspace)
        try:
            session = self._begin_reading()
        except psycopg.Error as error:
            raise connecting.explain(error) from error
        try:
            yield PostgresReader(session, workspace, workspace_id, self._quarantine)
        except psycopg.Error as error:
            raise connecting.explain(error) from error
        finally:
            self._end_reading(session)

    def close(self) -> None:
        self._closing.set()
        self._wake_housekeeper.set()
        self._housekeeper.join()
        self._writer.close()
        while not self._readers.empty():
            self._readers.get().close()

    def _size_bytes(self) -> int:
        return self._database_bytes

    def _connect_writer(self) -> PostgresWriter:
        return PostgresWriter(self._address, self._workspace_ids, self._quarantine, self._count_log)

    def _begin_reading(self) -> PostgresSession:
        """A session of the pool, or a new one if those there died with an earlier server."""
        while True:
            try:
                session = self._readers.get_nowait()
            except Empty:
                session = PostgresSession(self._address.connect())
                session.begin_reading()
                return session
            try:
                session.begin_reading()
            except psycopg.OperationalError:
                session.close()
            else:
                return session

    def _end_reading(self, session: PostgresSession) -> None:
        try:
            session.end_reading()
        except psycopg.Error:
            session.close()
        if not session.connection.closed:
            self._readers.put(session)

    # housekeeping

    def _count_log(self, rows: int, size_bytes: int) -> None:
        self._log_rows += rows
        self._log_bytes += size_bytes
        if self._is_log_long():
            self._wake_housekeeper.set()

    def _is_log_long(self) -> bool:
        return self._log_rows >= _COMPACTION_ROWS or self._log_bytes >= _COMPACTION_BYTES

    def _keep_house(self) -> None:
        """Compact the point log, beside the writer; only one server does it at a time."""
        session: PostgresSession | None = None
        is_last = False
        while not is_last:
            self._wake_housekeeper.wait(_HOUSEKEEPING_PERIOD_S)
            self._wake_housekeeper.clear()
            try:
                if session is None:
                    session = PostgresSession(self._address.connect())
                end = log_end(session)
                is_last = self._closing.wait(_LOG_STAYS_S)
                while self._compact(session, end):
                    pass
                if self._quarantine.has_unmarked:
                    self._quarantine.mark(session)
                if not is_last:
                    self._database_bytes = _size_of(session)
            except (psycopg.Error, MillpondError) as error:
                # The points are safe where they are, and the next turn tries again.
                _log.error("housekeeping failed: %s", connecting.explain(error))
                if session is not None:
                    session.close()
                session = None
                is_last = self._closing.is_set()
        if session is not None:
            session.close()

    def _compact(self, session: PostgresSession, up_to: int) -> int | None:
        """Empty the log up to a row, or a good part of that.

        up_to: not behind the settled end, since what comes before a row that has left the log must
        have come already. Returns how many rows left it, None if another server is at it.
        """
        ((is_mine,),) = session.execute(
            f"SELECT pg_try_advisory_lock({connecting.COMPACTION_LOCK})"
        )
        if not is_mine:
            return None
        count = 0
        try:
            self._log_rows, self._log_bytes = compaction.log_size(session)
            if self._log_rows:
                with closing(PostgresSession(self._address.connect())) as reading:
                    reading.begin_reading()
                    for gathered in compaction.gather(reading, self._quarantine, up_to):
                        self._settle(session, gathered)
                        self._count_log(-len(gathered.sequences), -gathered.log_bytes)
                        count += len(gathered.sequences)
        finally:
            if not session.connection.closed:
                session.execute(f"SELECT pg_advisory_unlock({connecting.COMPACTION_LOCK})")
        return count

    def _settle(self, session: PostgresSession, gathered: compaction.Gathered) -> None:
        """Finish a part of a compaction, in a transaction on the connection that has the lock."""
        session.say("BEGIN")
        try:
            if gathered.repeats:
                # It changes rows that points commits change too.
                session.say(f"SELECT pg_advisory_xact_lock({connecting.TURN_LOCK})")
            session.say(f"SELECT pg_advisory_xact_lock({connecting.POINTS_LOCK})")
            compaction.settle(session, gathered)
            session.say("COMMIT")
        except BaseException:
            if not session.connection.closed:
                session.say("ROLLBACK")
            raise


def _size_of(session: PostgresSession) -> int:
    ((size_bytes,),) = session.execute("SELECT pg_database_size(current_database())")
    return int(size_bytes)
