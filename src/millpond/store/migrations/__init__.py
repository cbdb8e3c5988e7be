"""How a database gets from any earlier shape to today's: Alembic's versions, one after another."""

import sqlite3
from pathlib import Path

HEAD = "0001"
"""The newest version; a database that says so needs nothing, and Alembic is not even loaded."""


def upgrade_sqlite(path: Path) -> None:
    """Make the database if it is not there, and bring it to the newest version."""
    connection = sqlite3.connect(path)
    try:
        # Only an empty database takes these two.
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = WAL")
        if version_of(connection) == HEAD:
            return
    finally:
        connection.close()
    _upgrade(f"sqlite:///{path}")


def version_of(connection: sqlite3.Connection) -> str | None:
    """The version a database says it has, None if it is empty."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return row[0] if row else None


def _upgrade(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")
