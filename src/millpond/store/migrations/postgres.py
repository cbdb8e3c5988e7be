"""The same versions on PostgreSQL, and what its tables get besides."""

from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler, PGTypeCompiler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from millpond.errors import Unavailable
from millpond.store import migrations

# Advisory locks have numbers; ours begin with "mill" in ASCII.
LOCK_NUMBERS = 0x6D696C6C_00000000
_MIGRATION_LOCK = LOCK_NUMBERS + 1

# What the shared definitions of the tables cannot say. All of it may be said again.
_FITTINGS = (
    # Which commit of a server was its last; see ``postgres.commit_marks``.
    """CREATE TABLE IF NOT EXISTS commit_marks
       (writer UUID PRIMARY KEY, number BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL)""",
    # How the numbers of the log follow from those of transactions; see ``postgres.points``.
    """CREATE TABLE IF NOT EXISTS log_base
       (is_only BOOLEAN PRIMARY KEY DEFAULT true CHECK (is_only), value BIGINT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS point_log_by_run ON point_log (run_id)",
    # The bytes are compressed already, or soon will be.
    "ALTER TABLE point_log ALTER data SET STORAGE EXTERNAL",
    "ALTER TABLE segments ALTER data SET STORAGE EXTERNAL",
    # Room in every page for the next version of a row: then no index has to be touched.
    "ALTER TABLE latest SET (fillfactor = 70)",
    "ALTER TABLE runs SET (fillfactor = 80)",
    # Most rows of the log live for seconds.
    """ALTER TABLE point_log SET (autovacuum_vacuum_scale_factor = 0,
       autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1)""",
)


def upgrade_postgres(connect: Callable[[], psycopg.Connection[Any]]) -> None:
    """Bring the database to the newest version, all of it or nothing.

    Of several servers that start at once one does it, and the others wait. Raises Unavailable if
    the database cannot be used, or is a newer one.
    """
    try:
        with connect() as connection:
            if _is_current(connection):
                return

        def connect_for_one_transaction() -> psycopg.Connection[Any]:
            connection = connect()
            connection.autocommit = False
            return connection

        engine = create_engine(
            "postgresql+psycopg://", creator=connect_for_one_transaction, poolclass=NullPool
        )
        # Here every integer has 64 bits, and texts compare by code point as Python's do.
        engine.dialect.ddl_compiler = _Tables
        engine.dialect.type_compiler_instance = _Types(engine.dialect)
        with engine.begin() as upgrade:
            _upgrade(upgrade)
    except (psycopg.Error, DBAPIError) as error:
        raise Unavailable(f"The database cannot be used: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """What a driver's error says, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return str(cause).strip().partition("\n")[0]


def version_of(connection: psycopg.Connection[Any]) -> str | None:
    """The version a database says it has, None if it is empty."""
    found = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if found is None or found[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _is_current(connection: psycopg.Connection[Any]) -> bool:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Unavailable(
            f"The database keeps its texts as {encoding}; Millpond needs one that was made with "
            "ENCODING 'UTF8'."
        )
    version = version_of(connection)
    migrations.check_version(version, f"The database {connection.info.dbname}")
    return version == migrations.HEAD


def _upgrade(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    # Another server may have done it meanwhile.
    driver_connection = connection.connection.driver_connection
    if driver_connection is not None and _is_current(driver_connection):
        return
    migrations.run_versions(connection)
    for statement in _FITTINGS:
        connection.exec_driver_sql(statement)


class _Types(PGTypeCompiler):
    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BIGINT"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return 'TEXT COLLATE "C"'


class _Tables(PGDDLCompiler):
    def get_column_specification(self, column: Any, **kw: Any) -> str:
        specification = super().get_column_specification(  # type: ignore[no-untyped-call]
            column, **kw
        )
        return str(specification).replace(" SERIAL", " BIGSERIAL")
