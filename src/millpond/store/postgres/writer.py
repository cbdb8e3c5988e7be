"""The connection that writes for one server, beside those of other servers.

Most commits only add: points to runs that this server knows, and runs to experiments that it knows.
They touch the database once, when the actions are done: an *adding commit* locks the runs and
experiments it relies on against changes, in key order and without waiting, looks whether they are
as remembered, and adds everything. Any number of servers do that at once.

An action that reads or changes anything else takes the *turn* first, a lock that one server holds
at a time and until its commit. So what it read is still so when it writes, and two of them never
wait for each other in a circle. An adding commit that meets a run or experiment under change is
performed again with the turn.

Names become numbers on a connection of their own, at once and for good, so that no commit waits
for another one's names.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from millpond.errors import Unavailable
from millpond.store.group_commit import CommitAgain, TransactionLost
from millpond.store.postgres import adding, arrays, connecting
from millpond.store.postgres.commit_marks import CommitMark
from millpond.store.postgres.connecting import Address
from millpond.store.postgres.memory import PostgresMemory
from millpond.store.postgres.points import LAY_LOG_BASE, PostgresPointBuffer
from millpond.store.postgres.session import PostgresSession
from millpond.store.postgres.transaction import PostgresTransaction
from millpond.store.postgres.writer_session import REFUSED, MayNotWait, WriterSession
from millpond.store.sql.quarantine import Quarantine

_log = logging.getLogger("millpond.store")

# How long a commit is tried again while the database cannot be reached.
_PATIENCE_S = 3.0
# How long, if nobody knows whether it was committed.
_DOUBT_PATIENCE_S = 5.0
_PAUSE_S = 0.05
_MAX_CONFLICTS = 10


class PostgresWriter:
    """See ``group_commit.Connection``."""

    def __init__(
        self,
        address: Address,
        workspace_ids: Mapping[str, int],
        quarantine: Quarantine,
        count_log: Callable[[int, int], None],
    ) -> None:
        """count_log: told how many rows, and bytes of points, each commit adds to the log."""
        self._address = address
        self._workspace_ids = workspace_ids
        self._quarantine = quarantine
        self._count_log = count_log
        self._memory = PostgresMemory()
        self._buffer = PostgresPointBuffer()
        self._mark = CommitMark()
        self._transactions: dict[str, PostgresTransaction] = {}
        self._session: WriterSession | None = None
        self._names: PostgresSession | None = None
        self._needs_turn = self._is_careful = False
        # Whether a transaction that is given up leaves what is remembered as it is.
        self._is_memory_sound = False
        self._conflicts = 0
        # When the database could not be reached first, and whether it has been waited for.
        self._lost_s: float | None = None
        self._connect()

    def begin(self, may_wait: bool = True) -> None:
        if not may_wait and (self._session is None or self._needs_turn):
            raise CommitAgain
        if self._session is None:
            try:
                self._connect()
            except (psycopg.Error, Unavailable) as error:
                raise self._no_connection(error) from error
            self._lost_s = None
        assert self._session is not None
        self._session.may_wait = may_wait
        self._session.is_careful = self._is_careful
        self._buffer.begin_transaction()
        if self._needs_turn:
            try:
                self._session.take_turn()
            except psycopg.Error as error:
                raise self._again(error) from error

    def perform(self, workspace: str, action: Callable[[Any], Any]) -> Any:
        session = self._session
        assert session is not None
        session.begin_action()
        self._buffer.begin_action()
        try:
            result = action(self._transactions[workspace])
            session.end_action()
        except MayNotWait:
            # What is remembered was not found to be wrong.
            self._needs_turn = self._is_memory_sound = True
            raise
        except CommitAgain:
            self._count_conflict()
            raise
        except Exception as error:
            if isinstance(error, psycopg.Error) and self._is_passing(error):
                raise self._again(error) from error
            try:
                session.undo_action()
            except psycopg.Error as lost:
                raise self._again(lost) from error
            except TransactionLost as lost:
                raise lost from error
            if session.has_turn:
                self._memory.forget()
            self._memory.forget_runs(new.place for new in session.new_runs.undo_action())
            self._buffer.undo_action()
            if isinstance(error, psycopg.Error):
                raise connecting.explain(error) from error
            raise
        return result

    def commit(self) -> None:
        session = self._session
        assert session is not None
        try:
            if session.has_turn:
                self._commit_turn(session)
            elif self._buffer.is_empty and not session.new_runs:
                # Nothing was changed, but what was answered must have been so.
                session.check_relied()
            else:
                self._commit_added(session)
        except CommitAgain:
            self._count_conflict()
            raise
        except psycopg.Error as error:
            raise self._again(error) from error
        session.end("ROLLBACK")
        self._conflicts = 0
        self._needs_turn = self._is_careful = False
        self._count_log(*self._buffer.take_flushed())

    def rollback(self) -> None:
        session = self._session
        self._buffer.clear()
        self._buffer.take_flushed()
        if self._is_memory_sound and session is not None:
            self._memory.forget_runs(session.new_runs.rows)
        else:
            self._memory.forget()
        self._is_memory_sound = False
        if session is not None:
            self._is_careful |= session.must_be_careful
            session.must_be_careful = False
            try:
                session.end("ROLLBACK")
            except psycopg.Error:
                self._disconnect()

    def _commit_added(self, session: WriterSession) -> None:
        """See the module's first words."""
        try:
            version = adding.commit(session, self._buffer, self._mark)
            if version is None:
                raise CommitAgain
        except REFUSED as error:
            session.must_be_careful = True
            raise CommitAgain from error
        except psycopg.Error as error:
            self._resolve(error)
        else:
            self._mark.count()
            for run in session.new_runs.rows.values():
                self._memory.versions[run.row_id] = version
        self._buffer.count_written()

    def _commit_turn(self, session: WriterSession) -> None:
        session.prepare()
        with session.connection.pipeline():
            self._buffer.write_down(session)
            marked = self._mark.set(session.connection)
        if marked.rowcount != 1:
            self._disconnect()
            raise CommitAgain
        self._memory.versions.update(session.new_runs.versions)
        try:
            session.end("COMMIT")
        except psycopg.Error as error:
            self._resolve(error)
        else:
            self._mark.count()

    def close(self) -> None:
        if self._session is not None:
            try:
                self._mark.take_up(self._session.connection)
            except psycopg.Error:
                _log.debug("the commit mark stays")
        self._disconnect()

    # what may go wrong

    def _is_gone(self, error: psycopg.Error) -> bool:
        session, names = self._session, self._names
        return (
            session is None
            or names is None
            or connecting.is_lost(error, session.connection)
            or names.connection.closed
        )

    def _is_passing(self, error: psycopg.Error) -> bool:
        return self._is_gone(error) or isinstance(error, connecting.PASSING)

    def _again(self, error: psycopg.Error) -> Exception:
        """What to raise for an error of the whole transaction, of which nothing was kept."""
        if self._is_gone(error):
            self._disconnect()
            return self._count_conflict_or(error)
        if isinstance(error, connecting.PASSING):
            return self._count_conflict_or(error)
        return error

    def _count_conflict(self) -> None:
        """Another try, with the turn. Raises Unavailable when there were too many."""
        self._conflicts += 1
        self._needs_turn = True
        if self._conflicts > _MAX_CONFLICTS:
            self._conflicts = 0
            raise Unavailable(
                "Other servers kept changing the same runs. Nothing was changed; send this again."
            )

    def _count_conflict_or(self, error: psycopg.Error) -> Exception:
        self._conflicts += 1
        self._needs_turn = True
        if self._conflicts > _MAX_CONFLICTS:
            self._conflicts = 0
            return error
        return CommitAgain()

    def _no_connection(self, error: Exception) -> Exception:
        """Wait a moment and try again, or give up: then the next ones are not kept waiting."""
        now_s = time.monotonic()
        if self._lost_s is None:
            self._lost_s = now_s
            _log.error("the database cannot be reached: %s", error)
        if now_s - self._lost_s > _PATIENCE_S:
            self._conflicts = 0
            return error
        time.sleep(_PAUSE_S)
        return CommitAgain()

    def _resolve(self, error: psycopg.Error) -> None:
        """Return if what was to be committed is committed, in spite of the error.

        Raises CommitAgain if it is not and may be tried again. After a lost connection the
        database has to be asked, when it is back; on a new connection everything is asked anew.
        """
        if not self._is_gone(error):
            raise self._again(error)
        give_up_s = time.monotonic() + _DOUBT_PATIENCE_S
        while True:
            try:
                if self._connect():
                    return
            except (psycopg.Error, Unavailable):
                if time.monotonic() > give_up_s:
                    # Whoever comes next need not wait any more.
                    self._lost_s = give_up_s - _DOUBT_PATIENCE_S
                    raise Unavailable(
                        "The database went away during a commit and is not back: it is not known "
                        "whether this was kept. Look before you send it again."
                    ) from error
                time.sleep(_PAUSE_S)
            else:
                raise CommitAgain

    # connections

    def _connect(self) -> bool:
        """Whether the commit that was tried last had happened.

        Raises psycopg.Error if the database is away, Unavailable if it is taken.
        """
        self._disconnect()
        connection = self._address.connect()
        try:
            arrays.register(connection)
            # What is answered is on disk, whatever others who use the database want.
            connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
            hold_database(connection)
            names = self._address.connect()
        except BaseException:
            connection.close()
            raise
        # What follows on the other connection takes these to the disk with it.
        try:
            names.execute("SET synchronous_commit = off")
            (log_base,) = connection.execute(LAY_LOG_BASE).fetchone() or (0,)
            had_happened = self._mark.lay_down(connection)
        except BaseException:
            names.close()
            connection.close()
            raise
        self._buffer.begin_connection(log_base)
        self._names = PostgresSession(names)
        session = self._session = WriterSession(connection, self._names)
        self._transactions = {
            name: PostgresTransaction(
                session, name, workspace_id, self._quarantine, self._memory, self._buffer
            )
            for name, workspace_id in self._workspace_ids.items()
        }
        return had_happened

    def _disconnect(self) -> None:
        """A database that crashed may have lost the latest names, so they go too."""
        for session in (self._session, self._names):
            if session is not None:
                session.close()
        self._session = self._names = None
        self._memory.forget_all()


def hold_database(connection: psycopg.Connection[Any]) -> None:
    """Say that a server uses the database, as long as this connection lives."""
    (is_free,) = connection.execute(
        f"SELECT pg_try_advisory_lock_shared({connecting.IN_USE_LOCK})"
    ).fetchone() or (False,)
    if not is_free:
        raise Unavailable(
            "A `millpond db` command has the database for itself; start again when it is done."
        )
