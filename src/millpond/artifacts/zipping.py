"""A folder as one zip file, made while it is sent: never more of it in memory than a few chunks."""

import asyncio
import time
import zipfile
from collections.abc import AsyncIterator
from typing import IO, cast

from millpond.artifacts.contract import ArtifactStore
from millpond.artifacts.paths import join

# The format's earliest moment.
_EARLIEST_S = 315_532_800 + 86_400


class _Sink:
    """Where the zip is written to and taken from. It cannot be sought, so the format's records of
    sizes come behind each file, as for a pipe."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data


async def zip_folder(store: ArtifactStore, path: str) -> AsyncIterator[bytes]:
    """The chunks of a zip with every file below a folder, by its path there.

    Files are stored as they are: models and pictures do not shrink, and a network outruns a
    compressor. Raises what reading a file raises; the zip is then cut off, and no reader takes it
    for whole.
    """
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        async for entry in store.walk(path):
            file = await store.open(join(path, entry.path))
            try:
                moment = max(file.modified_ms / 1000, _EARLIEST_S)
                info = zipfile.ZipInfo(entry.path, time.gmtime(moment)[:6])
                info.file_size = file.size_bytes
                info.external_attr = 0o644 << 16
                with archive.open(info, "w") as member:
                    async for chunk in file:
                        # Its checksum takes as long as sending it.
                        await asyncio.to_thread(member.write, chunk)
                        yield sink.take()
            finally:
                await file.aclose()
            yield sink.take()
    yield sink.take()
