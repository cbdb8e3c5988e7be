"""One connection of a SQL driver, as the shared statements use it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Select

Row = Sequence[Any]


class Session(Protocol):
    """Statements are written with ``:name`` for a parameter; an engine may translate them."""

    def execute(self, sql: str, parameters: Mapping[str, Any] = ...) -> list[Row]:
        """Run one query and fetch all its rows."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row; the statement names its parameters ``?`` in order."""

    def change(self, sql: str, parameters: Mapping[str, Any]) -> int:
        """Run one statement and say how many rows it changed."""

    def change_returning(self, sql: str, parameters: Mapping[str, Any] = ...) -> list[Row]:
        """Run one statement and fetch what its RETURNING says."""

    def select(self, statement: Select[Any]) -> list[Row]:
        """Compile and run a query that was built of tables."""
