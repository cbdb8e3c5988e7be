"""How a database gets from any earlier shape to today's: Alembic's versions, one after another."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from millpond.errors import Unavailable

HEAD = "0007"
"""The newest version; a database that says so needs nothing, and Alembic is not even loaded."""
MOVING = "moving"
"""What the target of a move says until it has everything."""


def upgrade_sqlite(path: Path) -> None:
    """Make the database if it is not there, and bring it to the newest version.

    All of it happens or nothing. Raises Unavailable if the file is no database, or a newer one.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            version = version_of(connection)
            check_version(version, str(path))
            if version == HEAD:
                return
            # Only an empty database takes these two.
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("PRAGMA journal_mode = WAL")
        _upgrade(path)
    except (sqlite3.Error, DBAPIError) as error:
        raise Unavailable(f"{path} cannot be opened: {error}") from error


def version_of(connection: sqlite3.Connection) -> str | None:
    """The version a database says it has, None if it is empty."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return row[0] if row else None


def check_version(version: str | None, place: str) -> None:
    """Raises Unavailable for a database that this Millpond must leave alone."""
    if version is not None and version.startswith(MOVING):
        raise Unavailable(
            f"{place} is the half-finished target of `millpond db move`. Run the same move again; "
            "it goes on where it was stopped."
        )
    if version is not None and version > HEAD:
        raise Unavailable(
            f"{place} was written by a newer Millpond (version {version} of the tables, "
            f"this one knows {HEAD}). Run that one, or restore an older copy."
        )


def run_versions(connection: Connection) -> None:
    """Run the versions that the database lacks, in the transaction of this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upgrade(path: Path) -> None:
    # The driver would commit every CREATE TABLE by itself; a server that is killed here must find
    # an empty database, not half of one.
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, isolation_level=None),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        run_versions(connection)
