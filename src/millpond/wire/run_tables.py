"""Tables of runs on the wire: the question, and the answer in bytes or in JSON."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from millpond.domain.charts import as_doubles
from millpond.domain.run_tables import (
    ATTRIBUTES,
    MAX_COLUMNS,
    ColumnKind,
    KeySummary,
    NumberColumn,
    RunColumn,
    RunTable,
    Statistic,
    TextColumn,
)
from millpond.errors import InvalidParameter
from millpond.wire.columns import ColumnWriter, number_answer, numbers_answer

MAX_EXPERIMENTS = 10_000
MAX_ROWS = 5_000_000
View = Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]
ExperimentIds = Annotated[list[str], Meta(max_length=MAX_EXPERIMENTS)]


class ColumnsRequest(Struct, forbid_unknown_fields=True):
    """Which runs, in which order, and what of them; max_rows: the first so many only."""

    experiment_ids: ExperimentIds
    columns: list[RunColumn]
    filter: str = ""
    order_by: list[str] = []
    view: View = "ACTIVE_ONLY"
    max_rows: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = MAX_ROWS

    def check(self) -> None:
        """Raises InvalidParameter for no experiment, too many columns, or one that cannot be."""
        if not self.experiment_ids:
            raise InvalidParameter("The request names no experiment; give 'experiment_ids'.")
        if len(self.columns) > MAX_COLUMNS:
            raise InvalidParameter(
                f"The request asks for {len(self.columns)} columns; it may be {MAX_COLUMNS}."
            )
        for place, column in enumerate(self.columns):
            if column.kind is ColumnKind.ATTRIBUTE and column.key not in ATTRIBUTES:
                raise InvalidParameter(
                    f"columns[{place}]: runs have no attribute {column.key!r}; there are "
                    f"{', '.join(ATTRIBUTES)}."
                )
            if column.kind is not ColumnKind.METRIC and column.statistic is not Statistic.LATEST:
                raise InvalidParameter(
                    f"columns[{place}]: a {column.kind.value} has no statistic "
                    f"{column.statistic.value!r}; only metrics have."
                )


class KeysRequest(Struct, forbid_unknown_fields=True):
    """Whose keys."""

    experiment_ids: ExperimentIds
    view: View = "ACTIVE_ONLY"


class ColumnAnswer(Struct):
    """One column: a value for each run; null where it has none, a NaN or infinity as a text."""

    kind: ColumnKind
    key: str
    statistic: Statistic
    values: list[float | str | None]


class ColumnsAnswer(Struct):
    """The table of the runs, column by column."""

    rows: int
    run_ids: list[str]
    columns: list[ColumnAnswer]


class CommonValue(Struct):
    """A text, cut to 250 characters, and how many runs have it."""

    value: str
    runs: int


class KeyAnswer(Struct):
    """One key: how many runs have it, how many a number (min and max are over these)."""

    key: str
    runs: int
    numbers: int
    min: float | str | None
    max: float | str | None
    common: list[CommonValue]


class KeysAnswer(Struct):
    """Every key, sorted. common: the 20 commonest texts, where not all values are numbers."""

    metrics: list[KeyAnswer]
    params: list[KeyAnswer]
    tags: list[KeyAnswer]


def experiment_numbers(ids: list[str]) -> tuple[int, ...]:
    """Ids as the store has them. Raises InvalidParameter for what is no id."""
    for number in ids:
        if not (number.isascii() and number.isdigit() and len(number) < 20):
            raise InvalidParameter(
                f"The experiment id {number[:100]!r} must be a text of decimal digits."
            )
    return tuple(min(int(number), (1 << 63) - 1) for number in ids)


def table_bytes(table: RunTable, columns: list[RunColumn]) -> bytes:
    """The table in binary columns."""
    writer = ColumnWriter()
    run_ids = writer.texts(table.run_ids)
    told = []
    for column, data in zip(columns, table.columns, strict=True):
        place: dict[str, Any]
        if isinstance(data, NumberColumn):
            place = {"form": "number", "values": writer.numbers(as_doubles(data.values))}
            is_full = bool(data.is_present.all())
            place["present"] = None if is_full else writer.numbers(data.is_present.view("uint8"))
        else:
            place = {
                "form": "text",
                "codes": writer.numbers(data.codes),
                "texts": writer.texts(data.texts),
            }
        told.append({**_name(column), **place})
    return writer.finish({"rows": len(table.run_ids), "run_ids": run_ids, "columns": told})


def table_answer(table: RunTable, columns: list[RunColumn]) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "rows": len(table.run_ids),
        "run_ids": table.run_ids,
        "columns": [
            {**_name(column), "values": _values(data)}
            for column, data in zip(columns, table.columns, strict=True)
        ],
    }


def keys_answer(summaries: list[KeySummary]) -> KeysAnswer:
    answers: dict[ColumnKind, list[KeyAnswer]] = {kind: [] for kind in ColumnKind}
    for summary in summaries:
        answers[summary.kind].append(
            KeyAnswer(
                summary.key,
                summary.runs,
                summary.numbers,
                number_answer(summary.number_min),
                number_answer(summary.number_max),
                [CommonValue(*item) for item in summary.common],
            )
        )
    return KeysAnswer(
        answers[ColumnKind.METRIC], answers[ColumnKind.PARAM], answers[ColumnKind.TAG]
    )


def _name(column: RunColumn) -> dict[str, Any]:
    return {"kind": column.kind, "key": column.key, "statistic": column.statistic}


def _values(column: NumberColumn | TextColumn) -> list[Any]:
    if isinstance(column, TextColumn):
        texts = [*column.texts, None]
        return [texts[code] for code in column.codes.tolist()]
    values = numbers_answer(column.values)
    if column.is_present.all():
        return values
    present = column.is_present.tolist()
    return [value if there else None for value, there in zip(values, present, strict=True)]
