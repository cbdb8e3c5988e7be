"""What was predicted already, on disk: a job that was killed goes on from there.

One file, only ever made longer: a head that says which job it is of, and then the predictions of
one chunk after another, each with its length and checksum. A record that was cut off is cut away.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import Struct

from millpond.errors import BadRequest
from millpond.sdk.scoring.places import SourceFile

_MAGIC = b"MPSCORE1"
_FRAME = struct.Struct("<II")
_LARGEST_RECORD_BYTES = 1 << 30


class Head(Struct, frozen=True):
    """Which job a journal is of, and what it found when it began.

    job: everything that was asked for which changes the output, as text. model: the one version
    that the job scores with to its end, whatever an alias says meanwhile.
    """

    job: str
    files: list[SourceFile]
    model: str
    run_id: str


class Journal:
    """The predictions of one job, chunk by chunk from the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None
        self._end = 0
        self.head: Head | None = None
        self.chunks = 0

    def open(self) -> Head | None:
        """What is there already, its head; None if there is nothing.

        Raises BadRequest for a journal that cannot be read, or that another process writes.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._take()
        data = self._read_frame(len(_MAGIC)) if self._starts_well() else None
        if data is None:
            self._file.truncate(0)
            return None
        try:
            self.head = msgspec.json.decode(data, type=Head)
        except msgspec.MsgspecError:
            raise BadRequest(
                f"{self.path} is of another version of Millpond. Delete it to begin anew."
            ) from None
        position = len(_MAGIC) + _FRAME.size + len(data)
        while (record := self._read_frame(position)) is not None:
            position += _FRAME.size + len(record)
            self.chunks += 1
        self._end = position
        self._file.truncate(position)
        return self.head

    def begin(self, head: Head) -> None:
        """Write the head of a new job."""
        self.head = head
        self._file.seek(0)
        self._file.write(_MAGIC)
        self._end = len(_MAGIC)
        self._append(msgspec.json.encode(head))

    def append(self, predictions: Any) -> None:
        """Keep the predictions of the next chunk; on return they are on disk."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, predictions.schema) as writer:
            writer.write_table(predictions)
        self._append(sink.getvalue().to_pybytes())
        self.chunks += 1

    def replay(self) -> Iterator[Any]:
        """The predictions of every chunk that was there when it was opened."""
        position = len(_MAGIC)
        head = self._read_frame(position)
        position += _FRAME.size + len(head or b"")
        for _ in range(self.chunks):
            record = self._read_frame(position)
            assert record is not None  # open() counted it
            position += _FRAME.size + len(record)
            with pa.ipc.open_stream(record) as reader:
                yield reader.read_all()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def delete(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    def _take(self) -> Any:
        """The open file, ours alone until it is closed. Raises BadRequest."""
        while True:
            file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                raise BadRequest(
                    f"Another process is at this job: {self.path} is in use."
                ) from None
            if os.fstat(file.fileno()).st_nlink:
                return file
            # It was finished and deleted between the two calls.
            file.close()

    def _starts_well(self) -> bool:
        self._file.seek(0)
        return bool(self._file.read(len(_MAGIC)) == _MAGIC)

    def _read_frame(self, position: int) -> bytes | None:
        self._file.seek(position)
        frame = self._file.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            return None
        length, checksum = _FRAME.unpack(frame)
        if length > _LARGEST_RECORD_BYTES:
            return None
        data: bytes = self._file.read(length)
        if len(data) < length or zlib.crc32(data) != checksum:
            return None
        return data

    def _append(self, data: bytes) -> None:
        self._file.seek(self._end)
        self._file.write(_FRAME.pack(len(data), zlib.crc32(data)) + data)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._end += _FRAME.size + len(data)
