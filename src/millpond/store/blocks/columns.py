"""One column of one block: an attribute, metric, param or tag of the runs with ids in a row.

A block is ``BLOCK_RUNS`` ids; a run stands in the slot ``run_id % BLOCK_RUNS``. Numbers are kept as
they are, whole numbers as short as they allow, texts once each with a code per run.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from millpond.domain.ordering import MISSING, PRESENT

BLOCK_RUNS = 8_192

Array: TypeAlias = NDArray[Any]


class Numbers:
    """values: float64 or int64, 0 where there is none; ranks: ``domain.ordering``'s."""

    def __init__(self, ranks: Array, values: Array) -> None:
        self.ranks = ranks
        self.values = values

    def value(self, slot: int) -> Any:
        return self.values[slot].item() if self.ranks[slot] == PRESENT else None

    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the greatest number, None if there is no number."""
        numbers = self.values[self.ranks == PRESENT]
        if not len(numbers):
            return None, None
        return float(numbers.min()), float(numbers.max())


class Texts:
    """codes: into ``texts``, which are sorted; ``count``, how many there are, stands for none."""

    def __init__(self, codes: Array, packed: bytes, numbers: Array | None) -> None:
        """packed: the texts as MessagePack; numbers: what they are as numbers, NaN if none."""
        self.codes = codes
        self.packed = packed
        self.numbers = numbers
        self.count = _length_of_list(packed)

    @cached_property
    def texts(self) -> list[str]:
        return _decode_texts(self.packed)

    @property
    def ranks(self) -> Array:
        return np.where(self.codes == self.count, MISSING, PRESENT).astype(np.uint8)

    def value(self, slot: int) -> str | None:
        code = self.codes[slot]
        return None if code == self.count else self.texts[code]

    def place(self, text: str) -> tuple[int, bool]:
        """The code of a text, or where it would stand; and whether it is there."""
        code = bisect_left(self.texts, text)
        return code, code < self.count and self.texts[code] == text


Column: TypeAlias = Numbers | Texts


class _StoredNumbers(msgspec.Struct, array_like=True, tag="numbers"):
    """slots: those that have a value, empty for all; ranks: empty if all are numbers."""

    dtype: str
    base: int
    slots: bytes
    ranks: bytes
    values: bytes


class _StoredTexts(msgspec.Struct, array_like=True, tag="texts"):
    dtype: str
    slots: bytes
    codes: bytes
    numbers: bytes
    texts: msgspec.Raw


_decoder = msgspec.msgpack.Decoder(_StoredNumbers | _StoredTexts)
_decode_texts = msgspec.msgpack.Decoder(list[str]).decode
_encode = msgspec.msgpack.Encoder().encode


def encode(column: Column) -> bytes | None:
    """The bytes of a column, None if no run has a value."""
    if isinstance(column, Texts):
        return _encode_text_column(column)
    slots = np.flatnonzero(column.ranks != MISSING)
    if not len(slots):
        return None
    ranks = column.ranks[slots]
    values, base = _shortest(column.values[slots])
    return _encode(
        _StoredNumbers(
            values.dtype.str,
            base,
            _slot_bytes(slots),
            b"" if (ranks == PRESENT).all() else ranks.tobytes(),
            values.tobytes(),
        )
    )


def decode(data: bytes) -> Column:
    stored = _decoder.decode(data)
    if isinstance(stored, _StoredTexts):
        return _decode_text_column(stored)
    values = np.frombuffer(stored.values, stored.dtype)
    if values.dtype.kind != "f":
        values = values.astype(np.int64)
        if stored.base:
            values += stored.base
    count = len(values)
    ranks = np.frombuffer(stored.ranks, np.uint8) if stored.ranks else np.zeros(count, np.uint8)
    if not stored.slots:
        return Numbers(ranks, values)
    slots = np.frombuffer(stored.slots, np.uint16)
    column = no_numbers(values.dtype)
    column.ranks[slots] = ranks
    column.values[slots] = values
    return column


def no_numbers(dtype: Any) -> Numbers:
    return Numbers(np.full(BLOCK_RUNS, MISSING, np.uint8), np.zeros(BLOCK_RUNS, dtype))


def with_numbers(
    column: Numbers | None, slots: Array, found: Mapping[int, tuple[int, Any]], dtype: Any
) -> Numbers:
    """The column with what was found, (rank, value) by slot, and nothing else in these slots."""
    base = column or no_numbers(dtype)
    ranks, values = base.ranks.copy(), base.values.copy()
    ranks[slots] = MISSING
    values[slots] = 0
    if found:
        places = np.fromiter(found, np.int64, len(found))
        ranks[places] = [rank for rank, _ in found.values()]
        values[places] = [value for _, value in found.values()]
    return Numbers(ranks, values)


def with_texts(
    column: Texts | None, slots: Array, found: Mapping[int, tuple[str, float | None]]
) -> Texts:
    """The column with what was found, (text, its number) by slot, and nothing else in these."""
    numbers: dict[str, float | None] = {}
    if column is not None:
        kept = np.full(len(column.codes), True)
        kept[slots] = False
        old_codes = np.unique(column.codes[kept])
        old_texts = [column.texts[code] for code in old_codes if code < column.count]
        old_numbers = column.numbers
        for code, text in zip(old_codes, old_texts, strict=False):
            number = None if old_numbers is None else float(old_numbers[code])
            numbers[text] = None if number is None or number != number else number
    numbers.update(found.values())
    texts = sorted(numbers)
    places = {text: code for code, text in enumerate(texts)}
    codes = np.full(BLOCK_RUNS, len(texts), np.int32)
    if column is not None:
        moved = np.full(column.count + 1, len(texts), np.int32)
        for code, text in enumerate(column.texts):
            moved[code] = places.get(text, len(texts))
        codes[:] = moved[column.codes]
        codes[slots] = len(texts)
    if found:
        into = np.fromiter(found, np.int64, len(found))
        codes[into] = [places[text] for text, _ in found.values()]
    return Texts(codes, _encode(texts), _numbers_of(texts, numbers))


def _numbers_of(texts: Sequence[str], numbers: Mapping[str, float | None]) -> Array | None:
    if all(number is None for number in numbers.values()):
        return None
    return np.array([np.nan if numbers[text] is None else numbers[text] for text in texts])


def _encode_text_column(column: Texts) -> bytes | None:
    count = column.count
    slots = np.flatnonzero(column.codes != count)
    if not len(slots):
        return None
    dtype = np.min_scalar_type(count)
    return _encode(
        _StoredTexts(
            dtype.str,
            _slot_bytes(slots),
            column.codes[slots].astype(dtype).tobytes(),
            b"" if column.numbers is None else column.numbers.tobytes(),
            msgspec.Raw(column.packed),
        )
    )


def _decode_text_column(stored: _StoredTexts) -> Texts:
    packed = bytes(stored.texts)
    codes = np.frombuffer(stored.codes, stored.dtype).astype(np.int32)
    if stored.slots:
        missing = _length_of_list(packed)
        found, codes = codes, np.full(BLOCK_RUNS, missing, np.int32)
        codes[np.frombuffer(stored.slots, np.uint16)] = found
    numbers = np.frombuffer(stored.numbers, np.float64) if stored.numbers else None
    return Texts(codes, packed, numbers)


def _length_of_list(packed: bytes) -> int:
    """How many items a MessagePack list has, by its head."""
    head = packed[0]
    if head & 0xF0 == 0x90:
        return head & 0x0F
    return int.from_bytes(packed[1 : 3 if head == 0xDC else 5], "big")


def _slot_bytes(slots: Array) -> bytes:
    return b"" if len(slots) == BLOCK_RUNS else slots.astype(np.uint16).tobytes()


def _shortest(values: Array) -> tuple[Array, int]:
    """Whole numbers as small ones above a base; others as they are."""
    if values.dtype.kind == "f":
        return values, 0
    low, high = int(values.min()), int(values.max())
    if high - low >= 1 << 32:
        return values, 0
    return (values - low).astype(np.min_scalar_type(high - low)), low
