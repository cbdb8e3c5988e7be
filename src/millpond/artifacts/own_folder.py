"""A folder of one process beside those of others: swept by them when the process is gone."""

import contextlib
import fcntl
import os
import secrets
import shutil
from pathlib import Path


class OwnFolder:
    """A new folder below another one, locked as long as it is open.

    Making one also sweeps away what others left there that are gone: their folders are not locked.
    """

    def __init__(self, parent: Path) -> None:
        parent.mkdir(exist_ok=True)
        _sweep(parent)
        while True:
            self.path = parent / f"own-{secrets.token_hex(8)}"
            self.path.mkdir()
            self._lock = _locked(self.path)
            # Another one may have swept it away before it was locked.
            if self._lock is not None and self.path.exists():
                return
            self._unlock()

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sweep(parent: Path) -> None:
    for place in parent.iterdir():
        if not place.name.startswith("own-"):
            continue
        lock = _locked(place)
        if lock is not None:
            shutil.rmtree(place, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor that locks a folder until it is closed; None if it is locked, or gone."""
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        with contextlib.suppress(OSError):
            os.close(number)
        return None
    return number
