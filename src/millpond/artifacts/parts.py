"""Uploads in parts that this server keeps itself until they are whole.

A part is written where it will stand in the file, so that nothing is copied in the end. That needs
all parts but the last to be of one size, which every client of the protocol sends; the last part
waits in a file of its own if it comes before any other.
"""

import contextlib
import os
import secrets
import threading
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from msgspec import Struct, field

from millpond.artifacts.contract import CHUNK_BYTES, UploadedPart
from millpond.artifacts.disk import BINARY
from millpond.artifacts.threads import Threads
from millpond.errors import DoesNotExist, InvalidParameter

MOST_PARTS = 10_000
# Whoever has not finished after a day will not come back.
_LONGEST_S = 24 * 3600.0


class _Part(Struct, frozen=True):
    size_bytes: int
    tag: str


class _Upload(Struct):
    path: str
    parts: int
    place: Path
    begun_s: float
    part_bytes: int = 0
    arrived: dict[int, _Part] = {}
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def last_place(self) -> Path:
        return self.place.with_name(self.place.name + "-last")


class StagedParts:
    """The uploads that are under way in one folder. It is of this process alone."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._folder = folder
        self._threads = threads
        self._uploads: dict[str, _Upload] = {}

    def begin(self, path: str, parts: int) -> str:
        """A new upload's id, which nobody can guess: it is all that a part has to show."""
        if not 1 <= parts <= MOST_PARTS:
            raise InvalidParameter(
                f"Invalid value {parts} for parameter 'num_parts': it must be 1 to {MOST_PARTS}."
            )
        self._forget_old()
        upload_id = secrets.token_urlsafe(24)
        place = self._folder / f"parts-{upload_id}"
        self._uploads[upload_id] = _Upload(path, parts, place, time.monotonic())
        return upload_id

    def __contains__(self, upload_id: str) -> bool:
        return upload_id in self._uploads

    async def put(
        self, path: str, upload_id: str, part_number: int, chunks: AsyncIterator[bytes]
    ) -> str:
        """Keep a part; its tag. Raises DoesNotExist, InvalidParameter."""
        upload = self._find(path, upload_id)
        if not 1 <= part_number <= upload.parts:
            raise InvalidParameter(
                f"Part {part_number} is none of the {upload.parts} parts of this upload."
            )
        # In a file of its own until it is whole: a part that breaks off, or is sent a second time
        # at the same moment, must not harm the one that is there.
        scratch = upload.place.with_name(f"{upload.place.name}-{secrets.token_hex(8)}")
        try:
            size, checksum = await self._write(scratch, chunks)
            part = _Part(size, f"{checksum:08x}-{size:x}")
            await self._threads.run(self._settle, upload, part_number, part, scratch)
        except BaseException:
            await self._threads.run_to_end(scratch.unlink, missing_ok=True)
            raise
        return part.tag

    async def finish(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> tuple[Path, int]:
        """The file of all the parts, and its size; the upload is over, the file the caller's.

        Raises DoesNotExist, InvalidParameter.
        """
        upload = self._find(path, upload_id)
        told = {part.part_number: part.etag.strip('"') for part in parts}
        kept = {number: part.tag for number, part in upload.arrived.items()}
        wanted = dict.fromkeys(range(1, upload.parts + 1))
        if told != kept or told.keys() != wanted.keys() or len(parts) != len(told):
            missing = [number for number in wanted if told.get(number) != kept.get(number, "")]
            named = ", ".join(map(str, missing[:10])) or "more than there are"
            raise InvalidParameter(
                f"The upload cannot be completed: parts {named} are not those that arrived."
            )
        sizes = {
            part.size_bytes for number, part in upload.arrived.items() if number < upload.parts
        }
        if len(sizes) > 1:
            raise InvalidParameter("All parts of an upload but the last must be of one size.")
        del self._uploads[upload_id]
        size = sum(part.size_bytes for part in upload.arrived.values())
        try:
            await self._threads.run(_append_last, upload, size)
        except BaseException:
            await self._threads.run_to_end(_unlink, upload)
            raise
        return upload.place, size

    async def abort(self, path: str, upload_id: str) -> None:
        """Raises DoesNotExist."""
        upload = self._find(path, upload_id)
        del self._uploads[upload_id]
        await self._threads.run_to_end(_unlink, upload)

    def _find(self, path: str, upload_id: str) -> _Upload:
        upload = self._uploads.get(upload_id)
        if upload is None or upload.path != path:
            raise DoesNotExist(f"There is no upload '{upload_id}' of '{path}', or it is over.")
        return upload

    def _forget_old(self) -> None:
        oldest = time.monotonic() - _LONGEST_S
        for upload_id, upload in list(self._uploads.items()):
            if upload.begun_s < oldest:
                del self._uploads[upload_id]
                _unlink(upload)

    async def _write(self, place: Path, chunks: AsyncIterator[bytes]) -> tuple[int, int]:
        size = checksum = 0
        parts: list[bytes] = []
        held = 0
        async for chunk in chunks:
            parts.append(chunk)
            held += len(chunk)
            if held >= CHUNK_BYTES:
                size += held
                checksum = await self._threads.run(_append, place, parts, checksum)
                parts, held = [], 0
        checksum = await self._threads.run(_append, place, parts, checksum)
        return size + held, checksum

    def _settle(self, upload: _Upload, number: int, part: _Part, scratch: Path) -> None:
        """Bring a whole part to its place in the file."""
        with upload.lock:
            is_last = number == upload.parts and upload.parts > 1
            if is_last:
                scratch.replace(upload.last_place)
            else:
                if upload.part_bytes and part.size_bytes != upload.part_bytes:
                    raise InvalidParameter(
                        "All parts of an upload but the last must be of one size: part "
                        f"{number} has {part.size_bytes} bytes, others {upload.part_bytes}."
                    )
                upload.part_bytes = part.size_bytes
                _copy(scratch, upload.place, (number - 1) * part.size_bytes)
                scratch.unlink()
            upload.arrived = {**upload.arrived, number: part}


def _append(place: Path, parts: list[bytes], checksum: int) -> int:
    data = parts[0] if len(parts) == 1 else b"".join(parts)
    with place.open("ab") as file:
        file.write(data)
    return zlib.crc32(data, checksum)


def _copy(source: Path, target: Path, offset: int) -> None:
    """Write a whole file into another one, from an offset on."""
    number = os.open(target, os.O_WRONLY | os.O_CREAT | BINARY, 0o666)
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                rest = memoryview(chunk)
                while rest:
                    written = os.pwrite(number, rest, offset)
                    rest, offset = rest[written:], offset + written
    finally:
        os.close(number)


def _append_last(upload: _Upload, size: int) -> None:
    if upload.last_place.exists():
        last_bytes = upload.last_place.stat().st_size
        _copy(upload.last_place, upload.place, size - last_bytes)
        upload.last_place.unlink()
    elif not upload.place.exists():
        upload.place.touch()


def _unlink(upload: _Upload) -> None:
    for place in (upload.place, upload.last_place):
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)
