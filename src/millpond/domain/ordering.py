"""The order of a search's rows: one definition that every engine sorts and pages by."""

import math
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

PRESENT, NOT_A_NUMBER, MISSING = 0, 1, 2


class SortColumn(Struct, frozen=True):
    """One value that rows are compared by. Values of a column are of one type, or all None."""

    name: str
    ascending: bool


def ranked(value: Any) -> tuple[int, Any]:
    """(rank, value): numbers and texts first, then NaN, then missing, in either direction."""
    if value is None:
        return (MISSING, None)
    if isinstance(value, float) and math.isnan(value):
        return (NOT_A_NUMBER, None)
    return (PRESENT, value)


def compare(left: Sequence[Any], right: Sequence[Any], columns: Sequence[SortColumn]) -> int:
    """Negative if the row with the values ``left`` comes before the one with ``right``."""
    for a, b, column in zip(left, right, columns, strict=True):
        if a == b:
            continue
        return -1 if (a < b) == column.ascending else 1
    return 0
