"""Uploads in parts that the server keeps itself until they are whole.

A part is copied to where it will stand in the file as soon as it is whole, so that nothing is
copied in the end. That needs all parts but the last to be of one size, which every client of the
protocol sends; the last part waits in a file of its own. Everything there is to know about an
upload is in its folder, so that several servers on one disk can each take some of its parts.
"""

import os
import re
import secrets
import shutil
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from millpond.artifacts.contract import CHUNK_BYTES, UploadedPart
from millpond.artifacts.disk import BINARY
from millpond.artifacts.threads import Threads
from millpond.errors import DoesNotExist, InvalidParameter

MOST_PARTS = 10_000
# Whoever has not finished after a day will not come back.
_LONGEST_S = 24 * 3600.0

_UPLOAD_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_ARRIVED = re.compile(r"part-(\d+)-(\d+)-([0-9a-f]{8})")
_ABOUT, _WHOLE, _LAST = "about.json", "whole", "last"


class _About(Struct, frozen=True):
    """What an upload was begun for."""

    path: str
    parts: int


class _Part(Struct, frozen=True):
    """A part that is in its place."""

    number: int
    size_bytes: int
    checksum: str

    @property
    def tag(self) -> str:
        return f"{self.checksum}-{self.size_bytes:x}"

    @property
    def marker(self) -> str:
        """The name of the empty file that says so."""
        return f"part-{self.number}-{self.size_bytes}-{self.checksum}"


class StagedParts:
    """The uploads that are under way in one folder."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._folder = folder
        self._threads = threads

    async def begin(self, path: str, parts: int) -> str:
        """A new upload's id, which nobody can guess: it is all that a part has to show."""
        if not 1 <= parts <= MOST_PARTS:
            raise InvalidParameter(
                f"Invalid value {parts} for parameter 'num_parts': it must be 1 to {MOST_PARTS}."
            )
        upload_id = secrets.token_urlsafe(24)
        await self._threads.run(self._begin, upload_id, _About(path, parts))
        return upload_id

    async def knows(self, upload_id: str) -> bool:
        """Whether this upload was begun here, and is not over."""
        if not _UPLOAD_ID.fullmatch(upload_id):
            return False
        return await self._threads.run((self._folder / upload_id / _ABOUT).exists)

    async def put(
        self, path: str, upload_id: str, part_number: int, chunks: AsyncIterator[bytes]
    ) -> str:
        """Keep a part; its tag. Raises DoesNotExist, InvalidParameter."""
        upload, about = await self._find(path, upload_id)
        if not 1 <= part_number <= about.parts:
            raise InvalidParameter(
                f"Part {part_number} is none of the {about.parts} parts of this upload."
            )
        # In a file of its own until it is whole: a part that breaks off, or is sent a second time
        # at the same moment, must not harm the one that is there.
        scratch = upload / f"scratch-{secrets.token_hex(8)}"
        try:
            size, checksum = await self._write(scratch, chunks)
            part = _Part(part_number, size, f"{checksum:08x}")
            await self._threads.run(_settle, upload, about, part, scratch)
        except FileNotFoundError:
            raise _is_over(path, upload_id) from None
        except BaseException:
            await self._threads.run_to_end(scratch.unlink, missing_ok=True)
            raise
        return part.tag

    async def finish(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> tuple[Path, int]:
        """The file of all the parts, and its size.

        The file is the caller's; ``forget`` clears up when it has been taken away. Raises
        DoesNotExist, InvalidParameter.
        """
        upload, about = await self._find(path, upload_id)
        told = {part.part_number: part.etag.strip('"') for part in parts}
        arrived = await self._threads.run(_arrived, upload)
        kept = {number: part.tag for number, part in arrived.items()}
        wanted = range(1, about.parts + 1)
        if told != kept or len(told) != about.parts or len(parts) != len(told):
            missing = [n for n in wanted if n not in kept or told.get(n) != kept[n]]
            named = ", ".join(map(str, missing[:10])) or "more than there are"
            raise InvalidParameter(
                f"The upload cannot be completed: parts {named} are not those that arrived."
            )
        sizes = {arrived[n].size_bytes for n in wanted if n < about.parts}
        if len(sizes) > 1:
            raise InvalidParameter("All parts of an upload but the last must be of one size.")
        size = sum(part.size_bytes for part in arrived.values())
        # Whoever completes it at the same moment finds that it is over.
        await self._threads.run(_end, upload, path, upload_id)
        await self._threads.run(_append_last, upload, size)
        return upload / _WHOLE, size

    async def forget(self, upload_id: str) -> None:
        """Clear up after an upload, whatever is left of it."""
        await self._threads.run_to_end(shutil.rmtree, self._folder / upload_id, ignore_errors=True)

    async def abort(self, path: str, upload_id: str) -> None:
        """Raises DoesNotExist."""
        upload, _ = await self._find(path, upload_id)
        await self._threads.run(_end, upload, path, upload_id)
        await self.forget(upload_id)

    async def _find(self, path: str, upload_id: str) -> tuple[Path, _About]:
        if _UPLOAD_ID.fullmatch(upload_id):
            upload = self._folder / upload_id
            about = await self._threads.run(_read_about, upload)
            if about is not None and about.path == path:
                return upload, about
        raise _is_over(path, upload_id)

    def _begin(self, upload_id: str, about: _About) -> None:
        self._forget_old()
        upload = self._folder / upload_id
        upload.mkdir(parents=True)
        (upload / _WHOLE).touch()
        (upload / _ABOUT).write_bytes(msgspec.json.encode(about))

    def _forget_old(self) -> None:
        oldest = time.time() - _LONGEST_S
        if not self._folder.exists():
            return
        for upload in self._folder.iterdir():
            if _UPLOAD_ID.fullmatch(upload.name) and _begun_s(upload) < oldest:
                shutil.rmtree(upload, ignore_errors=True)

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


def _is_over(path: str, upload_id: str) -> DoesNotExist:
    return DoesNotExist(f"There is no upload '{upload_id}' of '{path}', or it is over.")


def _read_about(upload: Path) -> _About | None:
    try:
        return msgspec.json.decode((upload / _ABOUT).read_bytes(), type=_About)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _begun_s(upload: Path) -> float:
    try:
        return upload.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _arrived(upload: Path) -> dict[int, _Part]:
    found = (_ARRIVED.fullmatch(place.name) for place in upload.iterdir())
    parts = [_Part(int(name[1]), int(name[2]), name[3]) for name in found if name]
    return {part.number: part for part in parts}


def _settle(upload: Path, about: _About, part: _Part, scratch: Path) -> None:
    """Bring a whole part to its place in the file."""
    is_last = part.number == about.parts and about.parts > 1
    others = _arrived(upload)
    if not is_last:
        sizes = {p.size_bytes for n, p in others.items() if n not in (part.number, about.parts)}
        if sizes - {part.size_bytes}:
            raise InvalidParameter(
                "All parts of an upload but the last must be of one size: part "
                f"{part.number} has {part.size_bytes} bytes, others {min(sizes)}."
            )
    # What was there of this part counts no more, from before it is overwritten.
    if old := others.get(part.number):
        (upload / old.marker).unlink(missing_ok=True)
    if is_last:
        scratch.replace(upload / _LAST)
    else:
        _copy(scratch, upload / _WHOLE, (part.number - 1) * part.size_bytes)
        scratch.unlink()
    (upload / part.marker).touch()


def _end(upload: Path, path: str, upload_id: str) -> None:
    try:
        (upload / _ABOUT).unlink()
    except FileNotFoundError:
        raise _is_over(path, upload_id) from None


def _append(place: Path, parts: list[bytes], checksum: int) -> int:
    data = parts[0] if len(parts) == 1 else b"".join(parts)
    with place.open("ab") as file:
        file.write(data)
    return zlib.crc32(data, checksum)


def _copy(source: Path, target: Path, offset: int) -> None:
    """Write a whole file into another one, from an offset on."""
    number = os.open(target, os.O_WRONLY | BINARY)
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                rest = memoryview(chunk)
                while rest:
                    written = os.pwrite(number, rest, offset)
                    rest, offset = rest[written:], offset + written
    finally:
        os.close(number)


def _append_last(upload: Path, size: int) -> None:
    last = upload / _LAST
    if last.exists():
        _copy(last, upload / _WHOLE, size - last.stat().st_size)
