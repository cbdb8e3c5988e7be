"""Files in a folder of this machine.

A new file is written beside the tree, in STAGING, and renamed into place; a deleted folder is
renamed out of the tree first. So readers see whole files and whole folders, and what a crash
leaves is in STAGING, where the next start finds it. Several servers may share a folder.
Small files are made durable together, by a log that is in STAGING too.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
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
from millpond.artifacts.disk import BINARY, DiskFile, is_a_folder, refusal, size_of
from millpond.artifacts.file_log import MOST_BYTES
from millpond.artifacts.folder_tree import Tree
from millpond.artifacts.folder_upload import Upload
from millpond.artifacts.parts import StagedParts
from millpond.artifacts.paths import join, safe_path
from millpond.artifacts.small_files import SmallFiles
from millpond.artifacts.threads import Threads
from millpond.errors import DoesNotExist, InvalidParameter

UPLOADS = "uploads"

_WALK_BATCH = 1_000


class FolderStore:
    """An artifact store in one folder, made if missing.

    threads: how many file operations run at a time, in a pool of their own.
    """

    def __init__(self, root: Path, threads: int = 8) -> None:
        self._tree = Tree(root)
        self._given_root = root.absolute()
        self._threads = Threads(threads)
        self._small = SmallFiles(self._tree.log, self._threads) if self._tree.log else None
        self._parts = StagedParts(self._tree.staging / UPLOADS, self._threads)

    async def put(
        self, path: str, chunks: AsyncIterator[bytes], size_bytes: int | None = None
    ) -> Kept:
        safe_path(path)
        upload = Upload(self._tree, path)
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
            if self._small and writing is None and size <= MOST_BYTES:
                keeping = writing = self._small.keep(upload, b"".join(parts))
            else:
                keeping = writing = self._threads.start(upload.publish, parts)
            return await asyncio.shield(keeping)
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
        for root in (self._given_root, self._tree.root):
            # Not resolved here: the symlinks on the way are judged when the file is opened.
            if Path(place).is_relative_to(root):
                return safe_path(Path(place).relative_to(root).as_posix())
        return None

    async def create_upload(self, path: str, parts: int) -> MultipartUpload:
        place = await self._threads.start(self._tree.place, path)
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
        upload = Upload(self._tree, path, staged, size)
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
        self._tree.close()

    async def _discard(self, upload: Upload, writing: asyncio.Future[Any] | None) -> None:
        if writing:
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await writing
        await self._threads.start(upload.discard)

    # What follows runs in the pool's threads.

    def _open(self, path: str, start: int, end: int | None) -> "DiskFile":
        try:
            place = self._tree.inside(Path(os.path.realpath(self._tree.place(path))))
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
            place = self._tree.inside(Path(os.path.realpath(self._tree.place(path))))
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
                self._tree.inside(Path(entry.path).resolve(strict=True))
            if entry.is_dir():
                return (
                    None
                    if entry.path == str(self._tree.staging)
                    else FileEntry(entry.name, True, 0)
                )
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
                    if not (self._tree.root / safe_path(path) / name).is_symlink():
                        folders.append(name)
                else:
                    yield FileEntry(name, False, entry.size_bytes)

    def _delete(self, path: str) -> int:
        place = self._tree.place(path)
        if place == self._tree.root:
            raise InvalidParameter("Invalid path")
        trash = self._tree.stage()
        try:
            # What is not there needs no record.
            place.lstat()
            self._tree.change(place, partial(place.rename, trash))
            self._tree.forget_folders()
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


def _sizes_below(folder: Path) -> Iterator[int]:
    for base, _, names in os.walk(folder):
        for name in names:
            yield size_of(Path(base, name))
