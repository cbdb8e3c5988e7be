"""Small files, durable by one write at the end of a log instead of two syncs of their own.

A small file is kept whole in the log, which is on disk before the file is renamed to its place and
acknowledged; many at once share one sync. The file in its place reaches the disk later, with the
whole file system, and then its record is worth nothing any more. What else changes a path (a large
file, a deletion) leaves a record too, so that ``file_recovery`` knows what came last.

There are two logs: one is written while the other one's files are put on disk.
"""

import logging
import os
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from struct import Struct as Layout
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from millpond.artifacts.disk import BINARY, file_system_of, sync_file_system, sync_folder

T = TypeVar("T")

_log = logging.getLogger(__name__)

# A larger file is written once: the second copy would cost more than a sync.
MOST_BYTES = 64 << 10

_FULL_BYTES = 16 << 20
_GROWTH = bytes(1 << 20)
_QUIET_S = 5.0

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Where a sync of the whole file system is known to be one, and nobody writes from elsewhere.
_FILE_SYSTEMS = {"ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs"}
# Magic, the boot the log was written in, and the moment up to which all files are on disk.
_HEADER = Layout("<8s36sQ")
_MAGIC = b"MPFILES1"
_FIRST_RECORD = 4096
# Length and checksum of the record behind it; the round it is of, and its moment.
_FRAME = Layout("<IIQQ")


class Record(Struct, frozen=True, array_like=True):
    """What became of a path: content for a small file, only the identity of a large one.

    size_bytes: GONE for a deletion, of the path and of everything below it.
    """

    path: str
    size_bytes: int
    modified_ns: int
    content: bytes | None


GONE = -1


class Entry:
    """A record on its way into the log, and what is to happen when it is there."""

    def __init__(self, record: Record, act: Callable[[], Any]) -> None:
        self.payload = msgspec.msgpack.encode(record)
        self.act = act
        self.is_over = False
        self.result: Any = None
        self.error: Exception | None = None


class FileLog:
    """The logs of one process for the files below one root. Its methods run in any thread."""

    def __init__(self, folder: Path, root: Path) -> None:
        """folder: the process's own, on the file system of the root."""
        self._root = root
        self._current = _LogFile(folder / "log-0")
        self._other = _LogFile(folder / "log-1")
        self._queue: deque[Entry] = deque()
        self._turn = threading.Condition()
        self._last_write_s = 0.0
        self._is_closing = False
        self._is_stuck = False
        self._settler: threading.Thread | None = None

    @staticmethod
    def fits(root: Path) -> bool:
        """Whether the machine and the file system of a folder can do what a log needs."""
        return _BOOT_ID.exists() and file_system_of(root) in _FILE_SYSTEMS

    def append(self, record: Record, act: Callable[[], T]) -> T:
        """Put a record on disk, then do what it says; records and acts are in one order.

        Raises OSError when the disk does not take the record, and then nothing is done; else
        whatever the act raises.
        """
        entry = Entry(record, act)
        self.append_all([entry])
        if entry.error is not None:
            raise entry.error
        result: T = entry.result
        return result

    def append_all(self, entries: Sequence[Entry]) -> None:
        """The same for several at once; each entry has its own result, or error."""
        if not entries:
            return
        self._queue.extend(entries)
        with self._turn:
            # Whoever writes takes all that wait, in order: the last is over when all are.
            while not entries[-1].is_over:
                if self._current.is_full:
                    self._turn.notify_all()
                    self._turn.wait()
                else:
                    self._write_queued()

    def close(self) -> bool:
        """Put the files on disk; whether they all are, so that the logs may go."""
        with self._turn:
            self._is_closing = True
            self._turn.notify_all()
        if self._settler:
            self._settler.join()
        self._current.close()
        self._other.close()
        return not self._is_stuck

    def _write_queued(self) -> None:
        """One turn for all that wait: whoever comes first writes for the others too."""
        entries = [self._queue.popleft() for _ in range(len(self._queue))]
        was_empty = self._current.is_empty
        try:
            self._current.append([entry.payload for entry in entries])
        except OSError as error:
            for entry in entries:
                entry.error, entry.is_over = error, True
            return
        self._last_write_s = time.monotonic()
        if was_empty:
            self._turn.notify_all()
        if self._settler is None:
            self._settler = threading.Thread(target=self._settle, name="file-log", daemon=True)
            self._settler.start()
        for entry in entries:
            try:
                entry.result = entry.act()
            except Exception as error:
                entry.error = error
            entry.is_over = True

    def _settle(self) -> None:
        """Put the files of a log on disk, whenever it is full or nothing came for a while."""
        with self._turn:
            while not self._is_closing or not self._current.is_empty:
                if not self._is_due():
                    self._turn.wait(None if self._current.is_empty else _QUIET_S)
                    continue
                self._current, self._other = self._other, self._current
                self._current.start_round()
                moment_ns = now_ns()
                self._turn.notify_all()
                self._turn.release()
                try:
                    sync_file_system(self._root)
                    self._other.settle(moment_ns)
                except OSError:
                    # The log stays as it is, for the next start to read, and is not used again.
                    _log.exception("small files could not be put on disk, and stay in the log")
                    self._is_stuck = True
                    self._other.close()
                    self._other = _LogFile(self._other.path.with_name(f"log-{moment_ns}"))
                finally:
                    self._turn.acquire()

    def _is_due(self) -> bool:
        if self._current.is_empty:
            return False
        is_quiet = time.monotonic() - self._last_write_s >= _QUIET_S
        return self._is_closing or self._current.is_full or is_quiet


class _LogFile:
    """One of the logs, made when it is first needed.

    Its space is written over and over, so that a sync moves only the data.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._number = -1
        self._allocated = self._end = _FIRST_RECORD
        self._round = 1

    @property
    def is_empty(self) -> bool:
        return self._end == _FIRST_RECORD

    @property
    def is_full(self) -> bool:
        return self._end >= _FULL_BYTES

    def start_round(self) -> None:
        """Begin at the beginning again; what is left of the round before is not read."""
        self._round += 1
        self._end = _FIRST_RECORD

    def append(self, payloads: list[bytes]) -> None:
        if self._number < 0:
            self._create()
        frames = []
        for moment_ns, payload in enumerate(payloads, start=now_ns()):
            checksum = _checksum(self._round, moment_ns, payload)
            frames += [_FRAME.pack(len(payload), checksum, self._round, moment_ns), payload]
        data = b"".join(frames)
        while self._end + len(data) > self._allocated:
            os.pwrite(self._number, _GROWTH, self._allocated)
            self._allocated += len(_GROWTH)
        os.pwrite(self._number, data, self._end)
        os.fdatasync(self._number)
        self._end += len(data)

    def settle(self, moment_ns: int) -> None:
        """Note that every file up to a moment is on disk, of this log and of any other."""
        os.pwrite(self._number, _HEADER.pack(_MAGIC, boot_id(), moment_ns), 0)
        os.fdatasync(self._number)

    def close(self) -> None:
        if self._number >= 0:
            os.close(self._number)

    def _create(self) -> None:
        number = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | BINARY, 0o600)
        try:
            os.pwrite(number, _HEADER.pack(_MAGIC, boot_id(), 0), 0)
            os.fsync(number)
            # The process's folder is new, and so may be the one that all of them are in.
            for folder in list(self.path.parents)[:3]:
                sync_folder(folder)
        except OSError:
            os.close(number)
            raise
        self._number = number


class ReadLog(Struct, frozen=True):
    """What a log says that somebody left behind.

    settled_ns: up to this moment everything below the root was on disk.
    records: with their moments, which order the records of all processes on a machine.
    """

    boot_id: bytes
    settled_ns: int
    records: list[tuple[int, Record]]


def read_log(path: Path) -> ReadLog | None:
    """None for a log that was not even begun."""
    data = path.read_bytes()
    if len(data) < _HEADER.size:
        return None
    magic, boot, settled_ns = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        return None
    return ReadLog(boot, settled_ns, list(_records(data)))


def _records(data: bytes) -> Iterator[tuple[int, Record]]:
    """The records of the last round, up to the one that a crash cut off."""
    position, last_round = _FIRST_RECORD, 0
    while position + _FRAME.size <= len(data):
        length, checksum, round_, moment_ns = _FRAME.unpack_from(data, position)
        position += _FRAME.size
        payload = data[position : position + length]
        last_round = last_round or round_
        if round_ != last_round or _checksum(round_, moment_ns, payload) != checksum:
            return
        if not length:
            return
        yield moment_ns, msgspec.msgpack.decode(payload, type=Record)
        position += length


def _checksum(round_: int, moment_ns: int, payload: bytes) -> int:
    return zlib.crc32(payload, (round_ ^ moment_ns) & 0xFFFFFFFF)


def now_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def boot_id() -> bytes:
    """What names the time since this machine was started: as long its memory of files is whole."""
    return _BOOT_ID.read_bytes().strip()
