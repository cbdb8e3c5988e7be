"""Tables of runs: the runs are found first, then their columns are read, and no run is made whole.

Reading costs by the row, whatever is in it, so one statement brings several columns.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from millpond.domain.experiments import Stage, ViewType
from millpond.domain.run_tables import (
    MAX_COMMON_VALUES,
    MAX_SHOWN_LENGTH,
    ColumnKind,
    KeySummary,
    NumberColumn,
    RunColumn,
    RunTable,
    Statistic,
    TextColumn,
    int_column,
    text_column,
)
from millpond.store import questions
from millpond.store.sql.session import Row, Session
from millpond.store.sql.values import NEGATIVE_ZERO, NOT_A_NUMBER

# SQLite joins at most 64 tables, and PostgreSQL takes long to plan many.
_COLUMNS_PER_STATEMENT = 8
_IDS_PER_STATEMENT = 10_000

_ATTRIBUTES = {
    "run_id": "r.uuid",
    "run_name": "r.name",
    "experiment_id": "r.experiment_id",
    "status": "r.status",
    "lifecycle_stage": "r.stage",
    "start_time": "r.start_ms",
    "end_time": "r.end_ms",
    "user_id": "r.user_id",
    "artifact_uri": "r.artifact_uri",
}
_TABLES = {ColumnKind.PARAM: "params", ColumnKind.TAG: "tags", ColumnKind.METRIC: "latest"}
_METRIC_COLUMNS = {
    Statistic.LATEST: "{0}.value, {0}.kind",
    Statistic.MIN: "{0}.value_min, 0",
    Statistic.MAX: "{0}.value_max, 0",
}


def run_table(
    session: Session,
    ids: Sequence[int],
    columns: Sequence[RunColumn],
    key_ids: Callable[[Sequence[str]], dict[str, int]],
) -> RunTable:
    """The columns of the runs with these row ids, in this order."""
    known = key_ids([c.key for c in columns if c.kind is not ColumnKind.ATTRIBUTE])
    # The tables stand in the order of row ids, so they are read in it and put in order after.
    order = np.argsort(np.array(ids, np.int64), kind="stable")
    places = np.empty(len(ids), np.int64)
    places[order] = np.arange(len(ids))
    ordered = [ids[place] for place in order.tolist()]
    parts = [_sql(c, known.get(c.key, -1), f"c{place}") for place, c in enumerate(columns)]
    made: list[NumberColumn | TextColumn] = []
    uuids: list[str] = []
    for start in range(0, max(len(columns), 1), _COLUMNS_PER_STATEMENT):
        part = slice(start, start + _COLUMNS_PER_STATEMENT)
        rows = _rows(session, ordered, [("r.uuid", ""), *parts[part]])
        # Without rows there are no columns of them to take apart, but empty ones all the same.
        fetched: Iterator[Sequence[Any]] = zip(*rows, strict=True) if rows else repeat(())
        uuids = list(next(fetched))
        made += [_column(column, fetched, places) for column in columns[part]]
    return RunTable([uuids[place] for place in places.tolist()], made)


def _rows(session: Session, ids: Sequence[int], parts: Sequence[tuple[str, str]]) -> list[Row]:
    """For each row id, rising, one row of the columns; parts: (columns, join)."""
    columns = ", ".join(selected for selected, _ in parts)
    joins = " ".join(join for _, join in parts if join)
    rows: list[Row] = []
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        wanted = ",".join(map(str, ids[start : start + _IDS_PER_STATEMENT]))
        rows += session.execute(
            f"SELECT {columns} FROM runs r {joins} WHERE r.run_id IN ({wanted}) ORDER BY r.run_id"
        )
    return rows


def _sql(column: RunColumn, key_id: int, name: str) -> tuple[str, str]:
    if column.kind is ColumnKind.ATTRIBUTE:
        return _ATTRIBUTES[column.key], ""
    join = (
        f"LEFT JOIN {_TABLES[column.kind]} {name} "
        f"ON {name}.run_id = r.run_id AND {name}.key_id = {key_id}"
    )
    if column.kind is ColumnKind.METRIC:
        return _METRIC_COLUMNS[column.statistic].format(name), join
    return f"{name}.value", join


def _column(
    column: RunColumn, fetched: Iterator[Sequence[Any]], places: Any
) -> NumberColumn | TextColumn:
    values = next(fetched)
    if column.kind is ColumnKind.METRIC:
        made = _metric_column(values, next(fetched))
        return NumberColumn(made.values[places], made.is_present[places])
    if column.is_number:
        times = int_column(values)
        return NumberColumn(times.values[places], times.is_present[places])
    if column.kind is ColumnKind.ATTRIBUTE and column.key == "experiment_id":
        values = [str(value) for value in values]
    return text_column(values, places)


def _metric_column(values: Sequence[float | None], kinds: Sequence[int | None]) -> NumberColumn:
    # A missing value is None, which becomes NaN; a NaN is a 0 with a mark.
    numbers = np.array(values, np.float64)
    is_present = ~np.isnan(numbers)
    if any(kinds):
        marks = np.array([kind or 0 for kind in kinds], np.int64)
        numbers[marks == NOT_A_NUMBER] = np.nan
        numbers[marks == NEGATIVE_ZERO] = -0.0
    return NumberColumn(numbers, is_present)


class KeyReader:
    """Every key of some experiments' runs."""

    def __init__(self, session: Session, workspace_id: int) -> None:
        self._session = session
        self._workspace_id = workspace_id
        rows = session.execute(
            "SELECT key_id, name FROM keys WHERE workspace_id = :workspace_id",
            {"workspace_id": workspace_id},
        )
        self._key_names: dict[int, str] = {row[0]: row[1] for row in rows}
        self._key_ids = {name: key_id for key_id, name in self._key_names.items()}

    def summaries(self, experiment_ids: Sequence[int], view: ViewType) -> list[KeySummary]:
        wanted = ",".join(str(int(i)) for i in [*experiment_ids, -1])
        runs = (
            "JOIN runs r ON r.run_id = t.run_id WHERE r.workspace_id = "
            f"{self._workspace_id} AND r.experiment_id IN ({wanted})"
        )
        if view is not ViewType.ALL:
            stage = Stage.ACTIVE if view is ViewType.ACTIVE_ONLY else Stage.DELETED
            runs += f" AND r.stage = '{stage.value}'"
        found = [
            KeySummary(ColumnKind.METRIC, *row)
            for row in self._named(
                "SELECT t.key_id, COUNT(*), COUNT(CASE WHEN t.kind <> 1 THEN 1 END), "
                "MIN(CASE WHEN t.kind <> 1 THEN t.value END), "
                f"MAX(CASE WHEN t.kind <> 1 THEN t.value END) FROM latest t {runs} "
                "GROUP BY t.key_id"
            )
        ]
        for kind in (ColumnKind.PARAM, ColumnKind.TAG):
            found += self._texts(kind, runs)
        return sorted(found, key=questions.summary_place)

    def _texts(self, kind: ColumnKind, runs: str) -> list[KeySummary]:
        table = _TABLES[kind]
        rows = self._named(
            "SELECT t.key_id, COUNT(*), COUNT(t.number), MIN(t.number), MAX(t.number) "
            f"FROM {table} t {runs} GROUP BY t.key_id"
        )
        summaries = {row[0]: KeySummary(kind, *row) for row in rows}
        wordy = [key for key, summary in summaries.items() if summary.numbers < summary.runs]
        for key, common in self._common(table, runs, wordy).items():
            summary = summaries[key]
            summaries[key] = KeySummary(
                kind,
                key,
                summary.runs,
                summary.numbers,
                summary.number_min,
                summary.number_max,
                common,
            )
        return list(summaries.values())

    def _common(
        self, table: str, runs: str, keys: Sequence[str]
    ) -> dict[str, tuple[tuple[str, int], ...]]:
        """The commonest texts of those of the keys whose values are not all numbers."""
        if not keys:
            return {}
        ids = ",".join(str(self._key_ids[key]) for key in keys)
        shown = f"SUBSTR(t.value, 1, {MAX_SHOWN_LENGTH})"
        found: dict[str, tuple[tuple[str, int], ...]] = {}
        for key, text, count in self._named(
            "SELECT key_id, text, n FROM (SELECT t.key_id AS key_id, "
            f"{shown} AS text, COUNT(*) AS n, ROW_NUMBER() OVER (PARTITION BY t.key_id "
            f"ORDER BY COUNT(*) DESC, {shown}) AS place FROM {table} t {runs} "
            f"AND t.key_id IN ({ids}) GROUP BY t.key_id, {shown}) AS counted "
            f"WHERE place <= {MAX_COMMON_VALUES} ORDER BY key_id, place"
        ):
            found[key] = (*found.get(key, ()), (text, count))
        return found

    def _named(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, with the key's name in place of its id."""
        rows = self._session.execute(sql)
        return [(self._key_names[row[0]], *row[1:]) for row in rows]
