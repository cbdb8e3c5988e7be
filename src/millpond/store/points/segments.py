"""Segments: points of one run as compressed columns, with a header that tells what is inside.

A segment holds one key's points (``key_id``), or a bundle of several short series (key 0). In it
the points stand by key, then by step, time and value, each point once.

The bytes: the number of series (uint32), then for each its key id, context id and length (uint32
each; a series whose points name several contexts has several entries), then the lengths of the
three compressed columns (uint32 each), then steps, timestamps and values.

The codec of a row says how its columns are compressed: ``PCO`` by pcodec; ``PORTABLE`` with nothing
but numpy and zlib, for a reader without pcodec. The checksum is the CRC-32 of the bytes.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain.series import Floats, Ids, Ints
from millpond.errors import Unavailable
from millpond.store.points.columns import Columns, concatenate

try:
    from pcodec import ChunkConfig, standalone
except ImportError:  # a platform without a wheel; the portable codec serves
    standalone = None

PCO = 1
PORTABLE = 2
STEPS, TIMESTAMPS, VALUES = range(3)
BUNDLE = 0
"""The key id of a segment that holds several series."""

NEEDS_PCODEC = (
    "The metric points of this store are compressed by pcodec, which is not installed here. "
    "Install pcodec, or run `millpond db portable` on the store where it is installed."
)

_U32 = struct.Struct("<I")
_TRIPLE = struct.Struct("<III")


def has_pcodec() -> bool:
    """Whether pcodec is installed here."""
    return standalone is not None


class DamagedSegment(Exception):
    """The bytes of a segment are not what was written."""


class Segment(Struct, frozen=True):
    """One segment as the table keeps it; the first seven fields say what is inside.

    value_min and value_max are over the values that are numbers, None when all are NaN.
    """

    key_id: int
    points: int
    step_min: int
    step_max: int
    timestamp_min: int
    timestamp_max: int
    value_first: float
    value_last: float
    value_min: float | None
    value_max: float | None
    codec: int
    checksum: int
    data: bytes


def encode(series: Sequence[Columns], is_bundle: bool, codec: int | None = None) -> Segment:
    """One segment of these series, by key, each in step order.

    codec: pcodec where it is installed, unless told otherwise.
    """
    columns = concatenate(list(series))
    codec = (PCO if standalone else PORTABLE) if codec is None else codec
    pack_ints, pack_floats = _PACKERS[codec]
    parts = [pack_ints(columns.steps), pack_ints(columns.timestamps), pack_floats(columns.values)]
    entries = _entries(columns)
    data = b"".join(
        [
            _U32.pack(len(entries)),
            entries.astype("<u4").tobytes(),
            _TRIPLE.pack(*map(len, parts)),
            *parts,
        ]
    )
    numbers = columns.values[~np.isnan(columns.values)]
    return Segment(
        key_id=BUNDLE if is_bundle else int(columns.key_ids[0]),
        points=len(columns),
        step_min=int(columns.steps.min()),
        step_max=int(columns.steps.max()),
        timestamp_min=int(columns.timestamps.min()),
        timestamp_max=int(columns.timestamps.max()),
        value_first=float(columns.values[0]),
        value_last=float(columns.values[-1]),
        value_min=float(numbers.min()) if len(numbers) else None,
        value_max=float(numbers.max()) if len(numbers) else None,
        codec=codec,
        checksum=zlib.crc32(data),
        data=data,
    )


def decode(data: bytes, codec: int, checksum: int) -> Columns:
    """The points of a segment. Raises DamagedSegment, and Unavailable without the codec."""
    entries, columns = _opened(data, codec, checksum)
    steps, timestamps, values = columns
    unpack = _UNPACKERS[codec]
    return Columns(
        _repeated(entries[:, 0], entries[:, 2]),
        _repeated(entries[:, 1], entries[:, 2]),
        unpack(steps, np.int64),
        unpack(timestamps, np.int64),
        unpack(values, np.float64),
    )


class ColumnBuffer:
    """Room for one segment's columns after the other: asking for it each time costs more."""

    def __init__(self) -> None:
        self._numbers = {
            STEPS: np.empty(0, np.int64),
            TIMESTAMPS: np.empty(0, np.int64),
            VALUES: np.empty(0, np.float64),
        }

    def room(self, column: int, size: int) -> "NDArray[Any]":
        if size > len(self._numbers[column]):
            self._numbers[column] = np.empty(size, self._numbers[column].dtype)
        return self._numbers[column][:size]


def decode_columns(
    data: bytes, codec: int, checksum: int, wanted: Sequence[int], buffer: ColumnBuffer
) -> "list[NDArray[Any]]":
    """Some of STEPS, TIMESTAMPS and VALUES of a segment, in the buffer; see ``decode``."""
    entries, packed = _opened(data, codec, checksum)
    if codec == PORTABLE:
        return [_from_portable(packed[c], np.float64 if c == VALUES else np.int64) for c in wanted]
    size = int(entries[:, 2].sum())
    found = [buffer.room(column, size) for column in wanted]
    for column, room in zip(wanted, found, strict=True):
        standalone.simple_decompress_into(packed[column], room)
    return found


def _opened(data: bytes, codec: int, checksum: int) -> tuple[NDArray[np.uint32], list[bytes]]:
    """The entries of a segment, and its columns as they are compressed."""
    if zlib.crc32(data) != checksum:
        raise DamagedSegment(f"checksum {zlib.crc32(data):#x} instead of {checksum:#x}")
    if codec not in _PACKERS:
        raise DamagedSegment(f"codec {codec} is not one that this version knows")
    if codec == PCO and standalone is None:
        raise Unavailable(NEEDS_PCODEC)
    (count,) = _U32.unpack_from(data)
    entries = np.frombuffer(data, "<u4", 3 * count, 4).reshape(count, 3)
    place = 4 + 12 * count
    lengths = _TRIPLE.unpack_from(data, place)
    ends = (place + 12 + np.cumsum(lengths)).tolist()
    starts = [place + 12, *ends[:2]]
    return entries, [data[a:b] for a, b in zip(starts, ends, strict=True)]


def _entries(columns: Columns) -> NDArray[np.uint32]:
    """(key id, context id, length) of each stretch of points that share both."""
    pairs = np.stack([columns.key_ids, columns.context_ids], axis=1)
    changes = np.flatnonzero((pairs[1:] != pairs[:-1]).any(axis=1)) + 1
    starts = np.concatenate([[0], changes])
    lengths = np.diff(np.concatenate([starts, [len(columns)]]))
    return np.column_stack([pairs[starts], lengths]).astype(np.uint32)


def _repeated(ids: Ids, lengths: Ids) -> Ids:
    if len(ids) == 1:
        # The usual case of a long series takes no memory.
        return np.broadcast_to(ids, (int(lengths[0]),))
    return np.repeat(ids, lengths)


def _pco(values: "Ints | Floats") -> bytes:
    return bytes(standalone.simple_compress(np.ascontiguousarray(values), ChunkConfig()))


def _from_pco(data: bytes, dtype: type[Any]) -> Any:
    return standalone.simple_decompress(data)


def _portable_ints(values: Ints) -> bytes:
    # Wrapping differences undo themselves, so any int64 is fine.
    return _shuffled(np.diff(values, prepend=np.int64(0)))


def _portable_floats(values: Floats) -> bytes:
    bits = values.view(np.uint64).copy()
    bits[1:] ^= values.view(np.uint64)[:-1]
    return _shuffled(bits)


def _shuffled(values: "NDArray[Any]") -> bytes:
    # All first bytes, then all second ones, ...: neighbours differ in few of them.
    rows = np.ascontiguousarray(values).view(np.uint8).reshape(-1, 8)
    return zlib.compress(np.ascontiguousarray(rows.T).tobytes(), 6)


def _from_portable(data: bytes, dtype: type[Any]) -> Any:
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(8, -1)
    words = np.ascontiguousarray(rows.T).reshape(-1)
    if dtype is np.int64:
        return np.cumsum(words.view(np.int64))
    return np.bitwise_xor.accumulate(words.view(np.uint64)).view(np.float64)


_PACKERS: dict[int, tuple[Callable[[Ints], bytes], Callable[[Floats], bytes]]] = {
    PCO: (_pco, _pco),
    PORTABLE: (_portable_ints, _portable_floats),
}
_UNPACKERS: dict[int, Callable[[bytes, type[Any]], Any]] = {
    PCO: _from_pco,
    PORTABLE: _from_portable,
}
