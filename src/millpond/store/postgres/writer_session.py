"""The session of a writer: it takes the turn before it reads or changes; see ``writer``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

from millpond.store.group_commit import CommitAgain, TransactionLost
from millpond.store.postgres import connecting
from millpond.store.postgres.new_runs import PostgresNewRuns
from millpond.store.postgres.prepared import PreparedStatements
from millpond.store.postgres.session import PostgresSession
from millpond.store.sql.session import Row

# A row's version is the transaction that wrote it.
_RUN_VERSIONS = "SELECT run_id, xmin::text::bigint FROM runs WHERE run_id = ANY(%s::bigint[])"
_EXPERIMENT_VERSIONS = (
    "SELECT experiment_id, xmin::text::bigint FROM experiments "
    "WHERE experiment_id = ANY(%s::bigint[])"
)


REFUSED = (psycopg.DataError, psycopg.IntegrityError)
"""A value, or a row, that the tables do not take."""


class MayNotWait(CommitAgain):
    """The turn is needed, and may not be waited for."""


class WriterSession(PostgresSession):
    """Takes the turn before it reads or changes anything, and a savepoint for each action."""

    def __init__(self, connection: psycopg.Connection[Any], names: PostgresSession) -> None:
        super().__init__(connection)
        self._names = names
        self.prepared = PreparedStatements(connection)
        self._is_outside = False
        self._in_action = False
        self._has_savepoint = False
        # Whether an earlier action left one, which nothing needs any more.
        self._has_old_savepoint = False
        self.has_turn = False
        # Row ids and versions of what was remembered instead of read.
        self.relied: dict[int, int] = {}
        self.relied_experiments: dict[int, int] = {}
        # The runs and experiments that were read, or changed, since the turn was taken.
        self.fresh: set[tuple[int, str]] = set()
        self.fresh_experiments: set[tuple[int, int]] = set()
        self.new_runs = PostgresNewRuns()
        # Whether the turn may be waited for.
        self.may_wait = True
        # Whether what is added is written at once, since some of it was refused; and whether this
        # should be so from the next time on.
        self.is_careful = self.must_be_careful = False

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        if self._is_outside:
            return self._names.execute(sql, parameters)
        self.prepare()
        return super().execute(sql, parameters)

    def execute_many(self, sql: str, rows: Any) -> None:
        rows = list(rows)
        if rows:
            self.prepare()
            super().execute_many(sql, rows)

    def change(self, sql: str, parameters: Mapping[str, Any] = {}) -> int:
        self.prepare()
        return super().change(sql, parameters)

    def change_returning(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        if self._is_outside:
            return self._names.change_returning(sql, parameters)
        self.prepare()
        return super().change_returning(sql, parameters)

    def select(self, statement: Any) -> list[Row]:
        self.prepare()
        return super().select(statement)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Statements inside are committed one by one, and take no turn."""
        self._is_outside = True
        try:
            yield
        finally:
            self._is_outside = False

    def take_turn(self) -> None:
        """Raises CommitAgain if something remembered is not so, or this may not wait."""
        if self.has_turn:
            return
        if not self.may_wait:
            raise MayNotWait
        self.say(f"BEGIN; SELECT pg_advisory_xact_lock({connecting.TURN_LOCK})")
        self.has_turn = True
        self.check_relied()

    def check_relied(self) -> None:
        """Raises CommitAgain unless the runs and experiments relied on are as they were."""
        for query, relied in (
            (_RUN_VERSIONS, self.relied),
            (_EXPERIMENT_VERSIONS, self.relied_experiments),
        ):
            if relied:
                rows = self.run_raw(query, [list(relied)]).fetchall()
                if dict(rows) != relied:
                    raise CommitAgain
                relied.clear()

    def ask_names(self, sql: LiteralString, parameters: Sequence[Any]) -> list[Row]:
        """Run a statement of PostgreSQL's own on the connection for names."""
        return self._names.connection.execute(sql, parameters).fetchall()

    def run_raw(
        self, sql: LiteralString, parameters: Sequence[Any] | Mapping[str, Any]
    ) -> psycopg.Cursor[Any]:
        """Run a statement of PostgreSQL's own."""
        return self.connection.execute(sql, parameters)

    def begin_action(self) -> None:
        self._in_action = True
        self._has_savepoint = False
        self.new_runs.begin_action()

    def end_action(self) -> None:
        # Its savepoint goes with the next one, or with the transaction.
        self._has_old_savepoint |= self._has_savepoint
        self._in_action = self._has_savepoint = False

    def undo_action(self) -> None:
        """Undo what the action changed. Raises TransactionLost if all is undone already."""
        has_savepoint, self._has_savepoint = self._has_savepoint, False
        self._in_action = False
        if has_savepoint:
            self.say("ROLLBACK TO action; RELEASE action")
        elif self.has_turn and self.connection.info.transaction_status != TransactionStatus.INTRANS:
            raise TransactionLost

    def end(self, word: str) -> None:
        """COMMIT or ROLLBACK, if there is anything."""
        self.has_turn = self._in_action = self._has_savepoint = self._has_old_savepoint = False
        self.relied.clear()
        self.relied_experiments.clear()
        self.fresh.clear()
        self.fresh_experiments.clear()
        self.new_runs.clear()
        if self.is_in_transaction:
            self.say(word)

    def prepare(self) -> None:
        """Take the turn, make the action one that can be undone, and leave no run to be added."""
        self.take_turn()
        if self._in_action and not self._has_savepoint:
            self._add(self.new_runs.write_earlier)
            if self._has_old_savepoint:
                self.say("RELEASE action; SAVEPOINT action")
            else:
                self.say("SAVEPOINT action")
            self._has_savepoint, self._has_old_savepoint = True, False
        if self.new_runs:
            self._add(self.new_runs.write_all)

    def _add(self, write: Callable[["WriterSession"], None]) -> None:
        """Write runs of several actions. Raises CommitAgain if one cannot be written."""
        try:
            write(self)
        except REFUSED as error:
            # Nobody knows which one it was, and this action may not be to blame.
            self.must_be_careful = True
            raise CommitAgain from error
