"""One connection to SQLite, as the shared statements use it."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite as sqlite_dialect

from millpond.store.group_commit import TransactionLost
from millpond.store.sql.session import Row
from millpond.store.sqlite_runs import SqliteNewRuns

_PAGE_BYTES = 4_096
_DIALECT = sqlite_dialect.dialect(paramstyle="named")


class SqliteSession:
    """See ``sql.session.Session``."""

    def __init__(
        self, connection: sqlite3.Connection, new_runs: SqliteNewRuns | None = None
    ) -> None:
        """new_runs: what is written before any statement of a transaction."""
        self._connection = connection
        self._new_runs = SqliteNewRuns(0) if new_runs is None else new_runs
        self._cursor = connection.cursor()
        self._in_action = False
        self._changed = False

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        if self._new_runs:
            self._write_new_runs()
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
        self._new_runs.write_all(self._cursor)
        self._cursor.execute("COMMIT")

    def rollback(self) -> None:
        self._new_runs.clear()
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def begin_action(self) -> None:
        # The savepoint itself waits for the first change: most actions only add points, which are
        # buffered, and need none.
        self._in_action = True
        self._changed = False
        self._new_runs.begin_action()

    def end_action(self) -> None:
        if self._changed:
            self._cursor.execute("RELEASE action")
        self._in_action = self._changed = False

    def undo_action(self) -> None:
        """Undo what the action changed. Raises TransactionLost if all is undone already."""
        if not self._connection.in_transaction:
            raise TransactionLost
        self._new_runs.undo_action()
        try:
            if self._changed:
                self._cursor.execute("ROLLBACK TO action")
                self._cursor.execute("RELEASE action")
        except sqlite3.Error as error:
            raise TransactionLost from error
        self._in_action = self._changed = False

    def checkpoint(self) -> int:
        """Copy the write-ahead log into the database without making anyone wait.

        Returns how many bytes of log there are.
        """
        _, pages, _ = self._cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return int(pages) * _PAGE_BYTES

    def close(self) -> None:
        self._connection.close()

    def _before_change(self) -> None:
        if self._new_runs:
            self._write_new_runs()
        self._begin_savepoint()

    def _write_new_runs(self) -> None:
        if not self._in_action:
            self._new_runs.write_all(self._cursor)
            return
        # The first statement of the action: what earlier ones brought stays if this one is undone.
        self._new_runs.write_earlier(self._cursor)
        if self._new_runs:
            self._begin_savepoint()
            self._new_runs.write_all(self._cursor)

    def _begin_savepoint(self) -> None:
        if self._in_action and not self._changed:
            self._cursor.execute("SAVEPOINT action")
            self._changed = True
