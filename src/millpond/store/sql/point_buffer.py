"""Points on their way to the tables: gathered from many requests, written once for a commit."""

from collections.abc import Sequence
from typing import Any

from millpond.store.points import packing
from millpond.store.sql.session import Session

LogRow = tuple[int, int, int, int, int, bytes]
"""Sequence, workspace id, run id, points, codec, data."""
LatestRow = tuple[Any, ...]
"""The columns of ``latest`` in the order of the statement below."""

_INSERT_LOG = (
    "INSERT INTO point_log (sequence, workspace_id, run_id, points, codec, data) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
# The point that is greatest by (step, timestamp, value, NaN) stands; counts and bounds add up.
_UPSERT_TEMPLATE = """
INSERT INTO latest (run_id, key_id, step, timestamp, value, kind, points, value_min, value_max,
                    workspace_id)
{rows}
ON CONFLICT (run_id, key_id) DO UPDATE SET
  step = {step}, timestamp = {timestamp}, value = {value}, kind = {kind},
  points = latest.points + excluded.points,
  value_min = {low}, value_max = {high}, version = latest.version + 1
"""
_NEWER = (
    "(excluded.step, excluded.timestamp, excluded.value, excluded.kind = 1)"
    " > (latest.step, latest.timestamp, latest.value, latest.kind = 1)"
)


def _newest(column: str) -> str:
    return f"CASE WHEN {_NEWER} THEN excluded.{column} ELSE latest.{column} END"


def _bound(column: str, sign: str) -> str:
    return (
        f"CASE WHEN latest.{column} IS NULL OR excluded.{column} {sign} latest.{column} "
        f"THEN excluded.{column} ELSE latest.{column} END"
    )


def upsert_latest(rows: str) -> str:
    """The statement that adds these rows (VALUES or SELECT) to the ``latest`` table."""
    return _UPSERT_TEMPLATE.format(
        rows=rows,
        step=_newest("step"),
        timestamp=_newest("timestamp"),
        value=_newest("value"),
        kind=_newest("kind"),
        low="CASE WHEN excluded.value_min IS NULL THEN latest.value_min ELSE "
        + _bound("value_min", "<")
        + " END",
        high="CASE WHEN excluded.value_max IS NULL THEN latest.value_max ELSE "
        + _bound("value_max", ">")
        + " END",
    )


_UPSERT_LATEST = upsert_latest("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")


class PointBuffer:
    """Points of one commit that are not in the tables yet, in the order they came.

    A failing action takes back its own points only, though a flush may have put those of earlier
    actions into what is undone with it: these go back into the buffer.
    """

    def __init__(self, next_sequence: int) -> None:
        """next_sequence: greater than that of any row the log ever had."""
        self._next_sequence = next_sequence
        self._log_rows: list[LogRow] = []
        self._latest: list[tuple[int, int, Sequence[Any]]] = []
        self._mark = 0
        self._flushed: tuple[list[Any], list[Any]] = ([], [])
        self._flushed_rows = 0
        self._flushed_bytes = 0

    def begin_action(self) -> None:
        self._mark = len(self._log_rows)
        self._flushed = ([], [])

    def undo_action(self) -> None:
        """Hold again exactly what was held when the action began."""
        self._log_rows[self._mark :] = []
        self._latest[self._mark :] = []
        self._log_rows[:0], self._latest[:0] = self._flushed

    def add(
        self, run_id: int, workspace_id: int, count: int, data: bytes, latest: Sequence[Any]
    ) -> None:
        """data: ``count`` packed points; latest: (key id, step, timestamp, number, kind) of each.

        Sequences that an undone action took are never used again.
        """
        row = (self._next_sequence, workspace_id, run_id, count, packing.PLAIN, data)
        self._next_sequence += 1
        self._log_rows.append(row)
        self._latest.append((run_id, workspace_id, latest))

    def flush(self, session: Session) -> None:
        """Write all to the tables."""
        if not self._log_rows:
            return
        self._write(session, self._log_rows, self._merged())
        self._count_flushed()
        if self._mark:
            self._flushed = (self._log_rows[: self._mark], self._latest[: self._mark])
            self._mark = 0
        self.clear()

    def take_flushed(self) -> tuple[int, int]:
        """How many rows, and bytes of points, were written since this was asked last."""
        taken = (self._flushed_rows, self._flushed_bytes)
        self._flushed_rows = self._flushed_bytes = 0
        return taken

    def clear(self) -> None:
        self._log_rows.clear()
        self._latest.clear()

    def _count_flushed(self) -> None:
        self._flushed_rows += len(self._log_rows)
        self._flushed_bytes += sum(len(row[-1]) for row in self._log_rows)

    def _write(
        self, session: Session, log_rows: Sequence[LogRow], latest: Sequence[LatestRow]
    ) -> None:
        session.execute_many(_INSERT_LOG, log_rows)
        session.execute_many(_UPSERT_LATEST, latest)

    def _merged(self) -> list[LatestRow]:
        """One ``latest`` row for each run and key, in key order so that locks never cross."""
        if len(self._latest) == 1 and len(self._latest[0][2]) == 1:
            # A lone client that logs one point after the other.
            run_id, workspace_id, ((key_id, step, timestamp, number, kind),) = self._latest[0]
            bound = None if kind == 1 else number
            row = (run_id, key_id, step, timestamp, number, kind, 1, bound, bound, workspace_id)
            return [row]
        merged: dict[tuple[int, int], list[Any]] = {}
        for run_id, workspace_id, rows in self._latest:
            for key_id, step, timestamp, number, kind in rows:
                bound = None if kind == 1 else number
                old = merged.get((run_id, key_id))
                if old is None:
                    merged[run_id, key_id] = [
                        run_id, key_id, step, timestamp, number, kind, 1, bound, bound,
                        workspace_id,
                    ]  # fmt: skip
                    continue
                if (step, timestamp, number, kind == 1) > (old[2], old[3], old[4], old[5] == 1):
                    old[2:6] = step, timestamp, number, kind
                old[6] += 1
                if bound is not None:
                    old[7] = bound if old[7] is None or bound < old[7] else old[7]
                    old[8] = bound if old[8] is None or bound > old[8] else old[8]
        return [tuple(merged[key]) for key in sorted(merged)]
