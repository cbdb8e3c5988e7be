"""Arrays in the database's own bytes: many rows in one parameter, at little cost a row."""

import struct
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from psycopg import DataError, pq
from psycopg.adapt import Buffer, Dumper

_INT8_OID, _FLOAT8_OID, _BYTEA_OID, _TEXT_OID = 20, 701, 17, 25
_NULL = (-1).to_bytes(4, signed=True)


class Integers(bytes):
    """A bigint[]."""


class Floats(bytes):
    """A double precision[]."""


class Blobs(bytes):
    """A bytea[]."""


class Texts(bytes):
    """A text[]."""


OIDS: dict[type, int] = {
    Integers: 1016,
    Floats: 1022,
    Blobs: 1001,
    Texts: 1009,
    int: _INT8_OID,
    float: _FLOAT8_OID,
    type(None): _FLOAT8_OID,
    bytes: _BYTEA_OID,
    uuid.UUID: 2950,
}
"""What the database calls the types of parameters."""


class _Ready(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: Any) -> Buffer:
        return bytes(obj)


def register(connection: Any) -> None:
    """Teach a connection to take arrays that are ready to be sent."""
    for kind in (Integers, Floats, Blobs, Texts):
        dumper = type(f"_{kind.__name__}Dumper", (_Ready,), {"oid": OIDS[kind]})
        connection.adapters.register_dumper(kind, dumper)


_INTEGER = np.dtype([("size", ">i4"), ("value", ">i8")])
_FLOAT = np.dtype([("size", ">i4"), ("value", ">f8")])


def integers(values: Sequence[int]) -> Integers:
    """Raises DataError if one has more than 64 bits."""
    try:
        return Integers(_head(_INT8_OID, len(values)) + _elements(_INTEGER, values))
    except OverflowError:
        raise DataError("a number has more than 64 bits") from None


def integers_or_none(values: Sequence[int | None]) -> Integers:
    """Raises DataError if one has more than 64 bits."""
    try:
        encoded = [None if value is None else value.to_bytes(8, signed=True) for value in values]
    except OverflowError:
        raise DataError("a number has more than 64 bits") from None
    return Integers(_pieces(_INT8_OID, encoded))


def floats(values: Sequence[float | None]) -> Floats:
    """None is sent as NaN."""
    return Floats(_head(_FLOAT8_OID, len(values)) + _elements(_FLOAT, values))


def blobs(values: Iterable[bytes]) -> Blobs:
    return Blobs(_pieces(_BYTEA_OID, values))


def texts(values: Iterable[str]) -> Texts:
    """Raises DataError if one has the character NUL in it, or half of a character."""
    try:
        encoded = [value.encode() for value in values]
    except UnicodeEncodeError as error:
        raise DataError(f"a text is no Unicode: {error.reason}") from None
    if any(b"\0" in value for value in encoded):
        raise DataError("a text has the character NUL in it")
    return Texts(_pieces(_TEXT_OID, encoded))


def _pieces(element_oid: int, values: Iterable[bytes | None]) -> bytes:
    pieces: list[bytes] = []
    for value in values:
        pieces += (_NULL, b"") if value is None else (len(value).to_bytes(4), value)
    return _head(element_oid, len(pieces) // 2, _NULL in pieces) + b"".join(pieces)


def _elements(dtype: "np.dtype[Any]", values: Sequence[Any]) -> bytes:
    elements = np.empty(len(values), dtype)
    elements["size"] = 8
    elements["value"] = values
    return elements.tobytes()


def _head(element_oid: int, count: int, has_nulls: bool = False) -> bytes:
    if not count:
        return struct.pack("!3i", 0, 0, element_oid)
    # Dimensions, whether there are NULLs, the kind, the length, the first index.
    return struct.pack("!5i", 1, has_nulls, element_oid, count, 1)
