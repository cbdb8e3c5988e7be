"""Files in a bucket: S3 and what is compatible, Azure Blob and ADLS, Google Cloud Storage.

A bucket has no folders, only names with slashes; what makes a path a file or a folder is asked
before a put. Uploads become visible when they are whole, in every one of these stores.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import obstore

from millpond.artifacts.contract import (
    CHUNK_BYTES,
    FileEntry,
    Kept,
    MultipartUpload,
    PartTarget,
    PresignedFile,
    UploadedPart,
)
from millpond.artifacts.disk import is_a_folder
from millpond.artifacts.parts import StagedParts
from millpond.artifacts.paths import safe_path
from millpond.artifacts.refusals import explain
from millpond.artifacts.signing import Signer
from millpond.artifacts.threads import Threads
from millpond.errors import DoesNotExist, InvalidParameter, NotSupported, Unavailable

# A file below this goes in one request, a larger one in parts of this size, a few at a time.
_PART_BYTES = 8 << 20
_PARTS_AT_A_TIME = 3
# S3 takes no more parts than this.
_MOST_PARTS = 9_000
_MOST_REMEMBERED_FOLDERS = 100_000
_DELETED_AT_A_TIME = 1_000


class DirectUploads(Protocol):
    """Uploads whose parts go from the client to the store by signed addresses."""

    async def create(self, key: str, parts: int) -> MultipartUpload: ...

    async def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None: ...

    async def abort(self, key: str, upload_id: str) -> None: ...


class ObjectStore:
    """An artifact store in a bucket, below a prefix."""

    def __init__(
        self,
        bucket: Any,
        addresses: Sequence[str],
        staging: Path,
        threads: Threads,
        signer: Signer | None,
        direct: DirectUploads | None,
    ) -> None:
        """bucket: one of obstore's stores; addresses: the URIs that mean its root.

        staging: where uploads in parts wait that cannot go to the bucket directly.
        signer: None if clients should get no addresses of the bucket.
        """
        self._bucket = bucket
        self._addresses = [address.rstrip("/") for address in addresses]
        self._direct = direct
        self._signer = signer
        self._threads = threads
        self._parts = StagedParts(staging, threads)
        self._folders: set[str] = set()

    async def put(
        self, path: str, chunks: AsyncIterator[bytes], size_bytes: int | None = None
    ) -> Kept:
        path = _file_path(path)
        replaced = await self._require_place(path)
        first, rest = await _first_part(chunks)
        size = len(first)
        try:
            if rest is None:
                await self._await(obstore.put_async(self._bucket, path, first, use_multipart=False))
            else:
                size = await self._put_parts(path, first, rest, size_bytes or 0)
        except FileNotFoundError:
            raise Unavailable(f"There is no store at {self._name}. Nothing was stored.") from None
        self._remember_folders(path)
        return Kept(size, replaced)

    async def open(self, path: str, start: int = 0, end: int | None = None) -> "_ObjectFile":
        path = safe_path(path)
        try:
            if not path:
                raise FileNotFoundError
            if (start, end) == (0, None):
                got = await self._await(obstore.get_async(self._bucket, path))
                return _ObjectFile(got.meta, path, 0, None, got, self._name)
            meta = await self._await(obstore.head_async(self._bucket, path))
            file = _ObjectFile(meta, path, start, end, None, self._name)
            if file.start < file.end:
                options: Any = {"range": (file.start, file.end), "if_match": meta["e_tag"]}
                file.got = await self._await(obstore.get_async(self._bucket, path, options=options))
            return file
        except (FileNotFoundError, DoesNotExist):
            if not path or await self._is_folder(path):
                raise is_a_folder(path) from None
            raise DoesNotExist(f"No such artifact: '{path}'") from None

    async def list_folder(self, path: str) -> list[FileEntry]:
        path = safe_path(path)
        found = await self._await(obstore.list_with_delimiter_async(self._bucket, path or None))
        folders = {place.rpartition("/")[2] for place in found["common_prefixes"]}
        entries = [FileEntry(name, True, 0) for name in folders]
        for meta in found["objects"]:
            name = meta["path"].rpartition("/")[2]
            # Consoles and hierarchical accounts keep an empty object by the name of a folder.
            if name and name not in folders and meta["path"] != path and _is_ours(name):
                entries.append(FileEntry(name, False, meta["size"]))
        return sorted(entries, key=lambda entry: entry.path)

    async def walk(self, path: str) -> AsyncIterator[FileEntry]:
        path = safe_path(path)
        cut = len(path) + 1 if path else 0
        async for batch in self._below(path):
            for meta in batch:
                yield FileEntry(meta["path"][cut:], False, meta["size"])

    async def delete(self, path: str) -> int:
        path = safe_path(path)
        if not path:
            raise InvalidParameter("Invalid path")
        self._folders.clear()
        freed = 0
        with contextlib.suppress(FileNotFoundError):
            freed = (await self._await(obstore.head_async(self._bucket, path)))["size"]
            await self._await(obstore.delete_async(self._bucket, path))
        while True:
            # What is deleted while it is listed may shift the pages, so each one is the first.
            batch: list[Any] = await anext(self._below(path), [])
            if not batch:
                return freed
            freed += sum(meta["size"] for meta in batch)
            with contextlib.suppress(FileNotFoundError):
                paths = [meta["path"] for meta in batch]
                await self._await(obstore.delete_async(self._bucket, paths))

    def locate(self, uri: str) -> str | None:
        for address in self._addresses:
            if uri == address or uri.startswith(address + "/"):
                return safe_path(unquote(uri[len(address) :].partition("?")[0].lstrip("/")))
        return None

    async def create_upload(self, path: str, parts: int) -> MultipartUpload:
        path = _file_path(path)
        await self._require_place(path)
        if self._direct is not None and 1 <= parts <= _MOST_PARTS:
            with contextlib.suppress(NotSupported):
                return await self._direct.create(path, parts)
        upload_id = await self._parts.begin(path, parts)
        return MultipartUpload(upload_id, [PartTarget(n + 1) for n in range(parts)])

    async def put_part(
        self, path: str, upload_id: str, part_number: int, chunks: AsyncIterator[bytes]
    ) -> str:
        return await self._parts.put(path, upload_id, part_number, chunks)

    async def complete_upload(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> Kept:
        path = _file_path(path)
        if not await self._parts.knows(upload_id):
            if self._direct is None:
                raise DoesNotExist(f"There is no upload '{upload_id}' of '{path}', or it is over.")
            replaced = await self._require_place(path)
            await self._direct.complete(path, upload_id, parts)
            self._remember_folders(path)
            meta = await self._await(obstore.head_async(self._bucket, path))
            return Kept(meta["size"], replaced)
        staged, size = await self._parts.finish(path, upload_id, parts)
        try:
            return await self.put(path, self._read_staged(staged), size)
        finally:
            await self._parts.forget(upload_id)

    async def abort_upload(self, path: str, upload_id: str) -> None:
        path = _file_path(path)
        if self._direct is None or await self._parts.knows(upload_id):
            await self._parts.abort(path, upload_id)
        else:
            await self._direct.abort(path, upload_id)

    async def presign_download(self, path: str) -> PresignedFile:
        path = safe_path(path)
        file = await self.open(path, 0, 0)
        await file.aclose()
        url = None if self._signer is None else await self._await(self._signer.sign("GET", path))
        return PresignedFile(url or "", {}, file.size_bytes)

    def close(self) -> None:
        """The bucket's connections close with the last of its answers."""

    @property
    def _name(self) -> str:
        return self._addresses[0]

    async def _await(self, answer: Any) -> Any:
        """An answer of the store, its errors in our words. Raises FileNotFoundError as it is."""
        try:
            return await answer
        except FileNotFoundError:
            raise
        except Exception as error:
            raise explain(error, self._name) from None

    async def _below(self, path: str) -> AsyncIterator[list[Any]]:
        """The objects below a folder, in batches."""
        found = obstore.list(self._bucket, path or None, chunk_size=_DELETED_AT_A_TIME)
        while True:
            try:
                batch = await anext(found, None)
            except FileNotFoundError:
                batch = None
            except Exception as error:
                raise explain(error, self._name) from None
            if not batch:
                return
            yield list(batch)

    async def _is_folder(self, path: str) -> bool:
        return bool(await anext(self._below(path), None))

    async def _require_place(self, path: str) -> int:
        """See that a file can be here; how large the one is that is here already.

        Raises InvalidParameter for a folder, or below a file.
        """
        names = path.split("/")
        parents = ["/".join(names[:n]) for n in range(1, len(names))]
        unknown = [folder for folder in parents if folder not in self._folders]
        is_folder, old, *files = await asyncio.gather(
            self._is_folder(path), self._size(path), *(self._size(folder) for folder in unknown)
        )
        if is_folder:
            raise is_a_folder(path)
        # An empty object by a folder's name is how consoles and ADLS keep an empty folder.
        if any(files):
            raise InvalidParameter(f"'{path}' lies under an artifact that is a file.")
        return old or 0

    async def _size(self, path: str) -> int | None:
        try:
            meta = await self._await(obstore.head_async(self._bucket, path))
        except FileNotFoundError:
            return None
        return int(meta["size"])

    def _remember_folders(self, path: str) -> None:
        if len(self._folders) > _MOST_REMEMBERED_FOLDERS:
            self._folders.clear()
        while folder := path.rpartition("/")[0]:
            self._folders.add(folder)
            path = folder

    async def _put_parts(
        self, path: str, first: bytes, rest: AsyncIterator[bytes], expected_bytes: int
    ) -> int:
        """Upload in parts; what is uploaded of a file that breaks off is given up."""
        # The chunks are read here, and not where obstore asks for them: what they raise, and this
        # call's being cancelled, must both end the upload from within.
        feed: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(1)

        async def fed() -> AsyncIterator[bytes]:
            while True:
                match await feed.get():
                    case None:
                        return
                    case BaseException():
                        raise _Broken
                    case data:
                        yield data

        size = len(first)
        part_bytes = max(_PART_BYTES, expected_bytes // _MOST_PARTS + 1)
        putting = asyncio.ensure_future(
            obstore.put_async(
                self._bucket,
                path,
                fed(),
                use_multipart=True,
                chunk_size=part_bytes,
                max_concurrency=_PARTS_AT_A_TIME,
            )
        )
        try:
            await _offer(feed, first, putting)
            async for chunk in rest:
                size += len(chunk)
                await _offer(feed, chunk, putting)
            await _offer(feed, None, putting)
            await self._await(asyncio.shield(putting))
        except BaseException as error:
            if not putting.done():
                with contextlib.suppress(asyncio.QueueEmpty):
                    feed.get_nowait()
                feed.put_nowait(error)
                with contextlib.suppress(BaseException):
                    await asyncio.shield(putting)
            raise
        return size

    async def _read_staged(self, place: Path) -> AsyncIterator[bytes]:
        number = await self._threads.run(os.open, place, os.O_RDONLY)
        try:
            while chunk := await self._threads.run(os.read, number, CHUNK_BYTES):
                yield chunk
        finally:
            os.close(number)


class _Broken(Exception):
    """Ends an upload whose chunks ended before their time."""


class _ObjectFile:
    """An object that is being read; what the store sends is what it was when it was asked."""

    def __init__(
        self, meta: Any, path: str, start: int, end: int | None, got: Any, store_name: str
    ) -> None:
        self.size_bytes: int = meta["size"]
        self.modified_ms = int(meta["last_modified"].timestamp() * 1000)
        self.etag = (meta["e_tag"] or f"{self.modified_ms:x}-{self.size_bytes:x}").strip('"')
        self.start, end, _ = slice(start, end).indices(self.size_bytes)
        self.end = max(self.start, end)
        self.got = got
        self._path = path
        self._store_name = store_name
        self._stream: AsyncIterator[Any] | None = None
        self._left = self.end - self.start
        self._spare = memoryview(b"")

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        while not self._spare:
            self._spare = memoryview(await self._next())
        chunk = bytes(self._spare[:CHUNK_BYTES])
        self._spare = self._spare[CHUNK_BYTES:]
        self._left -= len(chunk)
        return chunk

    async def _next(self) -> bytes:
        if self._stream is None:
            if self.got is None:
                raise StopAsyncIteration
            self._stream = aiter(self.got.stream(min_chunk_size=CHUNK_BYTES // 4))
            self.got = None
        try:
            return bytes(await anext(self._stream))
        except StopAsyncIteration:
            raise Unavailable(f"'{self._path}' was cut short while it was read.") from None
        except Exception as error:
            raise explain(error, self._store_name) from None

    async def aclose(self) -> None:
        self._left = 0
        self._stream = self.got = None


async def _first_part(
    chunks: AsyncIterator[bytes],
) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """The beginning of a file, and the rest of it if there is more."""
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _PART_BYTES:
            return b"".join(held), chunks
    return b"".join(held), None


async def _offer(feed: "asyncio.Queue[Any]", item: Any, putting: "asyncio.Future[Any]") -> None:
    """Hand over the next piece, unless the upload has failed already."""
    if putting.done():
        return
    offering = asyncio.ensure_future(feed.put(item))
    try:
        await asyncio.wait([offering, putting], return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not offering.done():
            offering.cancel()


def _file_path(path: str) -> str:
    safe = safe_path(path)
    if not safe:
        raise is_a_folder(path)
    return safe


def _is_ours(name: str) -> bool:
    """Whether a client could ask for this name at all."""
    try:
        return safe_path(name) == name
    except InvalidParameter:
        return False
