"""A PostgreSQL database as a whole; see ``store.places``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from millpond.errors import Unavailable
from millpond.store.migrations.postgres import upgrade_postgres, version_of
from millpond.store.postgres import connecting
from millpond.store.postgres.connecting import Address
from millpond.store.postgres.session import PostgresSession
from millpond.store.sql.session import Row


class PostgresPlace:
    """See ``store.places.Place``."""

    def __init__(self, url: str) -> None:
        """Raises Unavailable if the database cannot be reached."""
        self._address = Address(url)
        with _explained():
            self._session = PostgresSession(self._address.connect())

    @property
    def name(self) -> str:
        return str(self._address)

    def take(self) -> None:
        ((is_free,),) = self.execute(f"SELECT pg_try_advisory_lock({connecting.IN_USE_LOCK})")
        if not is_free:
            raise Unavailable(
                f"A Millpond server is using the database {self.name}. Stop all of them first."
            )

    def version(self) -> str | None:
        with _explained():
            return version_of(self._session.connection)

    def upgrade(self) -> None:
        upgrade_postgres(self._address.connect)

    @contextmanager
    def reading(self) -> Iterator[None]:
        with _explained():
            self._session.begin_reading()
            try:
                yield
            finally:
                self._session.end_reading()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with _explained(), self._session.connection.transaction():
            yield

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        with _explained():
            if self._returns_rows(sql):
                return self._session.execute(sql, parameters)
            self._session.change(sql, parameters)
            return []

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with _explained():
            self._session.execute_many(sql, rows)

    def continue_numbers(self, table: str, column: str, above: int) -> None:
        ((sequence,),) = self._session.execute(
            "SELECT pg_get_serial_sequence(:table, :column)", {"table": table, "column": column}
        )
        if sequence is not None:
            self._session.execute(
                "SELECT setval(:sequence, :next, false)",
                {"sequence": sequence, "next": max(above, 0) + 1},
            )

    def unsettle_runs(self) -> None:
        """Nothing is settled here."""

    def close(self) -> None:
        self._session.close()

    @staticmethod
    def _returns_rows(sql: str) -> bool:
        return sql.lstrip().startswith("SELECT")


@contextmanager
def _explained() -> Iterator[None]:
    """The driver's errors in Millpond's words."""
    try:
        yield
    except psycopg.Error as error:
        raise connecting.explain(error) from error
