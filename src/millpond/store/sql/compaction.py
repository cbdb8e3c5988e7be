"""Compaction: points move from the log, where they stand in order of arrival, to their runs.

Gathering reads and takes its time, beside the writer. Settling is one short action of the writer:
the new segments come in and the log's rows go, in one transaction, so that a crash at any moment
leaves every point in exactly one place.
"""

from collections import defaultdict

from msgspec import Struct

from millpond.store.points import packing
from millpond.store.sql.session import Row, Session

# A run's last segment takes in what follows until it has this many points.
SEGMENT_POINTS = 8_192
_RUNS_PER_STATEMENT = 500
_ROWS_AT_ONCE = 16_384


class Gathered(Struct, frozen=True):
    """What one settling does: these rows of ``segments`` go and come, the log up to here goes."""

    last_sequence: int
    replaced: list[int]
    segments: list[tuple[int, int, int, int, bytes]]


def gather(session: Session) -> Gathered | None:
    """Put together what is in the log now; None if it is empty."""
    log = session.execute(
        "SELECT sequence, workspace_id, run_id, data FROM point_log ORDER BY sequence LIMIT :limit",
        {"limit": _ROWS_AT_ONCE},
    )
    if not log:
        return None
    pieces: dict[int, list[bytes]] = defaultdict(list)
    workspaces: dict[int, int] = {}
    for _, workspace_id, run_id, data in log:
        pieces[run_id].append(data)
        workspaces[run_id] = workspace_id
    open_segments = _open_segments(session, sorted(pieces))
    segments = []
    for run_id, found in pieces.items():
        if run_id in open_segments:
            found.insert(0, open_segments[run_id][1])
        data = packing.concatenate(found)
        segments.append((workspaces[run_id], run_id, packing.count(data), packing.PLAIN, data))
    replaced = [segment_id for segment_id, _ in open_segments.values()]
    return Gathered(log[-1][0], replaced, segments)


def settle(session: Session, gathered: Gathered) -> None:
    """Put the gathered segments in the place of the log's rows."""
    session.execute_many(
        "DELETE FROM segments WHERE segment_id = ?", [(number,) for number in gathered.replaced]
    )
    session.execute_many(
        "INSERT INTO segments (workspace_id, run_id, points, codec, data) VALUES (?, ?, ?, ?, ?)",
        gathered.segments,
    )
    last = {"last": gathered.last_sequence}
    session.change("DELETE FROM point_log WHERE sequence <= :last", last)
    # The log may be empty now, and its numbers must still go on from here.
    session.change("UPDATE counters SET value = :last WHERE name = 'log'", last)


def log_size(session: Session) -> tuple[int, int]:
    """How many rows the log has, and how many bytes of points."""
    rows = session.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0) FROM point_log")
    return int(rows[0][0]), int(rows[0][1])


def next_sequence(session: Session) -> int:
    """A number greater than that of any row the log ever had."""
    rows = session.execute(
        "SELECT MAX(value) FROM (SELECT MAX(sequence) AS value FROM point_log "
        "UNION ALL SELECT value FROM counters WHERE name = 'log') AS numbers"
    )
    return int(rows[0][0]) + 1


def _open_segments(session: Session, run_ids: list[int]) -> dict[int, tuple[int, bytes]]:
    """The last segment of each of these runs that has room left: its id and bytes."""
    rows: list[Row] = []
    for start in range(0, len(run_ids), _RUNS_PER_STATEMENT):
        wanted = ",".join(str(i) for i in run_ids[start : start + _RUNS_PER_STATEMENT])
        rows += session.execute(
            "SELECT s.run_id, s.segment_id, s.data FROM segments s JOIN (SELECT run_id, "
            f"MAX(segment_id) AS segment_id FROM segments WHERE run_id IN ({wanted}) "
            "GROUP BY run_id) last ON last.segment_id = s.segment_id WHERE s.points < :room",
            {"room": SEGMENT_POINTS},
        )
    return {run_id: (segment_id, data) for run_id, segment_id, data in rows}
