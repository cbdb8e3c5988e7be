"""Files in a folder of this machine.

A new file is written beside the tree, in STAGING, and renamed into place; a deleted folder is
renamed out of the tree first. So readers see whole files and whole folders, and what a crash
leaves is in STAGING, which is emptied at the next start. One process owns a folder: the uploads of
a second one would fail (and be sent again), never be half there.
"""

import asyncio
import contextlib
import errno
import itertools
import os
import shutil
import stat
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from millpond.artifacts.contract import (
    CHUNK_BYTES,
    FileEntry,
    MultipartUpload,
    PresignedFile,
    UploadedPart,
)
from millpond.artifacts.paths import safe_path
from millpond.errors import DoesNotExist, InvalidParameter, MillpondError, NotSupported, Unavailable

STAGING = ".millpond-staging"

_MOST_REMEMBERED_FOLDERS = 100_000
_MOST_ATTEMPTS = 10
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)

P = ParamSpec("P")
T = TypeVar("T")


class FolderStore:
    """An artifact store in one folder, made if missing.

    threads: how many file operations run at a time, in a pool of their own.
    """

    def __init__(self, root: Path, threads: int = 8) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._given_root = root.absolute()
        self._root = root.resolve()
        self._staging = self._root / STAGING
        shutil.rmtree(self._staging, ignore_errors=True)
        self._staging.mkdir(exist_ok=True)
        self._numbers = itertools.count()
        self._durable: set[Path] = set()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="artifacts")

    async def put(self, path: str, chunks: AsyncIterator[bytes]) -> None:
        safe_path(path)
        upload = _Upload(self, path)
        writing: asyncio.Future[None] | None = None
        parts: list[bytes] = []
        size = 0
        try:
            async for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size >= CHUNK_BYTES:
                    # The next chunks arrive while these are written; never more than two sets.
                    if writing:
                        await writing
                    writing = self._start(upload.write, parts)
                    parts, size = [], 0
            if writing:
                await writing
            writing = self._start(upload.publish, parts)
            await writing
        except BaseException:
            await asyncio.shield(self._discard(upload, writing))
            raise

    async def open(self, path: str, start: int = 0, end: int | None = None) -> "_ReadFile":
        return await self._start(self._open, path, start, end)

    async def list_folder(self, path: str) -> list[FileEntry]:
        return await self._start(self._list, path)

    async def delete(self, path: str) -> None:
        await self._start(self._delete, path)

    def locate(self, uri: str) -> str | None:
        parts = urlsplit(uri)
        if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
            place = unquote(parts.path)
        elif uri.startswith("/"):
            place = uri
        else:
            return None
        for root in (self._given_root, self._root):
            # Not resolved here: the symlinks on the way are judged when the file is opened.
            if Path(place).is_relative_to(root):
                return safe_path(Path(place).relative_to(root).as_posix())
        return None

    async def create_upload(self, path: str, parts: int) -> MultipartUpload:
        raise _no_multipart_upload()

    async def complete_upload(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> None:
        raise _no_multipart_upload()

    async def abort_upload(self, path: str, upload_id: str) -> None:
        raise _no_multipart_upload()

    async def presign_download(self, path: str) -> PresignedFile:
        raise NotSupported(
            "Multipart download is not supported for the current artifact repository"
        )

    def close(self) -> None:
        self._pool.shutdown(wait=True)

    def _start(
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        return asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))

    async def _discard(self, upload: "_Upload", writing: asyncio.Future[None] | None) -> None:
        if writing:
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await writing
        await self._start(upload.discard)

    # What follows runs in the pool's threads.

    def stage(self) -> Path:
        """A new name for something that is not in the tree, or no more."""
        return self._staging / f"{os.getpid()}-{next(self._numbers)}"

    def place(self, path: str) -> Path:
        """Where a path is, its parents resolved as far as they exist, and inside the root."""
        relative = safe_path(path)
        if relative.partition("/")[0] == STAGING:
            raise InvalidParameter("Invalid path")
        if not relative:
            return self._root
        place = self._root / relative
        return self._inside(Path(os.path.realpath(place.parent))) / place.name

    def _inside(self, place: Path) -> Path:
        if not place.is_relative_to(self._root) or place.is_relative_to(self._staging):
            raise InvalidParameter("Invalid path")
        return place

    def make_folder(self, folder: Path) -> None:
        """Make a folder and its parents, their names on disk as well."""
        if folder in self._durable:
            return
        folder.mkdir(parents=True, exist_ok=True)
        while folder != self._root and folder not in self._durable:
            _sync_folder(folder.parent)
            if len(self._durable) >= _MOST_REMEMBERED_FOLDERS:
                self._durable.clear()
            self._durable.add(folder)
            folder = folder.parent

    def forget_folders(self) -> None:
        """Take no folder's existence for granted: one of them was deleted."""
        self._durable.clear()

    def _open(self, path: str, start: int, end: int | None) -> "_ReadFile":
        try:
            place = self._inside(Path(os.path.realpath(self.place(path))))
            # O_NONBLOCK: a fifo somebody put here is refused below instead of waited for.
            number = os.open(place, os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0))
        except (FileNotFoundError, NotADirectoryError):
            raise DoesNotExist(f"No such artifact: '{path}'") from None
        except OSError as error:
            raise _refusal(error, path) from error
        try:
            return _ReadFile(self._pool, number, path, start, end)
        except BaseException:
            os.close(number)
            raise

    def _list(self, path: str) -> list[FileEntry]:
        try:
            place = self._inside(Path(os.path.realpath(self.place(path))))
            with os.scandir(place) as found:
                entries = [listed for entry in found if (listed := self._entry(entry))]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _refusal(error, path) from error
        return sorted(entries, key=lambda entry: entry.path)

    def _entry(self, entry: "os.DirEntry[str]") -> FileEntry | None:
        """A line of the listing, or None for what no client could ask for."""
        try:
            entry.name.encode()
            if entry.is_symlink():
                self._inside(Path(entry.path).resolve(strict=True))
            if entry.is_dir():
                return None if entry.path == str(self._staging) else FileEntry(entry.name, True, 0)
            return FileEntry(entry.name, False, entry.stat().st_size)
        except (OSError, UnicodeEncodeError, InvalidParameter):
            # Gone meanwhile, a name that is not text, or a link that leads nowhere or out.
            return None

    def _delete(self, path: str) -> None:
        place = self.place(path)
        if place == self._root:
            raise InvalidParameter("Invalid path")
        trash = self.stage()
        try:
            place.rename(trash)
            self.forget_folders()
            _sync_folder(place.parent)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _refusal(error, path) from error
        if stat.S_ISDIR(trash.lstat().st_mode):
            shutil.rmtree(trash, ignore_errors=True)
        else:
            trash.unlink(missing_ok=True)


class _Upload:
    """A file on its way in. Its methods run in threads; discard ends it whatever is under way."""

    def __init__(self, store: FolderStore, path: str) -> None:
        self._store = store
        self._path = path
        self._place = Path()
        self._staged = store.stage()
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
                _write_all(self._number, parts)
            except OSError as error:
                raise _refusal(error, self._path) from error

    def _begin(self) -> None:
        self._place = self._store.place(self._path)
        if self._place.is_dir():
            # Known now, not after two gigabytes.
            raise _is_a_folder(self._path)
        self._number = os.open(self._staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)

    def publish(self, parts: list[bytes]) -> None:
        self.write(parts)
        with self._lock:
            if self._is_over:
                return
            try:
                os.fsync(self._number)
                os.close(self._number)
                self._number = -1
                self._rename()
            except OSError as error:
                raise _refusal(error, self._path) from error
            self._is_over = True

    def _rename(self) -> None:
        folder = self._place.parent
        for attempt in itertools.count(1):
            try:
                self._store.make_folder(folder)
                self._staged.replace(self._place)
                break
            except (FileNotFoundError, FileExistsError):
                # A folder on the way was deleted meanwhile (mkdir reports one that vanishes under
                # it as existing), unless it stays so: then it is a file, or the disk is gone.
                if attempt == _MOST_ATTEMPTS:
                    raise
                self._store.forget_folders()
        # A folder that is gone again was deleted after this upload, and the file with it.
        with contextlib.suppress(FileNotFoundError):
            _sync_folder(folder)

    def discard(self) -> None:
        with self._lock:
            if self._number >= 0:
                os.close(self._number)
                self._number = -1
            if not self._is_over:
                self._is_over = True
                self._staged.unlink(missing_ok=True)


class _ReadFile:
    """An open file; the next chunk is read while the last one is sent."""

    def __init__(
        self, pool: ThreadPoolExecutor, number: int, path: str, start: int, end: int | None
    ) -> None:
        found = os.fstat(number)
        if stat.S_ISDIR(found.st_mode):
            raise _is_a_folder(path)
        if not stat.S_ISREG(found.st_mode):
            raise InvalidParameter(f"'{path}' is not a file.")
        self.size_bytes = found.st_size
        self.modified_ms = found.st_mtime_ns // 1_000_000
        # A replaced file is another inode, so equal tags are equal bytes.
        self.etag = f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"
        self.start, end, _ = slice(start, end).indices(self.size_bytes)
        self.end = max(self.start, end)
        self._path = path
        self._pool = pool
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
            self._ahead = self._pool.submit(os.read, self._number, left)
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


def _write_all(number: int, parts: list[bytes]) -> None:
    rest = memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
    while rest:
        rest = rest[os.write(number, rest) :]


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk; on Windows the file system does so by itself."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _refusal(error: OSError, path: str) -> MillpondError:
    """The caller's fault or the machine's, in words that name no place on this machine."""
    match error.errno:
        case errno.EISDIR | errno.ENOTEMPTY:
            return _is_a_folder(path)
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


def _is_a_folder(path: str) -> InvalidParameter:
    return InvalidParameter(f"Artifact path refers to a directory, not a file: '{path}'")


def _no_multipart_upload() -> NotSupported:
    return NotSupported("Multipart upload is not supported for the current artifact repository")
