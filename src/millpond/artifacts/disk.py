"""Files of this machine: reading them, syncing them, and what the machine's errors mean."""

import asyncio
import ctypes
import errno
import os
import stat
from collections.abc import AsyncIterator
from concurrent.futures import Future
from pathlib import Path

from millpond.artifacts.contract import CHUNK_BYTES
from millpond.artifacts.threads import Threads
from millpond.errors import InvalidParameter, MillpondError, Unavailable

BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class DiskFile:
    """An open file; the next chunk is read while the last one is sent."""

    def __init__(
        self, threads: Threads, number: int, path: str, start: int, end: int | None
    ) -> None:
        found = os.fstat(number)
        if stat.S_ISDIR(found.st_mode):
            raise is_a_folder(path)
        if not stat.S_ISREG(found.st_mode):
            raise InvalidParameter(f"'{path}' is not a file.")
        self.size_bytes = found.st_size
        self.modified_ms = found.st_mtime_ns // 1_000_000
        # A replaced file is another inode, so equal tags are equal bytes.
        self.etag = f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"
        self.start, end, _ = slice(start, end).indices(self.size_bytes)
        self.end = max(self.start, end)
        self._path = path
        self._threads = threads
        self._position = self.start
        if self.start:
            os.lseek(number, self.start, os.SEEK_SET)
        self._first: bytes | None = os.read(number, self._left())
        self._ahead: Future[bytes] | None = None
        self._number = number

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._position >= self.end:
            raise StopAsyncIteration
        if self._first is not None:
            chunk, self._first = self._first, None
        elif self._ahead:
            chunk = await asyncio.wrap_future(self._ahead)
        if not chunk:
            raise Unavailable(f"'{self._path}' was cut short while it was read.")
        self._position += len(chunk)
        if left := self._left():
            self._ahead = self._threads.submit(os.read, self._number, left)
        return chunk

    async def aclose(self) -> None:
        self._close()

    def __del__(self) -> None:
        # An answer that was made but never sent has nobody else to close its file.
        if hasattr(self, "_number"):
            self._close()

    def _left(self) -> int:
        return min(CHUNK_BYTES, self.end - self._position)

    def _close(self) -> None:
        number, self._number = self._number, -1
        self._position = self.end
        if number < 0:
            return
        if self._ahead and not self._ahead.cancel():
            self._ahead.add_done_callback(lambda _: os.close(number))
        else:
            os.close(number)


def write_all(number: int, parts: list[bytes]) -> int:
    """Append all of it to an open file; how much it was."""
    rest = memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
    size = len(rest)
    while rest:
        rest = rest[os.write(number, rest) :]
    return size


def size_of(place: Path) -> int:
    """How large a plain file is; 0 for anything else, or nothing."""
    try:
        found = place.lstat()
    except FileNotFoundError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk; on Windows the file system does so by itself."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sync_file_system(folder: Path) -> None:
    """Put everything on disk that the folder's file system has in memory."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(number):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(number)


def file_system_of(folder: Path) -> str:
    """The kind of the file system that a folder is on, such as ``ext4``; "" if it is not known."""
    found = folder.stat().st_dev
    device = f"{os.major(found)}:{os.minor(found)}"
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    for mount in mounts:
        before, _, after = mount.partition(" - ")
        if before.split()[2] == device:
            return after.split()[0]
    return ""


def refusal(error: OSError, path: str) -> MillpondError:
    """The caller's fault or the machine's, in words that name no place on this machine."""
    match error.errno:
        case errno.EISDIR | errno.ENOTEMPTY:
            return is_a_folder(path)
        case errno.ENOTDIR | errno.EEXIST:
            return InvalidParameter(f"'{path}' lies under an artifact that is a file.")
        case errno.ENAMETOOLONG:
            return InvalidParameter(f"The artifact path is too long: '{path[:200]}...'")
        case errno.ELOOP:
            return InvalidParameter("Invalid path")
        case errno.ENOSPC | errno.EDQUOT:
            return Unavailable("The artifact store is full; nothing was stored.")
        case _:
            return Unavailable(f"The artifact store cannot be used: {error.strerror}.")


def is_a_folder(path: str) -> InvalidParameter:
    return InvalidParameter(f"Artifact path refers to a directory, not a file: '{path}'")
