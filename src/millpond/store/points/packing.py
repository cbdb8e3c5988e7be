"""One request's points as one row of bytes.

Five columns of equal length follow each other, little endian: key ids (uint32), context ids
(uint32), steps (int64), timestamps (int64), values (float64): 32 bytes a point. A value keeps all
its bits, so NaN, infinities and -0.0 come back as they went in.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

PLAIN = 0
"""Codec number of this layout; a row's codec says how to read its bytes."""

_POINT_BYTES = 32
# Where a column of one point would begin and end; of n points, n times that.
_COLUMNS = ((0, 4), (4, 8), (8, 16), (16, 24), (24, 32))


class PackedPoint(Struct, frozen=True):
    """A point with its names as numbers."""

    key_id: int
    context_id: int
    step: int
    timestamp: int
    value: float


@lru_cache(maxsize=1024)
def _layout(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I{count}I{count}q{count}q{count}d")


def pack(
    key_ids: Sequence[int],
    context_ids: Sequence[int],
    steps: Sequence[int],
    timestamps: Sequence[int],
    values: Sequence[float],
) -> bytes:
    """The bytes of parallel columns of equal length."""
    return _layout(len(key_ids)).pack(*key_ids, *context_ids, *steps, *timestamps, *values)


def concatenate(pieces: Sequence[bytes]) -> bytes:
    """The bytes of all the points in several packed pieces, in order."""
    columns: list[bytes] = []
    for start, end in _COLUMNS:
        for piece in pieces:
            size = count(piece)
            columns.append(piece[start * size : end * size])
    return b"".join(columns)


def count(data: bytes) -> int:
    """How many points are packed in the bytes."""
    return len(data) // _POINT_BYTES


def unpack(data: bytes) -> list[PackedPoint]:
    """The points in the bytes that ``pack`` made."""
    size = count(data)
    columns = _layout(size).unpack(data)
    parts = [columns[start * size : (start + 1) * size] for start in range(5)]
    return [PackedPoint(*point) for point in zip(*parts, strict=True)]
