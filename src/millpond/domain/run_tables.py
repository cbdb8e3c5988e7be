"""Tables of runs, column by column, and what there is to make columns of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain.series import Floats, Ints

MAX_COLUMNS = 200
MAX_COMMON_VALUES = 20
MAX_SHOWN_LENGTH = 250

# What is a number; every other attribute is a text.
TIME_ATTRIBUTES = frozenset({"start_time", "end_time"})
ATTRIBUTES = (
    "run_id",
    "run_name",
    "experiment_id",
    "status",
    "lifecycle_stage",
    "start_time",
    "end_time",
    "user_id",
    "artifact_uri",
)


class ColumnKind(Enum):
    ATTRIBUTE = "attribute"
    PARAM = "param"
    METRIC = "metric"
    TAG = "tag"


class Statistic(Enum):
    """What of a metric: its latest value, or the lowest or highest of all that are numbers."""

    LATEST = "latest"
    MIN = "min"
    MAX = "max"


class RunColumn(Struct, frozen=True, forbid_unknown_fields=True):
    """One column of a table of runs. The statistic is for metrics only."""

    kind: ColumnKind
    key: str
    statistic: Statistic = Statistic.LATEST

    @property
    def is_number(self) -> bool:
        return self.kind is ColumnKind.METRIC or (
            self.kind is ColumnKind.ATTRIBUTE and self.key in TIME_ATTRIBUTES
        )


class NumberColumn(Struct, frozen=True):
    """One number a row; where ``is_present`` is false there is none (a NaN is one)."""

    values: "Ints | Floats"
    is_present: NDArray[np.bool_]


class TextColumn(Struct, frozen=True):
    """One text a row, as its place among the distinct ones, in order of appearance; -1 for none."""

    codes: NDArray[np.int32]
    texts: Sequence[str]


class RunTable(Struct, frozen=True):
    """Columns of equal length, a row for each run."""

    run_ids: Sequence[str]
    columns: "Sequence[NumberColumn | TextColumn]"


class KeySummary(Struct, frozen=True):
    """What runs have under one key.

    runs: how many have it. numbers: how many of them a value that is a number (NaN is none);
    number_min and number_max are over these. common: the commonest texts of a param or tag, each
    with its number of runs, the commonest first; empty where every value is a number.
    """

    kind: ColumnKind
    key: str
    runs: int
    numbers: int
    number_min: float | None
    number_max: float | None
    common: Sequence[tuple[str, int]] = ()


def text_column(values: Iterable[str | None], order: "Ints | None" = None) -> TextColumn:
    """The column of these values; order: which of them stands where, if not as they are given."""
    places: defaultdict[str | None, int] = defaultdict()
    places.default_factory = places.__len__
    codes = np.array(list(map(places.__getitem__, values)), np.int64)
    if order is not None:
        codes = codes[order]
    distinct, first = np.unique(codes, return_index=True)
    texts = list(places)
    # The distinct values, first come first, and after them none, which has no place.
    shown = [code for code in distinct[np.argsort(first)].tolist() if texts[code] is not None]
    numbers = np.full(len(texts), -1, np.int32)
    numbers[shown] = np.arange(len(shown), dtype=np.int32)
    return TextColumn(numbers[codes], [text for code in shown if (text := texts[code]) is not None])


def int_column(values: Sequence[int | None]) -> NumberColumn:
    is_present = np.array([value is not None for value in values], np.bool_)
    return NumberColumn(np.array([value or 0 for value in values], np.int64), is_present)
