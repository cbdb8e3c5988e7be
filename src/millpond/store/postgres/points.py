"""Points reach the tables as arrays, one statement for all of a commit.

A row of the log is numbered by the transaction that writes it, and by its place among the rows of
that transaction. When all transactions before one have ended, no row can come to stand before its
rows any more: so whoever follows points reads the rows below the oldest transaction under way, and
the last of these is the log's end for him (``log_end``). No number is given out that is not that of
a row: after a crash the database may give the numbers of transactions that nobody saw once more.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import DataError

from millpond.store.points.packing import PLAIN
from millpond.store.postgres import connecting
from millpond.store.postgres.arrays import blobs, floats, integers
from millpond.store.sql.point_buffer import LatestRow, LogRow, PointBuffer, upsert_latest
from millpond.store.sql.session import Session
from millpond.store.sql.values import NOT_A_NUMBER

_PLACE_BITS = 20
MAX_ROWS = 1 << _PLACE_BITS
"""So many rows of the log one transaction can number."""

# A database that was restored or moved counts transactions from the beginning; what is added to
# their numbers makes them greater than those that the log had before.
_BASE = "(SELECT value FROM log_base)"
_OWN_FIRST = f"(pg_current_xact_id()::text::bigint << {_PLACE_BITS})"
_OLDEST_UNDER_WAY = (
    f"((pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {_BASE}) << {_PLACE_BITS})"
)
_LOG_END = f"""
SELECT GREATEST(
  (SELECT MAX(sequence) FROM point_log WHERE sequence < {_OLDEST_UNDER_WAY}),
  (SELECT value FROM counters WHERE name = 'log'))
"""
LAY_LOG_BASE = f"""
INSERT INTO log_base (value)
SELECT GREATEST(0, (MAX(used.number) >> {_PLACE_BITS}) + 1 - pg_current_xact_id()::text::bigint)
FROM (SELECT MAX(sequence) AS number FROM point_log
      UNION ALL SELECT value FROM counters WHERE name = 'log') AS used
ON CONFLICT (is_only) DO UPDATE SET value = GREATEST(log_base.value, excluded.value)
RETURNING value
"""

_INSERT_LOG = f"""
INSERT INTO point_log (sequence, workspace_id, run_id, points, codec, data)
SELECT {_OWN_FIRST} + %(log_first)s + place - 1, workspace_id, run_id, points, {PLAIN}, data
FROM unnest(%(log_workspaces)s, %(log_runs)s, %(log_points)s, %(log_data)s) WITH ORDINALITY
  AS rows(workspace_id, run_id, points, data, place) %(condition)s
"""
# NaN stands for NULL here: a bound is never NaN. In key order, so that locks never cross.
_UPSERT_LATEST = upsert_latest(
    """
SELECT run_id, key_id, step, timestamp, value, kind, points, NULLIF(value_min, 'NaN'),
  NULLIF(value_max, 'NaN'), workspace_id
FROM unnest(%(run_id)s, %(key_id)s, %(step)s, %(timestamp)s, %(value)s, %(kind)s, %(points)s,
            %(value_min)s, %(value_max)s, %(workspace_id)s)
  AS rows(run_id, key_id, step, timestamp, value, kind, points, value_min, value_max, workspace_id)
%(condition)s
ORDER BY run_id, key_id
"""
)
_LATEST_COLUMNS = (
    "run_id", "key_id", "step", "timestamp", "value", "kind", "points", "value_min", "value_max",
    "workspace_id",
)  # fmt: skip
_FLOAT_COLUMNS = {"value", "value_min", "value_max"}

# The same for one point.
_INSERT_ONE = f"""
INSERT INTO point_log (sequence, workspace_id, run_id, points, codec, data)
SELECT {_OWN_FIRST} + %(log_first)s, %(workspace_id)s, %(run_id)s, 1, {PLAIN}, %(log_data)s
%(condition)s
"""
_UPSERT_ONE = upsert_latest(
    """
SELECT %(run_id)s, %(key_id)s, %(step)s, %(timestamp)s, %(value)s, %(kind)s, 1,
  %(value_min)s, %(value_max)s, %(workspace_id)s %(condition)s
"""
)

_WRITE_LOG = _INSERT_LOG.replace("%(condition)s", "")
_WRITE_LATEST = _UPSERT_LATEST.replace("%(condition)s", "")


def parts_if(condition: str, is_one: bool) -> tuple[str, str]:
    """The two insertions as parts of a larger statement.

    condition: the name of a part that has one row if they are to be done, else none.
    """
    if is_one:
        insert, upsert, words = _INSERT_ONE, _UPSERT_ONE, f"FROM {condition}"
    else:
        insert, upsert, words = _INSERT_LOG, _UPSERT_LATEST, f"CROSS JOIN {condition}"
    return insert.replace("%(condition)s", words), upsert.replace("%(condition)s", words)


# Whoever is about to show points under change keeps others from adding to them meanwhile.
_HOLD_RUNS_ALONE = (
    "SELECT 1 FROM runs WHERE run_id = ANY(%s::bigint[]) ORDER BY run_id FOR NO KEY UPDATE"
)


def log_end(session: Session) -> int:
    """The number in the log before which no row will ever come to stand."""
    return int(session.execute(_LOG_END)[0][0])


def own_log_end(session: Session) -> int:
    """The number behind all rows that the transaction of this session may write."""
    own_last = f"{_OWN_FIRST} + ({_BASE} << {_PLACE_BITS}) + {MAX_ROWS - 1}"
    return int(session.execute(f"SELECT {own_last}")[0][0])


class PostgresPointBuffer(PointBuffer):
    """See ``PointBuffer``. The log's numbers are given by the database."""

    def __init__(self) -> None:
        super().__init__(0)
        self._base = 0
        self._rows_of_this = 0

    @property
    def is_empty(self) -> bool:
        return not self._log_rows

    @property
    def is_one(self) -> bool:
        """Whether it is one point."""
        return len(self._log_rows) == 1 and self._log_rows[0][3] == 1

    def begin_connection(self, log_base: int) -> None:
        self._base = log_base << _PLACE_BITS

    def begin_transaction(self) -> None:
        self._rows_of_this = 0

    def flush(self, session: Any) -> None:
        """Write all to the tables amid an action, which is about to read them."""
        session.prepare()
        if self._log_rows:
            run_ids = sorted({row[2] for row in self._log_rows})
            session.run_raw(_HOLD_RUNS_ALONE, [run_ids])
        session.say(f"SELECT pg_advisory_xact_lock_shared({connecting.POINTS_LOCK})")
        super().flush(session)

    def write_down(self, session: Any) -> None:
        """Write all to the tables at the end of a transaction."""
        self.begin_action()
        super().flush(session)

    def values(self) -> dict[str, Any]:
        """All of it, as parameters of ``parts_if``."""
        if self.is_one:
            return self._values_of_one()
        return self._values(self._log_rows, self._merged())

    def count_written(self) -> None:
        """All of it is in the tables."""
        self._count_flushed()
        self.clear()

    def _write(self, session: Any, log_rows: Sequence[LogRow], latest: Sequence[LatestRow]) -> None:
        values = self._values(log_rows, latest)
        session.run_raw(_WRITE_LOG, values)
        session.run_raw(_WRITE_LATEST, values)

    def _values(self, log_rows: Sequence[LogRow], latest: Sequence[LatestRow]) -> dict[str, Any]:
        _, workspace_ids, run_ids, counts, _, data = zip(*log_rows, strict=True)
        values: dict[str, Any] = {
            "log_first": self._base + self._rows_of_this,
            "log_workspaces": integers(workspace_ids),
            "log_runs": integers(run_ids),
            "log_points": integers(counts),
            "log_data": blobs(data),
        }
        self._rows_of_this += len(log_rows)
        if self._rows_of_this > MAX_ROWS:
            raise DataError(f"more than {MAX_ROWS} batches of points are in one commit")
        for name, column in zip(_LATEST_COLUMNS, zip(*latest, strict=True), strict=True):
            values[name] = floats(column) if name in _FLOAT_COLUMNS else integers(column)
        return values

    def _values_of_one(self) -> dict[str, Any]:
        ((_, workspace_id, run_id, _, _, data),) = self._log_rows
        ((_, _, ((key_id, step, timestamp, value, kind),)),) = self._latest
        bound = None if kind == NOT_A_NUMBER else value
        return {
            "log_first": self._base,
            "log_data": data,
            "run_id": run_id,
            "key_id": key_id,
            "step": step,
            "timestamp": timestamp,
            "value": value,
            "kind": kind,
            "value_min": bound,
            "value_max": bound,
            "workspace_id": workspace_id,
        }
