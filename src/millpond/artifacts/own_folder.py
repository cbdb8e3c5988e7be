"""A folder of one process beside those of others: swept by them when the process is gone."""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path


class OwnFolder:
    """A new folder below another one, locked as long as it is open.

    Making one also sweeps away what others left there that are gone: their folders are not locked.
    """

    def __init__(
        self, parent: Path, recover: Callable[[Sequence[Path]], None] | None = None
    ) -> None:
        """recover: takes what is still needed out of the folders that are swept away."""
        parent.mkdir(exist_ok=True)
        _sweep(parent, recover)
        while True:
            self.path = parent / f"own-{secrets.token_hex(8)}"
            self.path.mkdir()
            self._lock = _locked(self.path)
            # Another one may have swept it away before it was locked.
            if self._lock is not None and self.path.exists():
                return
            self._unlock()

    def close(self, is_needed: bool = False) -> None:
        """is_needed: leave what is in it for the next sweep."""
        if not is_needed:
            shutil.rmtree(self.path, ignore_errors=True)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sweep(parent: Path, recover: Callable[[Sequence[Path]], None] | None) -> None:
    with contextlib.ExitStack() as locks:
        # Whoever comes second waits until all is recovered: only together do the folders tell
        # what came last.
        locks.callback(os.close, _wait_for_lock(parent))
        left = []
        for place in parent.iterdir():
            if not place.name.startswith("own-"):
                continue
            lock = _locked(place)
            if lock is not None:
                locks.callback(os.close, lock)
                left.append(place)
        if recover and left:
            recover(left)
        for place in left:
            shutil.rmtree(place, ignore_errors=True)


def _wait_for_lock(folder: Path) -> int:
    """A descriptor that locks a folder until it is closed."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(number, fcntl.LOCK_EX)
    return number


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
