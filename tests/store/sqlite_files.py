"""SQLite stores for tests: quickly made, and made to tidy up when a test says so."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from millpond.store import sqlite
from millpond.store.sqlite import SqliteStore

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
    session = sqlite._SqliteSession(sqlite._connect(store._path))
    try:
        store._compact(session)
    finally:
        session.close()


def copy_of(folder: Path, target: Path) -> Path:
    """The files as they are at this moment, as a power cut would leave them."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(sqlite.LOCK_NAME))
    return target
