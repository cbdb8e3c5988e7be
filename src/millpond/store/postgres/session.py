"""One connection, as the shared statements use it; see ``sql.session.Session``."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, LiteralString, cast

import psycopg
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect

from millpond.store.postgres.prepared import checked
from millpond.store.sql.session import Row


class PostgresSession:
    """Statements run as they are called for; reading sees one moment."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._cursor = connection.cursor()

    def execute(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        return self._cursor.execute(_translated(sql), parameters).fetchall()

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        if len(rows) == 1:
            self._cursor.execute(_translated(sql), rows[0])
        elif rows:
            self._cursor.executemany(_translated(sql), rows)

    def change(self, sql: str, parameters: Mapping[str, Any] = {}) -> int:
        return self._cursor.execute(_translated(sql), parameters).rowcount

    def change_returning(self, sql: str, parameters: Mapping[str, Any] = {}) -> list[Row]:
        return self._cursor.execute(_translated(sql), parameters).fetchall()

    def select(self, statement: Select[Any]) -> list[Row]:
        compiled = statement.compile(
            dialect=_dialect_of(self.connection.info.server_version),
            compile_kwargs={"render_postcompile": True},
        )
        # It is in the driver's own terms already.
        return self._cursor.execute(_literal(str(compiled)), compiled.params).fetchall()

    def say(self, sql: str) -> None:
        """Run statements that have no parameters and no answer."""
        # The driver would take every ROLLBACK as a reason to forget what it prepared.
        checked(self.connection.pgconn.exec_(sql.encode()))

    def begin_reading(self) -> None:
        self.say("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def end_reading(self) -> None:
        if self.is_in_transaction:
            self.say("ROLLBACK")

    @property
    def is_in_transaction(self) -> bool:
        idle = psycopg.pq.TransactionStatus.IDLE
        return not self.connection.closed and self.connection.info.transaction_status != idle

    def close(self) -> None:
        self.connection.close()


def _literal(sql: str) -> LiteralString:
    # The driver asks type checkers to hold that no user's text gets into a statement. Ours are
    # constants with numbers in them, which is more than they can see.
    return sql


@cache
def _placeholders(sql: str) -> LiteralString:
    translated = re.sub(r"(?<![:\w]):([a-z_][a-z0-9_]*)", r"%(\1)s", sql.replace("%", "%%"))
    return _literal(translated.replace("?", "%s"))


def _translated(sql: str) -> LiteralString:
    # Lists of ids make a statement one of a kind: not worth remembering.
    if " IN (" in sql:
        return _placeholders.__wrapped__(sql)
    return _placeholders(sql)


class _Compiler(PGCompiler):
    """Texts compare as in every engine: LIKE has no escape character, and case is Unicode's."""

    def visit_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        like = super().visit_like_op_binary(binary, operator, **kw)  # type: ignore[no-untyped-call]
        return f"{like} ESCAPE ''"

    def visit_not_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        like = super().visit_not_like_op_binary(  # type: ignore[no-untyped-call]
            binary, operator, **kw
        )
        return f"{like} ESCAPE ''"

    def visit_lower_func(self, function: Any, **kw: Any) -> str:
        folding = cast(_Dialect, self.dialect).folding
        argument = self.process(function.clauses, **kw)
        return f'lower({argument} COLLATE "{folding}") COLLATE "C"'


class _Dialect(PGDialect):
    statement_compiler = _Compiler

    def __init__(self, folding: str) -> None:
        super().__init__(paramstyle="pyformat")  # type: ignore[no-untyped-call]
        self.folding = folding


@cache
def _dialect_of(server_version: int) -> _Dialect:
    """Which collation knows all of Unicode's capitals depends on the server's age."""
    return _Dialect("pg_unicode_fast" if server_version >= 180_000 else "und-x-icu")
