"""Moving a store from one database to another, of the same engine or not.

Rows are copied in the order of their keys, some at a time, each time as a whole; so what is there
of a table says where to go on after a kill. Until every row was compared, the target says that it
is the target of a move, and no server opens it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from sqlalchemy import LargeBinary, Table

from millpond.errors import BadRequest, MillpondError
from millpond.store import migrations
from millpond.store.places import Place
from millpond.store.sql import registry_tables
from millpond.store.sql.session import Row

# All tables; those of the registry are defined in a module of their own.
metadata = registry_tables.registered_models.metadata
_ROWS_AT_ONCE = 2_000
_BLOBS_AT_ONCE = 50
# What every new database has.
_SEEDED = ("counters", "workspaces")
# What is kept of runs a second time, for searches: the new place does that in its own way.
_DERIVED = ("run_columns", "unsettled_runs")

Progress = Callable[[str, str, int, int], None]
"""Told what is done ("copy" or "compare"), the table, and how many of how many rows are done."""


class MovedTable(Struct, frozen=True):
    """A table that is the same in both places."""

    name: str
    rows: int
    checksum: str


def move(source: Place, target: Place, tell: Progress) -> list[MovedTable]:
    """Copy everything, compare everything, and make the target a store.

    A move that was finished already is only compared. Raises BadRequest if the source is not of the
    newest version, or the target is neither empty nor the half of this very move; Unavailable if a
    server uses either.
    """
    source.take()
    target.take()
    if source.name == target.name:
        raise BadRequest("Source and target are the same place.")
    _require_newest(source)
    mark = f"{migrations.MOVING} {hashlib.sha256(source.name.encode()).hexdigest()[:16]}"
    tables = [table for table in metadata.sorted_tables if table.name not in _DERIVED]
    is_finished = _is_finished(source, target, tables)
    if not is_finished:
        _prepare(target, mark)
        for table in tables:
            _copy(source, target, table, tell)
    moved = [_compare(source, target, table, tell) for table in tables]
    if is_finished:
        return moved
    with target.transaction():
        _continue_numbers(target)
        target.unsettle_runs()
        _set_version(target, migrations.HEAD)
    return moved


def _require_newest(source: Place) -> None:
    version = source.version()
    migrations.check_version(version, source.name)
    if version != migrations.HEAD:
        raise BadRequest(
            f"{source.name} has tables of an older version; run `millpond db upgrade` on it first."
        )


def _is_finished(source: Place, target: Place, tables: Sequence[Table]) -> bool:
    """Whether the target has as many rows of everything: it may be that nobody heard of the end."""
    return (
        target.version() == migrations.HEAD
        and any(_count(target, table.name) for table in tables if table.name not in _SEEDED)
        and all(_count(source, table.name) == _count(target, table.name) for table in tables)
    )


def _prepare(target: Place, mark: str) -> None:
    version = target.version()
    if version == mark:
        return
    if version is not None and version.startswith(migrations.MOVING):
        raise BadRequest(
            f"{target.name} is the half-finished target of another move. Finish that one, or take "
            "an empty database."
        )
    target.upgrade()
    used = [table for table in metadata.tables if table not in _SEEDED and _count(target, table)]
    if used:
        raise BadRequest(
            f"{target.name} is not empty (there are rows in {', '.join(sorted(used))}). Take an "
            "empty database or folder."
        )
    with target.transaction():
        for table in _SEEDED:
            target.execute(f"DELETE FROM {table}")
        _set_version(target, mark)


def _copy(source: Place, target: Place, table: Table, tell: Progress) -> None:
    total, done = _count(source, table.name), _count(target, table.name)
    tell("copy", table.name, done, total)
    columns = [column.name for column in table.columns]
    marks = ", ".join("?" for _ in columns)
    insert = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
    for rows in _chunks(source, table, _last_key(target, table)):
        try:
            with target.transaction():
                target.execute_many(insert, rows)
        except MillpondError as error:
            raise type(error)(
                f"The rows of {table.name} from {_key(table, rows[0])} to "
                f"{_key(table, rows[-1])} could not be written: {error.message}"
            ) from error
        done += len(rows)
        tell("copy", table.name, done, total)


def _compare(source: Place, target: Place, table: Table, tell: Progress) -> MovedTable:
    """Raises BadRequest at the first row that differs."""
    total, done = _count(source, table.name), 0
    checksum = hashlib.sha256()
    for ours, theirs in zip_longest(_rows(source, table), _rows(target, table)):
        if ours != theirs:
            there = ours if ours is not None else theirs
            assert there is not None
            raise BadRequest(
                f"The row {_key(table, there)} of {table.name} is not the same in both places. If "
                "one of them was written to since the move began, take an empty target and move "
                "again."
            )
        checksum.update(repr(ours).encode())
        done += 1
        if done % _ROWS_AT_ONCE == 0:
            tell("compare", table.name, done, total)
    tell("compare", table.name, done, total)
    return MovedTable(table.name, done, checksum.hexdigest())


def _chunks(
    place: Place, table: Table, after: Sequence[Any] | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows behind a key, in the order of their keys."""
    columns = ", ".join(column.name for column in table.columns)
    keys = [column.name for column in table.primary_key]
    order = ", ".join(keys)
    behind = ", ".join(f":{key}" for key in keys)
    has_blobs = any(isinstance(column.type, LargeBinary) for column in table.columns)
    limit = _BLOBS_AT_ONCE if has_blobs else _ROWS_AT_ONCE
    while True:
        condition = "" if after is None else f"WHERE ({order}) > ({behind})"
        parameters = {} if after is None else dict(zip(keys, after, strict=True))
        rows = place.execute(
            f"SELECT {columns} FROM {table.name} {condition} ORDER BY {order} LIMIT {limit}",
            parameters,
        )
        if not rows:
            return
        yield [_plain(row) for row in rows]
        after = _key(table, rows[-1])


def _rows(place: Place, table: Table) -> Iterator[tuple[Any, ...]]:
    for chunk in _chunks(place, table):
        yield from chunk


def _plain(row: Row) -> tuple[Any, ...]:
    # The sign of zero is kept in a column of its own; engines disagree about it.
    return tuple(value + 0.0 if isinstance(value, float) else value for value in row)


def _key(table: Table, row: Sequence[Any]) -> tuple[Any, ...]:
    names = [column.name for column in table.columns]
    return tuple(row[names.index(column.name)] for column in table.primary_key)


def _last_key(place: Place, table: Table) -> tuple[Any, ...] | None:
    keys = [column.name for column in table.primary_key]
    order = ", ".join(f"{key} DESC" for key in keys)
    rows = place.execute(f"SELECT {', '.join(keys)} FROM {table.name} ORDER BY {order} LIMIT 1")
    return tuple(rows[0]) if rows else None


def _count(place: Place, table: str) -> int:
    return int(place.execute(f"SELECT COUNT(*) FROM {table}")[0][0])


def _set_version(place: Place, version: str) -> None:
    place.execute("UPDATE alembic_version SET version_num = :version", {"version": version})


def _continue_numbers(place: Place) -> None:
    """Rows to come get numbers that none has or had."""
    for table in metadata.sorted_tables:
        (first_key, *rest) = table.primary_key
        if rest or first_key.type.python_type is not int:
            continue
        ((highest,),) = place.execute(f"SELECT MAX({first_key.name}) FROM {table.name}")
        if table.name == "runs":
            ((purged,),) = place.execute("SELECT value FROM counters WHERE name = 'run'")
            highest = max(highest or 0, purged)
        place.continue_numbers(table.name, first_key.name, highest or 0)
