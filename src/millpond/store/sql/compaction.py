"""Compaction: points move from the log, where they stand in order of arrival, into segments.

Gathering reads and takes its time, beside the writer. Settling is a short action of the writer for
some runs at a time: their new segments come in and their rows of the log go, in one transaction, so
that a crash at any moment leaves every point in exactly one place.

Points that arrive join the run's *bundle*. A series that has many points there leaves it for
segments of its own. Either way they are not merged into a segment that is much larger than they
are: they make another one beside it, and once these have grown to its size all become one. So a
point is written anew a few times only, however long its series is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from msgspec import Struct

from millpond.store.points import columns as point_columns
from millpond.store.points import packing, segments
from millpond.store.points.columns import NONE, Columns, unpack_columns
from millpond.store.points.segments import BUNDLE, DamagedSegment, Segment
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.session import Session, chunks

# A segment with this many points is full: some 100 KB, read in half a millisecond.
SEGMENT_POINTS = 32_768
# A bundle never has more; whoever reads one of its series reads all of it.
BUNDLE_POINTS = 131_072
# With this many points in the bundle a series leaves it.
OWN_SEGMENT_POINTS = 1_024
# Segments that are up to so many times as large as what arrived are merged with it.
_GROWTH = 2
# What is gathered at once: so much, or a quarter of a log that has grown faster than that.
_ROWS_AT_ONCE = 1_024
_BYTES_AT_ONCE = 256 << 10
# What is settled at once, which is what a write may have to wait for.
_SETTLED_ROWS = 256
_SETTLED_BYTES = 128 << 10
_LAST = (1 << 63) - 1


class Gathered(Struct):
    """What one settling does.

    sequences: the rows of the log that go, ``log_bytes`` in all; segments: (workspace id, run id,
    segment) that come; gone: (id, run id) of segments that go; repeats: (points, run id, key id)
    by which ``latest`` had counted too many.
    """

    sequences: list[int] = []
    log_bytes: int = 0
    segments: list[tuple[int, int, Segment]] = []
    gone: list[tuple[int, int]] = []
    repeats: list[tuple[int, int, int]] = []

    @property
    def is_large(self) -> bool:
        size_bytes = sum(len(segment.data) for _, _, segment in self.segments)
        return len(self.sequences) >= _SETTLED_ROWS or size_bytes >= _SETTLED_BYTES


def gather(
    session: Session, quarantine: Quarantine, up_to: int | None = None
) -> Iterator[Gathered]:
    """Put together what stands first in the log, in pieces that may be settled one by one.

    up_to: the last row of the log that may go, if not all may.
    """
    log_rows, log_bytes = log_size(session)
    rows: dict[tuple[int, int], list[tuple[int, bytes]]] = defaultdict(list)
    size_bytes = 0
    for sequence, workspace_id, run_id, data in session.execute(
        "SELECT sequence, workspace_id, run_id, data FROM point_log "
        "WHERE sequence <= :up_to ORDER BY sequence LIMIT :limit",
        {
            "up_to": _LAST if up_to is None else up_to,
            "limit": max(_ROWS_AT_ONCE, log_rows // 4),
        },
    ):
        rows[workspace_id, run_id].append((sequence, data))
        size_bytes += len(data)
        if size_bytes >= max(_BYTES_AT_ONCE, log_bytes // 4):
            break
    gathered = Gathered()
    for (workspace_id, run_id), found in rows.items():
        arrived = unpack_columns(packing.concatenate([data for _, data in found]))
        run = _RunCompaction(session, quarantine, run_id, arrived)
        gathered.segments.extend((workspace_id, run_id, segment) for segment in run.compact())
        gathered.gone.extend((segment_id, run_id) for segment_id in run.gone)
        gathered.repeats.extend(run.repeats)
        gathered.sequences.extend(sequence for sequence, _ in found)
        gathered.log_bytes += sum(len(data) for _, data in found)
        if gathered.is_large:
            yield gathered
            gathered = Gathered()
    if gathered.sequences:
        yield gathered


class _Stored(Struct, frozen=True):
    """A segment that is there: enough to know whether its bytes are needed."""

    segment_id: int
    key_id: int
    points: int
    step_min: int
    step_max: int
    timestamp_min: int
    timestamp_max: int

    def overlaps(self, step_min: int, step_max: int, time_min: int, time_max: int) -> bool:
        """In steps and in times; with points that are no repeats both seldom happens."""
        return (
            self.step_min <= step_max
            and self.step_max >= step_min
            and self.timestamp_min <= time_max
            and self.timestamp_max >= time_min
        )


class _RunCompaction:
    """The compaction of one run.

    gone: ids of the segments that others take the place of; repeats: as in ``Gathered``.
    """

    def __init__(
        self, session: Session, quarantine: Quarantine, run_id: int, arrived: Columns
    ) -> None:
        self.gone: list[int] = []
        self.repeats: list[tuple[int, int, int]] = []
        self._session = session
        self._quarantine = quarantine
        self._run_id = run_id
        self._arrived = arrived
        self._stored: dict[int, list[_Stored]] = defaultdict(list)
        self._loaded: dict[int, dict[int, Columns]] = {}

    def compact(self) -> Iterator[Segment]:
        """The segments that take the place of those that are gone, and of what arrived."""
        if not len(self._arrived):
            return
        self._find_stored()
        series = {
            key_id: new
            for key_id, points in point_columns.by_key(self._arrived).items()
            if len(new := self._without_repeats(key_id, points))
        }
        arriving = sum(len(new) for new in series.values() if len(new) < OWN_SEGMENT_POINTS)
        for bundle in self._mergeable(BUNDLE, arriving):
            for key_id, points in self._load(bundle).items():
                series[key_id] = _merged(points, series.get(key_id, NONE))
        bundled = sum(map(len, series.values()))
        for key_id in sorted(series, key=lambda key_id: len(series[key_id]), reverse=True):
            if len(series[key_id]) < OWN_SEGMENT_POINTS and bundled <= BUNDLE_POINTS:
                break
            points = series.pop(key_id)
            bundled -= len(points)
            for segment in self._mergeable(key_id, len(points)):
                points = _merged(self._load(segment).get(key_id, NONE), points)
            yield from _cut(points)
        if series:
            yield segments.encode([series[key_id] for key_id in sorted(series)], is_bundle=True)

    def _find_stored(self) -> None:
        """The segments that are small, and those that repeats could be in."""
        for row in self._session.execute(
            "SELECT segment_id, key_id, points, step_min, step_max, timestamp_min, timestamp_max "
            "FROM segments WHERE run_id = :run_id AND state = 'sound' AND (key_id = 0 OR "
            "points < :full OR (timestamp_max >= :time_min AND timestamp_min <= :time_max)) "
            "ORDER BY points, segment_id",
            {
                "run_id": self._run_id,
                "full": SEGMENT_POINTS,
                "time_min": int(self._arrived.timestamps.min()),
                "time_max": int(self._arrived.timestamps.max()),
            },
        ):
            stored = _Stored(*row)
            self._stored[stored.key_id].append(stored)

    def _without_repeats(self, key_id: int, arrived: Columns) -> Columns:
        """In step order, without points that are stored already or come twice."""
        new = point_columns.distinct(arrived)
        steps, times = new.steps, new.timestamps
        ranges = (int(steps[0]), int(steps[-1]), int(times.min()), int(times.max()))
        known = [
            self._load(stored).get(key_id, NONE)
            for stored in (*self._stored[BUNDLE], *self._stored[key_id])
            if stored.overlaps(*ranges)
        ]
        if any(map(len, known)):
            new = point_columns.without(new, point_columns.concatenate(known))
        if repeats := len(arrived) - len(new):
            self.repeats.append((repeats, self._run_id, key_id))
        return new

    def _mergeable(self, key_id: int, arriving: int) -> list[_Stored]:
        """The smallest segments of a series, or bundles, as long as they are of a size."""
        full = BUNDLE_POINTS if key_id == BUNDLE else SEGMENT_POINTS
        taken = []
        for stored in self._stored[key_id]:
            if stored.points >= full or stored.points > _GROWTH * arriving:
                break
            if self._load(stored):
                self.gone.append(stored.segment_id)
                taken.append(stored)
                arriving += stored.points
        return taken

    def _load(self, stored: _Stored) -> dict[int, Columns]:
        """The points by key; none if the segment is damaged."""
        segment_id = stored.segment_id
        if segment_id not in self._loaded:
            ((codec, checksum, data),) = self._session.execute(
                "SELECT codec, checksum, data FROM segments WHERE segment_id = :segment_id",
                {"segment_id": segment_id},
            )
            try:
                points = segments.decode(data, codec, checksum)
                self._loaded[segment_id] = point_columns.by_key(points)
            except DamagedSegment as why:
                self._quarantine.add(self._session, segment_id, self._run_id, why)
                self._loaded[segment_id] = {}
        return self._loaded[segment_id]


def settle(session: Session, gathered: Gathered) -> None:
    """Put the gathered segments in the place of the log's rows.

    A run that was purged since they were gathered gets none; another's may have the number of a
    segment that it had.
    """
    session.execute_many("DELETE FROM segments WHERE segment_id = ? AND run_id = ?", gathered.gone)
    left = _left(session, sorted({run_id for _, run_id, _ in gathered.segments}))
    session.execute_many(
        _INSERT_SEGMENT, [_row(*segment) for segment in gathered.segments if segment[1] in left]
    )
    session.execute_many(
        "UPDATE latest SET points = points - ? WHERE run_id = ? AND key_id = ?",
        # In key order, as everyone changes these rows, so that locks never cross.
        sorted(gathered.repeats, key=itemgetter(1, 2)),
    )
    session.execute_many(
        "DELETE FROM point_log WHERE sequence = ?", [(number,) for number in gathered.sequences]
    )
    # The log may be empty now, and its numbers must still go on from here.
    session.change(
        "UPDATE counters SET value = :last WHERE name = 'log' AND value < :last",
        {"last": max(gathered.sequences)},
    )


def _left(session: Session, run_ids: Sequence[int]) -> set[int]:
    """Those of the runs that are still there."""
    return {
        row[0]
        for wanted in chunks(run_ids)
        for row in session.execute(f"SELECT run_id FROM runs WHERE run_id IN ({wanted})")
    }


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


_INSERT_SEGMENT = (
    "INSERT INTO segments (workspace_id, run_id, key_id, state, points, step_min, step_max, "
    "timestamp_min, timestamp_max, value_first, value_last, value_min, value_max, codec, checksum,"
    " data) VALUES (?, ?, ?, 'sound', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _row(workspace_id: int, run_id: int, segment: Segment) -> tuple[object, ...]:
    return (
        workspace_id,
        run_id,
        segment.key_id,
        segment.points,
        segment.step_min,
        segment.step_max,
        segment.timestamp_min,
        segment.timestamp_max,
        segment.value_first,
        segment.value_last,
        segment.value_min,
        segment.value_max,
        segment.codec,
        segment.checksum,
        segment.data,
    )


def _merged(stored: Columns, new: Columns) -> Columns:
    return point_columns.distinct(point_columns.concatenate([stored, new]))


def _cut(points: Columns) -> Iterable[Segment]:
    """Segments of one series, all full but the last."""
    for start in range(0, len(points), SEGMENT_POINTS):
        part = points.take(slice(start, start + SEGMENT_POINTS))
        yield segments.encode([part], is_bundle=False)
