"""Columns of numbers and texts as bytes: the form that charts and tables of runs are answered in.

docs/reference/binary-columns.md describes the bytes for whoever writes a reader.
"""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

MEDIA_TYPE = "application/vnd.millpond.columns"
MAGIC = b"MPC1"
_ALIGNMENT = 8
_encode = msgspec.json.Encoder().encode


class ColumnWriter:
    """Gathers columns, and puts them behind a header that says where they are."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def numbers(self, values: "NDArray[Any]") -> dict[str, Any]:
        """Add a column; what comes back is its place, for the header."""
        kind = values.dtype.name
        return self._add(kind, len(values), values.astype(values.dtype.newbyteorder("<")).tobytes())

    def texts(self, texts: Sequence[str]) -> dict[str, Any]:
        """Add texts: their UTF-8 bytes one after another, and where each begins and ends."""
        encoded = [text.encode() for text in texts]
        ends = np.zeros(len(encoded) + 1, np.uint32)
        ends[1:] = np.cumsum(np.array([len(text) for text in encoded], np.int64))
        data = b"".join(encoded)
        return {"bounds": self.numbers(ends), "bytes": self._add("utf8", len(data), data)}

    def finish(self, header: dict[str, Any]) -> bytes:
        """The whole message."""
        told = _encode(header)
        told += b" " * (-(len(MAGIC) + 4 + len(told)) % _ALIGNMENT)
        return b"".join([MAGIC, len(told).to_bytes(4, "little"), told, *self._parts])

    def _add(self, kind: str, length: int, data: bytes) -> dict[str, Any]:
        place = {"type": kind, "offset": self._size, "length": length}
        padding = b"\0" * (-len(data) % _ALIGNMENT)
        self._parts += [data, padding]
        self._size += len(data) + len(padding)
        return place


def number_answer(value: float | None) -> float | str | None:
    """A number as JSON can say it: NaN and the infinities as texts."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def numbers_answer(values: "NDArray[Any]") -> list[Any]:
    numbers: list[Any] = values.tolist()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return [number_answer(number) for number in numbers]
    return numbers
