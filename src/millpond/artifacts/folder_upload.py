"""One file on its way into a folder store."""

import contextlib
import itertools
import os
import threading
from pathlib import Path

from millpond.artifacts import disk
from millpond.artifacts.contract import Kept
from millpond.artifacts.disk import BINARY, is_a_folder, refusal, size_of, write_all
from millpond.artifacts.file_log import Entry, Record
from millpond.artifacts.folder_tree import Tree

_MOST_ATTEMPTS = 10


class Upload:
    """A file on its way in. Its methods run in threads; discard ends it whatever is under way."""

    def __init__(
        self, tree: Tree, path: str, staged: Path | None = None, size_bytes: int = 0
    ) -> None:
        """staged: a file that is written already, size_bytes long."""
        self._tree = tree
        self._path = path
        self._place = Path()
        self._staged = staged or tree.stage()
        self._is_written = staged is not None
        self._size_bytes = size_bytes
        self._number = -1
        self._is_over = False
        self._lock = threading.Lock()

    def write(self, parts: list[bytes]) -> None:
        with self._lock:
            if self._is_over:
                return
            try:
                if self._number < 0:
                    self._begin()
                self._size_bytes += write_all(self._number, parts)
            except OSError as error:
                raise refusal(error, self._path) from error

    def _begin(self) -> None:
        self._place = self._tree.place(self._path)
        if self._place.is_dir():
            # Known now, not after two gigabytes.
            raise is_a_folder(self._path)
        how = 0 if self._is_written else os.O_CREAT | os.O_EXCL
        self._number = os.open(self._staged, os.O_WRONLY | how | BINARY, 0o666)

    def publish(self, parts: list[bytes]) -> Kept:
        """Put the file in its place, with what is still to be written of it."""
        self.write(parts)
        with self._lock:
            try:
                os.fsync(self._number)
                modified_ns = self._end_writing()
                place, size_bytes = self._place, self._size_bytes
                replaced = self._tree.change(place, self._rename, size_bytes, modified_ns)
                # A folder that is gone again was deleted after this upload, and the file with it.
                with contextlib.suppress(FileNotFoundError):
                    disk.sync_folder(place.parent)
                    self._tree.sync_folders(place.parent)
            except OSError as error:
                raise refusal(error, self._path) from error
            self._is_over = True
            return Kept(size_bytes, replaced)

    def stage(self, content: bytes) -> Entry:
        """Write all of a small file beside the tree; the log does what is left to do."""
        self.write([content])
        with self._lock:
            record = Record(
                self._tree.path_of(self._place), len(content), self._end_writing(), content
            )
            return Entry(record, self._rename)

    def kept(self, entry: Entry) -> Kept:
        """What became of it."""
        with self._lock:
            if isinstance(entry.error, OSError):
                raise refusal(entry.error, self._path) from entry.error
            if entry.error is not None:
                raise entry.error
            self._is_over = True
            return Kept(self._size_bytes, entry.result)

    def _end_writing(self) -> int:
        """When the file was written last, in nanoseconds."""
        modified_ns = os.fstat(self._number).st_mtime_ns
        os.close(self._number)
        self._number = -1
        return modified_ns

    def _rename(self) -> int:
        """How large the file was that is replaced."""
        replaced = 0
        for attempt in itertools.count(1):
            try:
                self._tree.make_folder(self._place.parent)
                replaced = size_of(self._place)
                self._staged.replace(self._place)
                break
            except (FileNotFoundError, FileExistsError):
                # A folder on the way was deleted meanwhile (mkdir reports one that vanishes under
                # it as existing), unless it stays so: then it is a file, or the disk is gone.
                if attempt == _MOST_ATTEMPTS:
                    raise
                self._tree.forget_folders()
        return replaced

    def discard(self) -> None:
        with self._lock:
            if self._number >= 0:
                os.close(self._number)
                self._number = -1
            if not self._is_over:
                self._is_over = True
                self._staged.unlink(missing_ok=True)
