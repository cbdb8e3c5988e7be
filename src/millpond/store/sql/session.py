"""One connection of a SQL driver, as the shared statements use it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Select

Row = Sequence[Any]

_IDS_PER_STATEMENT = 1_000


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


def chunks(ids: Sequence[int]) -> Iterator[str]:
    """The ids as lists for SQL's IN, a statement's worth at a time."""
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ",".join(str(int(i)) for i in ids[start : start + _IDS_PER_STATEMENT])
