"""The first rows of an order among the runs of many blocks, page by page.

A block's runs are compared as numbers, a text by its place among the block's sorted texts. What is
worse than the rows found so far is left out early, so that later blocks cost little. Only runs
that agree in everything asked for and in their start are compared by their ids, in the end.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from millpond.domain.ordering import MISSING, PRESENT, SortColumn
from millpond.store.blocks.columns import Array, Column, Numbers

Position = tuple[Any, ...]
Row = tuple[int, Position]
"""A run's row id and what it is sorted by: (rank, value) of each key, and its start; then its id,
once that is known."""


class SortKey:
    """One column of one block as numbers whose order is the one asked for."""

    def __init__(self, column: Column | None, is_ascending: bool) -> None:
        self._column = column
        self._sign = 1 if is_ascending else -1

    def arrays(self, slots: Array) -> list[Array]:
        column = self._column
        if column is None:
            return [np.full(len(slots), MISSING, np.uint8), np.zeros(len(slots), np.int8)]
        if isinstance(column, Numbers):
            values = column.values[slots]
            return [column.ranks[slots], values if self._sign > 0 else _reversed(values)]
        codes = column.codes[slots]
        ranks = np.where(codes == column.count, MISSING, PRESENT).astype(np.uint8)
        places = np.where(codes == column.count, 0, self._sign * (2 * codes + 1))
        return [ranks, places]

    def numbers(self, rank: int, value: Any) -> list[Any]:
        """What ``arrays`` would hold for this value, or between what it would."""
        column = self._column
        if isinstance(column, Numbers):
            # Where there is no number the arrays have a zero, turned round like the rest.
            number = column.values.dtype.type(0).item() if value is None else value
            return [rank, number if self._sign > 0 else _reversed(number)]
        if column is None or value is None:
            return [rank, 0]
        code, is_there = column.place(value)
        return [rank, self._sign * (2 * code + is_there)]

    def value(self, slot: int) -> tuple[int, Any]:
        column = self._column
        if column is None:
            return MISSING, None
        value = column.value(slot)
        if value is not None:
            return PRESENT, value
        return int(column.ranks[slot]) if isinstance(column, Numbers) else MISSING, None


class Best:
    """Gathers the first ``limit`` rows behind a position."""

    def __init__(
        self,
        columns: Sequence[SortColumn],
        limit: int,
        after: Sequence[Any] | None,
        ids_of: Callable[[Sequence[int]], Mapping[int, str]],
    ) -> None:
        """columns: as in a page token, the last being the run's id; ids_of: by row id."""
        self._columns = columns
        self._limit = limit
        self._after = None if after is None else tuple(after)
        self._ids_of = ids_of
        self._rows: list[Row] = []
        self._bound: Position | None = None
        self._unsorted = 0

    @property
    def bound(self) -> Position | None:
        """What a row may not come behind any more, if there are enough rows already."""
        return self._bound

    def add(self, first_id: int, slots: Array, keys: Sequence[SortKey], starts: Numbers) -> None:
        """Consider the runs in these slots of a block."""
        arrays = [array for key in keys for array in key.arrays(slots)]
        arrays.append(~starts.values[slots])

        def as_numbers(position: Position) -> list[Any]:
            found = [
                number
                for i, key in enumerate(keys)
                for number in key.numbers(position[2 * i], position[2 * i + 1])
            ]
            return [*found, ~position[2 * len(keys)]]

        if self._after is not None:
            before, equal = _compared(arrays, as_numbers(self._after))
            kept = ~before
            if equal.any():
                kept[self._not_after(first_id, slots, equal)] = False
            slots, arrays = slots[kept], [array[kept] for array in arrays]
        if self._bound is not None and len(slots):
            before, equal = _compared(arrays, as_numbers(self._bound))
            kept = before | equal
            slots, arrays = slots[kept], [array[kept] for array in arrays]
        if len(slots) > self._limit:
            order = np.lexsort(arrays[::-1])
            last = order[self._limit - 1]
            _, equal = _compared(arrays, [array[last] for array in arrays])
            equal[order[: self._limit]] = True
            slots = slots[equal]
        self._take(first_id, slots, keys, starts)

    def rows(self) -> list[Row]:
        """The first rows, by their ids too, each with its id as the last of its position."""
        self._cut()
        ids = self._ids_of([row_id for row_id, _ in self._rows])
        found = [(row_id, (*position, ids[row_id])) for row_id, position in self._rows]
        sort_rows(found, self._columns)
        return found[: self._limit]

    def _not_after(self, first_id: int, slots: Array, equal: Array) -> Array:
        """Where runs stand that differ from the position by their id alone, and not behind it."""
        assert self._after is not None
        places = np.flatnonzero(equal)
        row_ids = (first_id + slots[places]).tolist()
        ids = self._ids_of(row_ids)
        return places[[ids[row_id] <= self._after[-1] for row_id in row_ids]]

    def _take(self, first_id: int, slots: Array, keys: Sequence[SortKey], starts: Numbers) -> None:
        for slot in slots.tolist():
            sorted_by = [part for key in keys for part in key.value(slot)]
            self._rows.append((first_id + slot, (*sorted_by, starts.value(slot))))
        self._unsorted += len(slots)
        enough = len(self._rows) >= self._limit
        if enough and (self._bound is None or 4 * self._unsorted >= self._limit):
            self._cut()

    def _cut(self) -> None:
        """Leave out what comes behind the row that is last for now; those equal to it may stay."""
        rows = self._rows
        sort_rows(rows, self._columns[:-1])
        self._unsorted = 0
        if len(rows) < self._limit:
            return
        bound = self._bound = rows[self._limit - 1][1]
        end = self._limit
        while end < len(rows) and rows[end][1] == bound:
            end += 1
        del rows[end:]


def sort_rows(rows: list[Row], columns: Sequence[SortColumn]) -> None:
    """Sort by these columns of the positions, in place."""
    # From the last to the first: sorting keeps the order of equals.
    for place in reversed(range(len(columns))):
        key = _placed(place)
        rows.sort(key=key, reverse=not columns[place].ascending)


def _placed(place: int) -> Callable[[Row], Any]:
    position = itemgetter(1)

    def key(row: Row) -> Any:
        value = position(row)[place]
        # A missing value stands behind an equal rank, so any order among them will do.
        return (value is None, value)

    return key


def _compared(arrays: Sequence[Array], numbers: Sequence[Any]) -> tuple[Array, Array]:
    """Which rows come before these numbers, and which equal them."""
    before = np.full(len(arrays[0]), False)
    equal = np.full(len(arrays[0]), True)
    for array, number in zip(arrays, numbers, strict=True):
        before |= equal & (array < number)
        equal &= array == number
    return before, equal


def _reversed(values: Any) -> Any:
    """Numbers in the opposite order; the least whole number has no negative, hence its bits."""
    is_whole = isinstance(values, int) or (
        isinstance(values, np.ndarray) and values.dtype.kind == "i"
    )
    return ~values if is_whole else -values
