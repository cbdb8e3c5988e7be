"""Files in a folder of this machine.

A new file is written beside the tree, in STAGING, and renamed into place; a deleted folder is
renamed out of the tree first. So readers see whole files and whole folders, and what a crash
leaves is in STAGING, where the next start finds it. Several servers may share a folder.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import stat
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from millpond.artifacts import disk
from millpond.artifacts.contract import (
    CHUNK_BYTES,
    FileEntry,
    Kept,
    MultipartUpload,
    PartTarget,
    PresignedFile,
    UploadedPart,
)
from millpond.artifacts.disk import BINARY, DiskFile, is_a_folder, refusal, write_all
from millpond.artifacts.own_folder import OwnFolder
from millpond.artifacts.parts import StagedParts
from millpond.artifacts.paths import join, safe_path
from millpond.artifacts.threads import Threads
from millpond.errors import DoesNotExist, InvalidParameter

STAGING = ".millpond-staging"
UPLOADS = "uploads"

_MOST_REMEMBERED_FOLDERS = 100_000
_MOST_ATTEMPTS = 10
_WALK_BATCH = 1_000


class FolderStore:
    """An artifact store in one folder, made if missing.

    threads: how many file operations run at a time, in a pool of their own.
    """

    def __init__(self, root: Path, threads: int = 8) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._given_root = root.absolute()
        self._root = root.resolve()
        self._staging = self._root / STAGING
        self._own_staging = OwnFolder(self._staging)
        self._numbers = itertools.count()
        self._durable: set[Path] = set()
        self._resolved: dict[str, Path] = {}
        self._threads = Threads(threads)
        self._parts = StagedParts(self._staging / UPLOADS, self._threads)

    async def put(
        self, path: str, chunks: AsyncIterator[bytes], size_bytes: int | None = None
    ) -> Kept:
        safe_path(path)
        upload = _Upload(self, path)
        writing: asyncio.Future[Any] | None = None
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
                    writing = self._threads.start(upload.write, parts)
                    parts, size = [], 0
            if writing:
                await writing
            publishing = self._threads.start(upload.publish, parts)
            writing = publishing
            return await publishing
        except BaseException:
            await asyncio.shield(self._discard(upload, writing))
            raise

    async def open(self, path: str, start: int = 0, end: int | None = None) -> "DiskFile":
        return await self._threads.start(self._open, path, start, end)

    async def list_folder(self, path: str) -> list[FileEntry]:
        return await self._threads.start(self._list, path)

    async def walk(self, path: str) -> AsyncIterator[FileEntry]:
        files = self._files_below(path)
        while batch := await self._threads.run(list, itertools.islice(files, _WALK_BATCH)):
            for entry in batch:
                yield entry

    async def delete(self, path: str) -> int:
        return await self._threads.run(self._delete, path)

    def locate(self, uri: str) -> str | None:
        try:
            parts = urlsplit(uri)
        except ValueError:
            return None
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
        place = await self._threads.start(self.place, path)
        if await self._threads.start(place.is_dir):
            raise is_a_folder(path)
        upload_id = await self._parts.begin(path, parts)
        return MultipartUpload(upload_id, [PartTarget(n + 1) for n in range(parts)])

    async def put_part(
        self, path: str, upload_id: str, part_number: int, chunks: AsyncIterator[bytes]
    ) -> str:
        try:
            return await self._parts.put(path, upload_id, part_number, chunks)
        except OSError as error:
            raise refusal(error, path) from error

    async def complete_upload(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> Kept:
        staged, size = await self._parts.finish(path, upload_id, parts)
        upload = _Upload(self, path, staged, size)
        try:
            return await self._threads.run(upload.publish, [])
        except BaseException:
            await asyncio.shield(self._discard(upload, None))
            raise
        finally:
            await self._parts.forget(upload_id)

    async def abort_upload(self, path: str, upload_id: str) -> None:
        await self._parts.abort(path, upload_id)

    async def presign_download(self, path: str) -> PresignedFile:
        file = await self.open(path, 0, 0)
        await file.aclose()
        return PresignedFile("", {}, file.size_bytes)

    def close(self) -> None:
        self._threads.close()
        self._own_staging.close()

    async def _discard(self, upload: "_Upload", writing: asyncio.Future[Any] | None) -> None:
        if writing:
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await writing
        await self._threads.start(upload.discard)

    # What follows runs in the pool's threads.

    def stage(self) -> Path:
        """A new name for something that is not in the tree, or no more."""
        return self._own_staging.path / str(next(self._numbers))

    def place(self, path: str) -> Path:
        """Where a path is, its parents resolved as far as they exist, and inside the root."""
        relative = safe_path(path)
        if relative.partition("/")[0] == STAGING:
            raise InvalidParameter("Invalid path")
        if not relative:
            return self._root
        folder, _, name = relative.rpartition("/")
        resolved = self._resolved.get(folder)
        if resolved is None:
            given = self._root / folder
            resolved = self._inside(Path(os.path.realpath(given)))
            # This store made it, and there is no link on the way: clients can make none.
            if resolved == given and resolved in self._durable:
                self._resolved[folder] = resolved
        return resolved / name

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
            disk.sync_folder(folder.parent)
            if len(self._durable) >= _MOST_REMEMBERED_FOLDERS:
                self.forget_folders()
            self._durable.add(folder)
            folder = folder.parent

    def forget_folders(self) -> None:
        """Take no folder's existence for granted: one of them was deleted."""
        self._durable.clear()
        self._resolved.clear()

    def _open(self, path: str, start: int, end: int | None) -> "DiskFile":
        try:
            place = self._inside(Path(os.path.realpath(self.place(path))))
            # O_NONBLOCK: a fifo somebody put here is refused below instead of waited for.
            number = os.open(place, os.O_RDONLY | BINARY | getattr(os, "O_NONBLOCK", 0))
        except (FileNotFoundError, NotADirectoryError):
            raise DoesNotExist(f"No such artifact: '{path}'") from None
        except OSError as error:
            raise refusal(error, path) from error
        try:
            return DiskFile(self._threads, number, path, start, end)
        except BaseException:
            os.close(number)
            raise

    def _list(self, path: str) -> list[FileEntry]:
        try:
            place = self._inside(Path(os.path.realpath(self.place(path))))
            with os.scandir(place) as found:
                entries = []
                for entry in found:
                    # Plain files are nearly all there is; of ten thousand every step counts.
                    if not (entry.is_file(follow_symlinks=False) and entry.name.isascii()):
                        if listed := self._entry(entry):
                            entries.append(listed)
                        continue
                    try:
                        size = entry.stat(follow_symlinks=False).st_size
                    except FileNotFoundError:
                        continue
                    entries.append(FileEntry(entry.name, False, size))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise refusal(error, path) from error
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

    def _files_below(self, path: str) -> Iterator[FileEntry]:
        folders = [""]
        while folders:
            folder = folders.pop()
            for entry in self._list(join(safe_path(path), folder)):
                name = join(folder, entry.path)
                if entry.is_dir:
                    # What a link leads to is below the root by another name already.
                    if not (self._root / safe_path(path) / name).is_symlink():
                        folders.append(name)
                else:
                    yield FileEntry(name, False, entry.size_bytes)

    def _delete(self, path: str) -> int:
        place = self.place(path)
        if place == self._root:
            raise InvalidParameter("Invalid path")
        trash = self.stage()
        try:
            place.rename(trash)
            self.forget_folders()
            disk.sync_folder(place.parent)
        except (FileNotFoundError, NotADirectoryError):
            return 0
        except OSError as error:
            raise refusal(error, path) from error
        found = trash.lstat()
        if stat.S_ISDIR(found.st_mode):
            freed = sum(_sizes_below(trash))
            shutil.rmtree(trash, ignore_errors=True)
            return freed
        trash.unlink(missing_ok=True)
        return found.st_size if stat.S_ISREG(found.st_mode) else 0


class _Upload:
    """A file on its way in. Its methods run in threads; discard ends it whatever is under way."""

    def __init__(
        self, store: FolderStore, path: str, staged: Path | None = None, size_bytes: int = 0
    ) -> None:
        """staged: a file that is written already, size_bytes long."""
        self._store = store
        self._path = path
        self._place = Path()
        self._staged = staged or store.stage()
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
        self._place = self._store.place(self._path)
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
                os.close(self._number)
                self._number = -1
                replaced = self._rename()
            except OSError as error:
                raise refusal(error, self._path) from error
            self._is_over = True
            return Kept(self._size_bytes, replaced)

    def _rename(self) -> int:
        """How large the file was that is replaced."""
        folder = self._place.parent
        replaced = 0
        for attempt in itertools.count(1):
            try:
                self._store.make_folder(folder)
                replaced = _size(self._place)
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
            disk.sync_folder(folder)
        return replaced

    def discard(self) -> None:
        with self._lock:
            if self._number >= 0:
                os.close(self._number)
                self._number = -1
            if not self._is_over:
                self._is_over = True
                self._staged.unlink(missing_ok=True)


def _size(place: Path) -> int:
    try:
        found = place.lstat()
    except FileNotFoundError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _sizes_below(folder: Path) -> Iterator[int]:
    for base, _, names in os.walk(folder):
        for name in names:
            yield _size(Path(base, name))
