"""The tree of a folder store: where paths are, and what has to be on disk when one changes."""

import itertools
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from millpond.artifacts import disk
from millpond.artifacts.file_log import GONE, FileLog, Record
from millpond.artifacts.file_recovery import recover
from millpond.artifacts.own_folder import OwnFolder
from millpond.artifacts.paths import safe_path
from millpond.errors import InvalidParameter

T = TypeVar("T")

STAGING = ".millpond-staging"

_MOST_REMEMBERED_FOLDERS = 100_000


class Tree:
    """The files below one root, and a staging folder beside them. Its methods run in threads."""

    def __init__(self, root: Path) -> None:
        """root: made if missing."""
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self.staging = self.root / STAGING
        self._own_staging = OwnFolder(self.staging, partial(recover, root=self.root))
        fits = FileLog.fits(self.root)
        self.log = FileLog(self._own_staging.path, self.root) if fits else None
        self._numbers = itertools.count()
        self._made: set[Path] = set()
        self._durable: set[Path] = set()
        self._resolved: dict[str, Path] = {}

    def stage(self) -> Path:
        """A new name for something that is not in the tree, or no more."""
        return self._own_staging.path / str(next(self._numbers))

    def place(self, path: str) -> Path:
        """Where a path is, its parents resolved as far as they exist, and inside the root."""
        relative = safe_path(path)
        if relative.partition("/")[0] == STAGING:
            raise InvalidParameter("Invalid path")
        if not relative:
            return self.root
        folder, _, name = relative.rpartition("/")
        resolved = self._resolved.get(folder)
        if resolved is None:
            given = self.root / folder
            resolved = self.inside(Path(os.path.realpath(given)))
            # This store made it, and there is no link on the way: clients can make none.
            if resolved == given and resolved in self._made:
                self._resolved[folder] = resolved
        return resolved / name

    def inside(self, place: Path) -> Path:
        if not place.is_relative_to(self.root) or place.is_relative_to(self.staging):
            raise InvalidParameter("Invalid path")
        return place

    def make_folder(self, folder: Path) -> None:
        """Make a folder and its parents."""
        if folder in self._made:
            return
        folder.mkdir(parents=True, exist_ok=True)
        if len(self._made) >= _MOST_REMEMBERED_FOLDERS:
            self.forget_folders()
        self._made.add(folder)

    def sync_folders(self, folder: Path) -> None:
        """Put a folder's name on disk, and those of its parents."""
        while folder != self.root and folder not in self._durable:
            disk.sync_folder(folder.parent)
            self._durable.add(folder)
            folder = folder.parent

    def forget_folders(self) -> None:
        """Take no folder's existence for granted: one of them was deleted."""
        self._made.clear()
        self._durable.clear()
        self._resolved.clear()

    def change(
        self, place: Path, act: Callable[[], T], size_bytes: int = GONE, modified_ns: int = 0
    ) -> T:
        """Do what changes a place, in the order in which the log tells it."""
        if self.log is None:
            return act()
        return self.log.append(Record(self.path_of(place), size_bytes, modified_ns, None), act)

    def path_of(self, place: Path) -> str:
        """How the log calls a place."""
        return place.relative_to(self.root).as_posix()

    def close(self) -> None:
        is_settled = self.log is None or self.log.close()
        self._own_staging.close(is_needed=not is_settled)
