"""The one statement of a commit that only adds: points to runs, and runs to experiments."""

from functools import cache
from typing import Any

from psycopg import errors

from millpond.store.postgres.arrays import integers
from millpond.store.postgres.commit_marks import CommitMark
from millpond.store.postgres.new_runs import INSERT_RUNS, INSERT_TAGS
from millpond.store.postgres.points import PostgresPointBuffer, parts_if
from millpond.store.postgres.writer_session import WriterSession

# The rows that were relied on are locked first: all of them, or none is waited for.
_HELD = """
held_{table} AS MATERIALIZED (
  SELECT {key} AS id, xmin::text::bigint AS version FROM {table}
  WHERE {key} = ANY(%({table})s) ORDER BY {key} FOR SHARE NOWAIT
)"""
_AS_EXPECTED = """
(SELECT count(*) FROM held_{table}
 JOIN unnest(%({table})s, %({table}_versions)s) AS expected(id, version) USING (id, version)
) = cardinality(%({table})s)"""
_HELD_ONE = """
held_{table} AS MATERIALIZED (
  SELECT xmin::text::bigint AS version FROM {table} WHERE {key} = %({table})s FOR SHARE NOWAIT
)"""
_ONE_AS_EXPECTED = "%({table}_versions)s = (SELECT version FROM held_{table})"
_KEYS = {"runs": "run_id", "experiments": "experiment_id"}
# If one is not as expected, nothing is written.
_MARKED = """
marked AS (
  UPDATE commit_marks SET number = %(number)s, at = now()
  FROM fine WHERE writer = %(writer)s AND number = %(number)s - 1 RETURNING 1
)"""
# Another connection has taken this one's place if there is no such mark. The division by zero
# undoes all that was written.
_VERSION = """
SELECT pg_current_xact_id()::xid::text::bigint / (SELECT count(*) FROM marked) FROM fine
"""


def commit(session: WriterSession, buffer: PostgresPointBuffer, mark: CommitMark) -> int | None:
    """Add everything in a transaction of its own.

    Returns the version of the rows it made; None if something was not as it was relied on, or the
    mark not as expected, and then nothing was added. The mark is not counted.
    """
    new = session.new_runs
    values: dict[str, Any] = {"writer": mark.writer, "number": mark.next_number}
    # How many rows of each table are relied on: none, one, or several.
    counts: list[int] = []
    for table, relied in (("runs", session.relied), ("experiments", session.relied_experiments)):
        counts.append(min(len(relied), 2))
        if len(relied) == 1:
            ((values[table], values[f"{table}_versions"]),) = relied.items()
        elif relied:
            values[table] = integers(list(relied))
            values[f"{table}_versions"] = integers(list(relied.values()))
    if new:
        values |= new.values()
    if not buffer.is_empty:
        values |= buffer.values()
    statement = _statement(*counts, bool(new), not buffer.is_empty, buffer.is_one)
    try:
        return session.prepared.run(statement, values)
    except errors.DivisionByZero:
        return None


@cache
def _statement(runs: int, experiments: int, has_runs: bool, has_points: bool, is_one: bool) -> str:
    parts, conditions = [], []
    for table, count in (("runs", runs), ("experiments", experiments)):
        held, expected = (_HELD_ONE, _ONE_AS_EXPECTED) if count == 1 else (_HELD, _AS_EXPECTED)
        if count:
            parts.append(held.format(table=table, key=_KEYS[table]))
            conditions.append(expected.format(table=table))
    condition = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    parts.append(f"fine AS MATERIALIZED (SELECT 1 {condition})")
    if has_runs:
        parts.append(f"new_runs AS ({INSERT_RUNS.format(condition='CROSS JOIN fine')})")
        parts.append(f"new_tags AS ({INSERT_TAGS.format(condition='CROSS JOIN fine')})")
    if has_points:
        log, latest = parts_if("fine", is_one)
        parts += [f"log AS ({log})", f"latest_points AS ({latest})"]
    return f"WITH {', '.join([*parts, _MARKED])} {_VERSION}"
