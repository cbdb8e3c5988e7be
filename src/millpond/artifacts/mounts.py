"""All datastores of a workspace as one store, the way the proxy shows them.

A path below ``datastores/NAME/`` is that datastore's, any other one the server's own folder's.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from millpond.artifacts.contract import (
    ArtifactStore,
    FileEntry,
    Kept,
    MultipartUpload,
    OpenFile,
    PresignedFile,
    UploadedPart,
)
from millpond.artifacts.metering import Counts, Meter
from millpond.artifacts.paths import safe_path
from millpond.domain.datastores import (
    BUILT_IN,
    MOUNT,
    Datastore,
    Kind,
    kind_of,
    mounted,
    not_found,
    unmounted,
)
from millpond.errors import InvalidParameter, MillpondError

# How long an opened datastore is used without asking whether it was changed.
_FRESH_S = 2.0


class Catalog(Counts, Protocol):
    """Where datastores are registered."""

    async def datastore(self, name: str) -> Datastore | None: ...

    async def datastores(self) -> list[Datastore]: ...


class _Mount(Struct):
    record: Datastore
    store: ArtifactStore
    seen_s: float


class Mounts:
    """An artifact store made of those that are registered, opened when they are first needed."""

    def __init__(
        self,
        built_in: ArtifactStore,
        catalog: Catalog,
        open_store: Callable[[Datastore], ArtifactStore],
        others: Mapping[str, ArtifactStore] = {},
    ) -> None:
        """others: stores beside the registered ones, under names that can not be registered."""
        self._built_in = built_in
        self._catalog = catalog
        self._open_store = open_store
        self._others = others
        self._mounts: dict[str, _Mount] = {}
        self._opening = asyncio.Lock()
        self._records: list[Datastore] = []
        self._listed_s = 0.0
        self.meter = Meter(catalog)

    async def store(self, name: str) -> ArtifactStore:
        """Raises DoesNotExist for a name that is not registered, and what opening it raises."""
        if name == BUILT_IN:
            return self._built_in
        if name in self._others:
            return self._others[name]
        mount = self._mounts.get(name)
        now = time.monotonic()
        if mount and now - mount.seen_s < _FRESH_S:
            return mount.store
        # Two stores in one folder would sweep away each other's uploads.
        async with self._opening:
            return await self._open(name)

    async def _open(self, name: str) -> ArtifactStore:
        mount = self._mounts.get(name)
        now = time.monotonic()
        if mount and now - mount.seen_s < _FRESH_S:
            return mount.store
        record = await self._catalog.datastore(name)
        if record is None:
            self._mounts.pop(name, None)
            raise not_found(name)
        if mount and _is_same_place(mount.record, record):
            mount.record, mount.seen_s = record, now
            return mount.store
        opened = await asyncio.to_thread(self._open_store, record)
        # Whoever reads from the one before reads on; it goes when nobody holds it any more.
        self._mounts[name] = _Mount(record, opened, now)
        return opened

    def forget(self, name: str) -> None:
        """Ask about a datastore again before it is next used: it was changed."""
        if mount := self._mounts.get(name):
            mount.seen_s = float("-inf")
        self._listed_s = 0.0
        self.meter.forget()

    async def locate_anywhere(self, uri: str) -> str | None:
        """The path of an address in any of the datastores, None when it is in none.

        Raises InvalidParameter as ``locate`` does.
        """
        if (path := self.locate(uri)) is not None:
            return path
        try:
            kind = kind_of(uri)
        except InvalidParameter:
            return None
        if time.monotonic() - self._listed_s > _FRESH_S:
            self._records = await self._catalog.datastores()
            self._listed_s = time.monotonic()
        for record in self._records:
            # An address of another kind is not worth opening a store for.
            if record.kind is not kind:
                continue
            try:
                store = await self.store(record.name)
            except MillpondError:
                continue
            if (path := store.locate(uri)) is not None:
                return mounted(record.name, path)
        return None

    def locate(self, uri: str) -> str | None:
        if (path := self._built_in.locate(uri)) is not None:
            return path
        for name, store in self._others.items():
            if (path := store.locate(uri)) is not None:
                return mounted(name, path)
        return None

    async def sends_files_past(self) -> bool:
        """Whether clients reach the default datastore, so that large files may pass the server by.

        An endpoint of one's own is often for the server alone, so there it must be said.
        """
        name = (await self.meter.rules()).default_datastore
        record = None if name == BUILT_IN else await self._catalog.datastore(name)
        if record is None or record.kind is Kind.FOLDER:
            return False
        usual = "false" if "endpoint" in record.options else "true"
        return record.options.get("presigned", usual) == "true"

    async def put(
        self, path: str, chunks: AsyncIterator[bytes], size_bytes: int | None = None
    ) -> Kept:
        name, store, below = await self._find(path)
        await self.meter.admit(size_bytes)
        kept = await store.put(below, self.meter.limited(chunks), size_bytes)
        self.meter.count(name, kept.size_bytes - kept.replaced_bytes)
        return kept

    async def open(self, path: str, start: int = 0, end: int | None = None) -> OpenFile:
        _, store, below = await self._find(path)
        return await store.open(below, start, end)

    async def list_folder(self, path: str) -> list[FileEntry]:
        if safe_path(path) == MOUNT:
            names = [*self._others, *(r.name for r in await self._catalog.datastores())]
            return [FileEntry(name, True, 0) for name in sorted(names)]
        _, store, below = await self._find(path)
        return await store.list_folder(below)

    async def walk(self, path: str) -> AsyncIterator[FileEntry]:
        _, store, below = await self._find(path)
        async for entry in store.walk(below):
            yield entry

    async def delete(self, path: str) -> int:
        name, store, below = await self._find(path)
        freed = await store.delete(below)
        self.meter.count(name, -freed)
        return freed

    async def create_upload(self, path: str, parts: int) -> MultipartUpload:
        _, store, below = await self._find(path)
        await self.meter.admit(0)
        return await store.create_upload(below, parts)

    async def put_part(
        self, path: str, upload_id: str, part_number: int, chunks: AsyncIterator[bytes]
    ) -> str:
        _, store, below = await self._find(path)
        await self.meter.admit(0)
        return await store.put_part(below, upload_id, part_number, self.meter.limited(chunks))

    async def complete_upload(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> Kept:
        name, store, below = await self._find(path)
        kept = await store.complete_upload(below, upload_id, parts)
        self.meter.count(name, kept.size_bytes - kept.replaced_bytes)
        try:
            # Parts that went to the store directly are counted only now.
            await self.meter.admit_kept(kept.size_bytes)
        except MillpondError:
            self.meter.count(name, -await store.delete(below))
            raise
        return kept

    async def abort_upload(self, path: str, upload_id: str) -> None:
        _, store, below = await self._find(path)
        await store.abort_upload(below, upload_id)

    async def presign_download(self, path: str) -> PresignedFile:
        _, store, below = await self._find(path)
        return await store.presign_download(below)

    def close(self) -> None:
        for store in (
            self._built_in,
            *self._others.values(),
            *(mount.store for mount in self._mounts.values()),
        ):
            store.close()

    async def _find(self, path: str) -> tuple[str, ArtifactStore, str]:
        """The datastore of a path, and the path there. Raises DoesNotExist, InvalidParameter."""
        name, below = unmounted(safe_path(path))
        if name == BUILT_IN and below == MOUNT:
            raise InvalidParameter("Invalid path")
        return name, await self.store(name), below


def _is_same_place(one: Datastore, other: Datastore) -> bool:
    """Whether a store that was opened for one is right for the other."""
    return (one.uri, one.options, one.sealed) == (other.uri, other.options, other.sealed)
