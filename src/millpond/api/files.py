"""Files over the native API: any place by its address, listed, read, written, zipped, deleted.

Plain routes beside the protocol's, since bytes are streamed both ways.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from millpond.api.artifacts import file_path, keep_file
from millpond.api.downloads import content_disposition, send_file
from millpond.api.http import JSON_HEADERS, Handler, Request, Response
from millpond.api.places import Places
from millpond.api.waiting import StoreAccess
from millpond.artifacts.contract import ArtifactStore
from millpond.artifacts.mounts import Mounts
from millpond.artifacts.opening import Opener
from millpond.artifacts.paths import join
from millpond.artifacts.vault import Vault
from millpond.artifacts.zipping import zip_folder
from millpond.domain.datastores import Datastore, unmounted
from millpond.errors import BadRequest, DoesNotExist, InvalidParameter
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.wire.artifacts import require
from millpond.workspaces.datastores import note_deletion

_TRUTHS = {"": False, "false": False, "true": True}


@dataclass(frozen=True)
class Files:
    """What of a server concerns files.

    folder: the server's own one; allowed_folders: where else folders may become datastores.
    """

    access: StoreAccess
    mounts: Mounts
    places: Places
    vault: Vault
    opener: Opener
    folder: Path
    allowed_folders: Sequence[Path]

    def open_datastore(self, datastore: Datastore) -> ArtifactStore:
        """Raises BadRequest for credentials that another key sealed, and what opening raises."""
        return open_datastore(self.vault, self.opener, datastore)

    async def read_small(self, uri: str, name: str, limit_bytes: int) -> bytes | None:
        """A file below an artifact URI; None if it is not there, is larger, or is not ours."""
        try:
            path = await self.places.path_at(uri)
            file = await self.mounts.open(join(path, name))
        except (BadRequest, DoesNotExist, InvalidParameter):
            return None
        try:
            if file.size_bytes > limit_bytes:
                return None
            return b"".join([chunk async for chunk in file])
        finally:
            await file.aclose()

    async def note_deletion(self, path: str) -> None:
        """Write into the audit log what is about to be deleted."""
        now_ms = time.time_ns() // 1_000_000
        # There is no sign-in yet, so nobody is named.
        await self.access.write(DEFAULT_WORKSPACE, note_deletion(path, "", now_ms))


def open_datastore(vault: Vault, opener: Opener, datastore: Datastore) -> ArtifactStore:
    """See ``Files.open_datastore``."""
    credentials: dict[str, str] = {}
    if datastore.sealed is not None:
        credentials = vault.open(datastore.sealed, datastore.name)
    return opener.open(datastore, credentials)


class ListedEntry(Struct, frozen=True):
    """One line of a listing; size_bytes of a folder is null unless sizes were asked for."""

    path: str
    is_dir: bool
    size_bytes: int | None


class Listing(Struct, frozen=True):
    """What a folder holds, paths relative to it."""

    uri: str
    files: list[ListedEntry]


class FileRoutes:
    """The handlers of ``/api/v1/artifacts``; every one takes ``uri``."""

    def __init__(self, files: Files) -> None:
        self._store: ArtifactStore = files.mounts
        self._places = files.places
        self._note_deletion = files.note_deletion

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/api/v1/artifacts", self.list_files),
            ("DELETE", "/api/v1/artifacts", self.delete_files),
            ("GET", "/api/v1/artifacts/file", self.get_file),
            ("HEAD", "/api/v1/artifacts/file", self.get_file),
            ("PUT", "/api/v1/artifacts/file", self.put_file),
            ("GET", "/api/v1/artifacts/zip", self.get_zip),
        ]

    async def list_files(self, request: Request) -> Response:
        """One folder; ``recursive=true`` lists every file below it, ``sizes=true`` adds up what
        folders hold."""
        uri, path = await self._place(request)
        fields = request.query_fields()
        if _truth(fields, "recursive"):
            found = [entry async for entry in self._store.walk(path)]
            found.sort(key=lambda entry: entry.path)
            files = [ListedEntry(e.path, False, e.size_bytes) for e in found]
        else:
            sizes = await self._folder_sizes(path) if _truth(fields, "sizes") else {}
            files = [
                ListedEntry(e.path, e.is_dir, sizes.get(e.path) if e.is_dir else e.size_bytes)
                for e in await self._store.list_folder(path)
            ]
        return Response(msgspec.json.encode(Listing(uri, files)), headers=JSON_HEADERS)

    async def get_file(self, request: Request) -> Response:
        _, path = await self._place(request)
        return await send_file(self._store, path, request)

    async def put_file(self, request: Request) -> Response:
        uri, path = await self._place(request)
        if uri.endswith("/"):
            raise InvalidParameter(f"'{uri}' names a folder; a file's name is missing.")
        return await keep_file(self._store, file_path(path), request)

    async def delete_files(self, request: Request) -> Response:
        """One file, or a folder with all below it; it is in the audit log before it is gone."""
        uri, path = await self._place(request)
        await self._require_something(uri, path)
        await self._note_deletion(path)
        freed = await self._store.delete(path)
        return Response(msgspec.json.encode({"freed_bytes": freed}), headers=JSON_HEADERS)

    async def get_zip(self, request: Request) -> Response:
        uri, path = await self._place(request)
        if not await self._store.list_folder(path):
            # Says so if there is nothing, or only a file.
            await self._require_something(uri, path)
            raise InvalidParameter(f"'{uri}' is a file; a zip is made of a folder.")
        name = f"{path.rpartition('/')[2] or 'artifacts'}.zip"
        headers = [
            (b"content-type", b"application/zip"),
            (b"content-disposition", content_disposition(name).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]
        return Response(_while_wanted(zip_folder(self._store, path), request), headers=headers)

    async def _place(self, request: Request) -> tuple[str, str]:
        uri = require(request.query_fields(), "uri")
        return uri, await self._places.path_of(uri)

    async def _require_something(self, uri: str, path: str) -> None:
        """Raises DoesNotExist, and InvalidParameter for a root."""
        if not unmounted(path)[1]:
            raise InvalidParameter(f"'{uri}' is all there is; name a part of it.")
        try:
            file = await self._store.open(path, 0, 0)
        except InvalidParameter:
            return  # it is a folder
        except DoesNotExist:
            raise DoesNotExist(f"There is nothing at '{uri}'.") from None
        await file.aclose()

    async def _folder_sizes(self, path: str) -> dict[str, int]:
        sizes: dict[str, int] = {}
        async for entry in self._store.walk(path):
            first, slash, _ = entry.path.partition("/")
            if slash:
                sizes[first] = sizes.get(first, 0) + entry.size_bytes
        return sizes


async def _while_wanted(chunks: AsyncIterator[bytes], request: Request) -> AsyncIterator[bytes]:
    """The chunks, until nobody is there to take them."""
    gone = asyncio.create_task(request.wait_for_disconnect())
    try:
        async for chunk in chunks:
            if gone.done():
                return
            if chunk:
                yield chunk
    finally:
        gone.cancel()


def _truth(fields: dict[str, str], name: str) -> bool:
    value = fields.get(name, "")
    if value not in _TRUTHS:
        raise InvalidParameter(f"The parameter '{name}' must be true or false, not '{value}'.")
    return _TRUTHS[value]
