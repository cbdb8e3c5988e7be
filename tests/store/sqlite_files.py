"""SQLite stores for tests: quickly made, and made to tidy up when a test says so."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from millpond.store import sqlite
from millpond.store.sqlite import SqliteStore
from millpond.store.sqlite_session import SqliteSession

# Where a test is about meaning and not about disks, memory spares the waiting.
_MEMORY = Path("/dev/shm")


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder with a store's database in it, already migrated."""
    with tempfile.TemporaryDirectory(
        prefix="millpond-test-", dir=_MEMORY if _MEMORY.is_dir() else None
    ) as name:
        folder = Path(name) / "data"
        folder.mkdir()
        (folder / sqlite.DATABASE_NAME).write_bytes(_new_database())
        yield folder


@cache
def _new_database() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        SqliteStore(Path(name)).close()
        return (Path(name) / sqlite.DATABASE_NAME).read_bytes()


def compact(store: SqliteStore) -> None:
    """Move the point log into segments now, without waiting for it to grow."""
    session = SqliteSession(sqlite._connect(store._path))
    try:
        store._compact(session)
    finally:
        session.close()


def settle(store: SqliteStore) -> None:
    """Put runs into columns now, however short they have been quiet."""
    session = SqliteSession(sqlite._connect(store._path))
    try:
        # Once for what changed lately, once for what did before.
        for _ in range(3):
            store._settle_runs(session)
    finally:
        session.close()


def copy_of(folder: Path, target: Path) -> Path:
    """The files as they are at this moment, as a power cut would leave them."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(sqlite.LOCK_NAME))
    return target


def rows(store: SqliteStore, sql: str) -> list[tuple[Any, ...]]:
    """What a query finds in the tables now."""
    with closing(sqlite._connect(store._path, read_only=True)) as connection:
        return connection.execute(sql).fetchall()


def damage(path: Path, sql: str = "SELECT segment_id, data FROM segments") -> list[int]:
    """Flip a bit in the middle of these segments; returns their ids."""
    with closing(sqlite._connect(path)) as connection:
        found = connection.execute(sql).fetchall()
        for segment_id, data in found:
            flipped = bytearray(data)
            flipped[len(data) // 2] ^= 4
            connection.execute(
                "UPDATE segments SET data = ? WHERE segment_id = ?", (bytes(flipped), segment_id)
            )
    return [segment_id for segment_id, _ in found]
