"""Points as five parallel arrays, between the bytes of the log and those of segments."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain.series import Floats, Ids, Ints, distinct_in_step_order
from millpond.store.points.packing import count


class Columns(Struct, frozen=True):
    """Points of one run: key ids, context ids, steps, timestamps, values."""

    key_ids: Ids
    context_ids: Ids
    steps: Ints
    timestamps: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.key_ids)

    def take(self, chosen: "NDArray[np.int64] | NDArray[np.bool_] | slice") -> "Columns":
        """The points at these places."""
        return Columns(
            self.key_ids[chosen],
            self.context_ids[chosen],
            self.steps[chosen],
            self.timestamps[chosen],
            self.values[chosen],
        )


def unpack_columns(data: bytes) -> Columns:
    """The points in the bytes that ``packing.pack`` made, without copying them."""
    size = count(data)
    return Columns(
        np.frombuffer(data, "<u4", size),
        np.frombuffer(data, "<u4", size, 4 * size),
        np.frombuffer(data, "<i8", size, 8 * size),
        np.frombuffer(data, "<i8", size, 16 * size),
        np.frombuffer(data, "<f8", size, 24 * size),
    )


NONE = Columns(
    np.empty(0, np.uint32),
    np.empty(0, np.uint32),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.float64),
)


def concatenate(pieces: Sequence[Columns]) -> Columns:
    """All the points, in order."""
    if len(pieces) < 2:
        return pieces[0] if pieces else NONE
    return Columns(
        np.concatenate([piece.key_ids for piece in pieces]),
        np.concatenate([piece.context_ids for piece in pieces]),
        np.concatenate([piece.steps for piece in pieces]),
        np.concatenate([piece.timestamps for piece in pieces]),
        np.concatenate([piece.values for piece in pieces]),
    )


def by_key(columns: Columns) -> dict[int, Columns]:
    """The points of each key, in the order they stand; keys rising."""
    key_ids = columns.key_ids
    if bool((key_ids[1:] < key_ids[:-1]).any()):
        columns = columns.take(np.argsort(key_ids, kind="stable"))
    found, starts = np.unique(columns.key_ids, return_index=True)
    ends = [*starts[1:].tolist(), len(columns)]
    return {
        key_id: columns.take(slice(start, end))
        for key_id, start, end in zip(found.tolist(), starts.tolist(), ends, strict=True)
    }


def of_key(columns: Columns, key_id: int) -> Columns:
    """The points of one key; keys rise."""
    start, end = np.searchsorted(columns.key_ids, [key_id, key_id + 1]).tolist()
    return columns if end - start == len(columns) else columns.take(slice(start, end))


def distinct(columns: Columns) -> Columns:
    """The points of one key in step order, each once, the first mention kept."""
    order = distinct_in_step_order(columns.steps, columns.timestamps, columns.values)
    return columns if order is None else columns.take(order)


def without(points: Columns, stored: Columns) -> Columns:
    """Those of the points of one key that are not among the stored ones; both are distinct."""
    together = concatenate([stored, points])
    order = distinct_in_step_order(together.steps, together.timestamps, together.values)
    if order is None:
        return points
    return points.take(np.sort(order[order >= len(stored)]) - len(stored))
