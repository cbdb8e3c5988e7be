"""A database as a whole, for what is done to it beside servers: see ``move`` and ``check``."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from millpond.errors import DoesNotExist
from millpond.store import migrations
from millpond.store.sql.session import Row
from millpond.store.sqlite import DATABASE_NAME, LOCK_NAME, hold


class Place(Protocol):
    """One database, with one connection to it. Statements are written as for a ``Session``."""

    @property
    def name(self) -> str:
        """Where it is, without a password; equal for the same place."""

    def take(self) -> None:
        """Keep servers away until ``close``. Raises Unavailable if one runs."""

    def version(self) -> str | None:
        """What version its tables say they have; None if it has none."""

    def upgrade(self) -> None:
        """Bring the tables to the newest version."""

    def reading(self) -> AbstractContextManager[None]:
        """All that is read inside is of one moment."""

    def transaction(self) -> AbstractContextManager[None]:
        """What is written inside happens as a whole, and is on disk after it."""

    def execute(self, sql: str, parameters: Mapping[str, Any] = ...) -> list[Row]: ...

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...

    def continue_numbers(self, table: str, column: str, above: int) -> None:
        """The next row that gets a number by itself gets one above this."""

    def unsettle_runs(self) -> None:
        """Have searches look for all runs in the tables, until they are settled anew."""

    def close(self) -> None: ...


class SqlitePlace:
    """A folder with a database in it."""

    def __init__(self, folder: Path, is_new: bool = False) -> None:
        """is_new: whether it may be made. Raises DoesNotExist if there is none and it may not."""
        self._folder = folder.absolute()
        self._path = self._folder / DATABASE_NAME
        if is_new:
            folder.mkdir(parents=True, exist_ok=True)
        elif not self._path.exists():
            raise DoesNotExist(f"There is no database in the folder {folder}.")
        self._lock: Any = None
        self._connection: sqlite3.Connection | None = None

    @property
    def name(self) -> str:
        return f"sqlite:{self._folder}"

    def take(self) -> None:
        self._lock = hold(self._folder / LOCK_NAME)

    def version(self) -> str | None:
        return migrations.version_of(self._connected())

    def upgrade(self) -> None:
        # The upgrade's own connection must find the file free.
        self._disconnect()
        migrations.upgrade_sqlite(self._path)

    @contextmanager
    def reading(self) -> Iterator[None]:
        self._connected().execute("BEGIN")
        try:
            yield
        finally:
            self._connected().execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        return self._connected().execute(sql, parameters).fetchall()

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connected().executemany(sql, rows)

    def continue_numbers(self, table: str, column: str, above: int) -> None:
        """SQLite goes on from the greatest number by itself."""

    def unsettle_runs(self) -> None:
        self.execute("DELETE FROM unsettled_runs")
        self.execute(
            "INSERT INTO unsettled_runs (run_id, workspace_id) "
            "SELECT run_id, workspace_id FROM runs"
        )

    def close(self) -> None:
        self._disconnect()
        if self._lock is not None:
            self._lock.close()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.execute("PRAGMA busy_timeout = 10000")
            self._connection.execute("PRAGMA synchronous = FULL")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
