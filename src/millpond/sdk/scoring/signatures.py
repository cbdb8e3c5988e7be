"""A model's signature, held against every row: what does not fit is named by row and column."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from millpond.errors import InvalidParameter

_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "datetime": pa.timestamp("ns"),
}
# What programs write for "no value" into files of texts.
_MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
_SHOWN = 60

RowName = Callable[[int], str]
"""From a row's place in a chunk to what its reader calls it."""


class Input(Struct, frozen=True):
    """One column that a model asks for; type: MLflow's word, or another if it is not checked."""

    name: str
    type: str
    is_required: bool = True


def enforce(table: Any, inputs: Sequence[Input], row_name: RowName) -> Any:
    """The columns that the model asks for, in its order and of its types.

    What is lost in no conversion is converted: whole numbers to fractions, texts that are numbers
    to numbers. Raises InvalidParameter, naming the row and the column, for what does not fit.
    """
    if not inputs:
        return table
    columns, names = [], []
    for asked in inputs:
        if asked.name not in table.column_names:
            if asked.is_required:
                there = ", ".join(table.column_names)
                raise InvalidParameter(
                    f"The input has no column '{asked.name}', which the model's signature asks "
                    f"for ({asked.type}). Its columns are: {there}."
                )
            continue
        columns.append(_fit(table.column(asked.name).combine_chunks(), asked, row_name))
        names.append(asked.name)
    return pa.table(columns, names=names)


def _fit(column: Any, asked: Input, row_name: RowName) -> Any:
    wanted = _TYPES.get(asked.type)
    if wanted is None:
        return column
    if not pa.types.is_string(wanted) and _is_text(column.type):
        column = _read_texts(column)
    try:
        fitted = _cast(column, wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        place = _first_unfit(column, wanted)
        value = column[place].as_py() if place is not None else None
        where = row_name(place) if place is not None else "every row"
        raise InvalidParameter(
            f"{where}, column '{asked.name}': {_shown(value)} is no {asked.type}, which the "
            f"model's signature asks for. ({_first_line(error)})"
        ) from None
    # A missing number is NaN; of the other types pandas would make something else.
    if asked.is_required and fitted.null_count and not pa.types.is_floating(wanted):
        place = pc.index(pc.is_null(fitted), pa.scalar(True)).as_py()
        raise InvalidParameter(
            f"{row_name(place)}, column '{asked.name}': there is no value, and the model's "
            f"signature asks for {asked.type}."
        )
    return fitted


def _cast(column: Any, wanted: Any) -> Any:
    if pa.types.is_boolean(column.type) != pa.types.is_boolean(wanted) and not _is_text(
        column.type
    ):
        if pa.types.is_boolean(wanted):
            raise pa.ArrowInvalid(f"{column.type} is not boolean")
        if pa.types.is_string(wanted):
            raise pa.ArrowInvalid("boolean is not text")
    if pa.types.is_string(wanted) and not _is_text(column.type):
        if pa.types.is_null(column.type):
            return column.cast(wanted)
        raise pa.ArrowInvalid(f"{column.type} is not text")
    if pa.types.is_floating(wanted) and pa.types.is_integer(column.type):
        # A whole number of more digits than a double has is rounded, as pandas would.
        return column.cast(wanted, safe=False)
    if pa.types.is_floating(wanted) and pa.types.is_floating(column.type):
        return column.cast(wanted, safe=False)
    return column.cast(wanted)


def _read_texts(column: Any) -> Any:
    trimmed = pc.utf8_trim_whitespace(column)
    is_missing = pc.is_in(trimmed, value_set=pa.array(_MISSING, column.type))
    return pc.if_else(is_missing, pa.scalar(None, column.type), trimmed)


def _first_unfit(column: Any, wanted: Any) -> int | None:
    """The first row that does not fit, found by halving."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _cast(column.slice(low, middle - low), wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            high = middle
        else:
            low = middle
    return low if high > low else None


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
