"""Reading metric points: a run's segments, and what the log has of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from numpy.typing import NDArray

from millpond.domain import charts
from millpond.domain import series as series_rules
from millpond.domain.charts import ChartAxis, Frame, Line, SeriesName
from millpond.domain.series import (
    NO_CONTEXT,
    Axis,
    Context,
    HistoryPosition,
    Series,
)
from millpond.store.points import columns as point_columns
from millpond.store.points import packing, segments
from millpond.store.points.columns import NONE, Columns, unpack_columns
from millpond.store.points.segments import (
    BUNDLE,
    STEPS,
    TIMESTAMPS,
    VALUES,
    ColumnBuffer,
    DamagedSegment,
)
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.session import Session

_INT64 = 1 << 63
_X_COLUMNS = {Axis.STEP: STEPS, Axis.TIME: TIMESTAMPS}
_SEGMENT = "SELECT codec, checksum, data FROM segments WHERE segment_id = :segment_id"


class _Part(Struct, frozen=True):
    """Some points of the series, and the ranges they lie in.

    segment_id: where they are, if they have not been read yet; columns: the points, if they have.
    """

    segment_id: int
    points: int
    step_min: int
    step_max: int
    timestamp_min: int
    timestamp_max: int
    columns: Columns | None = None

    def range(self, axis: Axis) -> tuple[int, int]:
        if axis is Axis.STEP:
            return self.step_min, self.step_max
        return self.timestamp_min, self.timestamp_max

    def meets(self, axis: Axis, low: int | None, high: int | None) -> bool:
        first, last = self.range(axis)
        return (low is None or low <= last) and (high is None or high >= first)

    def is_before(self, other: "_Part", axis: Axis) -> bool:
        """Whether all its points come before those of the other, and none is in both."""
        end, begin = self.range(axis)[1], other.range(axis)[0]
        if end == begin:
            return self.range(axis.other)[1] < other.range(axis.other)[0]
        return end < begin


class PointReader:
    """The points of one run under one key."""

    def __init__(
        self, session: Session, quarantine: Quarantine, run_id: int, key_id: int, key: str
    ) -> None:
        self._session = session
        self._quarantine = quarantine
        self._run_id = run_id
        self._key_id = key_id
        self._key = key

    def in_step_order(self, low: int | None, high: int | None) -> Series:
        """Each distinct point by step, time, value, from a range of steps."""
        parts = [part for part in self._parts() if part.meets(Axis.STEP, low, high)]
        found = series_rules.in_order(self._read(parts), Axis.STEP)
        return series_rules.within(found, Axis.STEP, low, high)

    def in_history_order(self, limit: int | None, after: HistoryPosition | None) -> Series:
        """Each distinct point by time, step, value, after a position, so many at most."""
        after_time = -1 if after is None else after.timestamp
        parts = [part for part in self._parts() if part.timestamp_max >= after_time]
        if limit is not None:
            parts = _enough_for(parts, limit, after_time)
        found = series_rules.in_order(self._read(parts), Axis.TIME)
        if after is not None:
            found = series_rules.after_position(found, after)
        return found if limit is None else found.take(slice(limit))

    def line(
        self, name: SeriesName, frame: Frame, run_start_ms: int, with_timestamps: bool
    ) -> Line:
        """What a chart shows of the series; a long one is never in memory as a whole."""
        return self._long_line(name, frame, run_start_ms, with_timestamps) or charts.draw(
            name, self.in_step_order(None, None), run_start_ms, frame
        )

    def _long_line(
        self, name: SeriesName, frame: Frame, run_start_ms: int, with_timestamps: bool
    ) -> Line | None:
        """The line, drawn part by part; None if the series is too short for that."""
        axis = Axis.STEP if frame.axis is ChartAxis.STEP else Axis.TIME
        offset = run_start_ms if frame.axis is ChartAxis.RELATIVE_TIME else 0
        groups = _in_turn(self._parts(), axis)
        if not groups:
            return None
        low = groups[0][0].range(axis)[0] if frame.x_min is None else frame.x_min + offset
        last = max(part.range(axis)[1] for part in groups[-1])
        high = last if frame.x_max is None else frame.x_max + offset
        if not -_INT64 <= low <= high < _INT64:
            return None
        met = [
            number
            for number, group in enumerate(groups)
            if any(part.meets(axis, low, high) for part in group)
        ]
        if not met:
            return None
        # The neighbours of what is shown may be in the parts beside it.
        shown = groups[max(0, met[0] - 1) : met[-1] + 2]
        wanted = [_X_COLUMNS[axis], VALUES, *([TIMESTAMPS] if with_timestamps else [])]
        buffer = ColumnBuffer()
        drawn = (self._part_of_line(group, axis, wanted, buffer) for group in shown)
        line = charts.draw_long(name, drawn, low, high, frame)
        return line and charts.shifted(line, -offset)

    def _part_of_line(
        self, group: Sequence[_Part], axis: Axis, wanted: Sequence[int], buffer: ColumnBuffer
    ) -> charts.Part:
        """The distinct points of parts that belong together, in order."""
        if len(group) == 1 and group[0].columns is None:
            columns = self._decode_columns(group[0].segment_id, wanted, buffer)
            # They are in order already, nearly always.
            if columns and bool((columns[0][1:] > columns[0][:-1]).all()):
                return columns[0], columns[1], columns[2] if len(columns) > 2 else None
        series = series_rules.in_order(self._read(group), axis)
        timestamps = series.timestamps if TIMESTAMPS in wanted[2:] else None
        return axis.of(series), series.values, timestamps

    def _decode_columns(
        self, segment_id: int, wanted: Sequence[int], buffer: ColumnBuffer
    ) -> "list[NDArray[Any]]":
        """Columns of a segment; none if it is damaged: reading it the usual way deals with that."""
        ((codec, checksum, data),) = self._session.execute(_SEGMENT, {"segment_id": segment_id})
        try:
            return segments.decode_columns(data, codec, checksum, wanted, buffer)
        except DamagedSegment:
            return []

    def _parts(self) -> list[_Part]:
        """Where the points are, of equal ones the first first. Short parts are read already."""
        parts = []
        for key_id, *header in self._session.execute(
            "SELECT key_id, segment_id, points, step_min, step_max, timestamp_min, timestamp_max "
            "FROM segments WHERE run_id = :run_id AND key_id IN (0, :key_id) AND state = 'sound' "
            "ORDER BY step_min, segment_id",
            {"run_id": self._run_id, "key_id": self._key_id},
        ):
            part = _Part(*header)
            if part.segment_id in self._quarantine:
                continue
            if key_id != BUNDLE:
                parts.append(part)
            elif len(found := self._decode(part.segment_id)):
                parts.append(_part_of(found))
        if len(logged := self._logged()):
            parts.append(_part_of(logged))
        return parts

    def _read(self, parts: Sequence[_Part]) -> Series:
        pieces = [
            self._decode(part.segment_id) if part.columns is None else part.columns
            for part in parts
        ]
        points = point_columns.concatenate(pieces)
        names = self._context_names(points)
        return Series(
            self._key, points.steps, points.timestamps, points.values, points.context_ids, names
        )

    def _decode(self, segment_id: int) -> Columns:
        """The series' points in a segment; none if it is damaged."""
        ((codec, checksum, data),) = self._session.execute(_SEGMENT, {"segment_id": segment_id})
        try:
            return point_columns.of_key(segments.decode(data, codec, checksum), self._key_id)
        except DamagedSegment as why:
            self._quarantine.add(self._session, segment_id, self._run_id, why)
            return NONE

    def _logged(self) -> Columns:
        """The series' points in the log, in the order they came."""
        rows = self._session.execute(
            "SELECT data FROM point_log WHERE run_id = :run_id ORDER BY sequence",
            {"run_id": self._run_id},
        )
        points = unpack_columns(packing.concatenate([data for (data,) in rows]))
        return points.take(points.key_ids == self._key_id)

    def _context_names(self, points: Columns) -> dict[int, Context]:
        names: dict[int, Context] = {0: NO_CONTEXT}
        if not points.context_ids.any():
            return names
        wanted = ",".join(str(number) for number in set(points.context_ids.tolist()) - {0})
        for context_id, *texts in self._session.execute(
            "SELECT context_id, model_uuid, dataset_name, dataset_digest FROM contexts "
            f"WHERE context_id IN ({wanted})"
        ):
            model_id, name, digest = (text or None for text in texts)
            names[context_id] = (model_id, name, digest)
        return names


def _in_turn(parts: Iterable[_Part], axis: Axis) -> list[list[_Part]]:
    """Parts in groups of which each ends before the next begins.

    Nearly every group is one part: where several clients log one series, those that arrived about
    the same time overlap.
    """

    def end(part: _Part) -> tuple[int, int]:
        return part.range(axis)[1], part.range(axis.other)[1]

    groups: list[list[_Part]] = []
    furthest: _Part | None = None
    for part in sorted(parts, key=lambda part: part.range(axis)):
        if furthest is None or furthest.is_before(part, axis):
            groups.append([part])
            furthest = part
        else:
            groups[-1].append(part)
            furthest = max(furthest, part, key=end)
    return groups


def _part_of(columns: Columns) -> _Part:
    steps, timestamps = columns.steps, columns.timestamps
    return _Part(
        0,
        len(columns),
        int(steps.min()),
        int(steps.max()),
        int(timestamps.min()),
        int(timestamps.max()),
        columns=columns,
    )


def _enough_for(parts: Sequence[_Part], limit: int, after_time: int) -> list[_Part]:
    """Those of these parts that have the first ``limit`` points, and more, for sure."""
    have = 0
    horizon = -1
    for part in sorted(parts, key=lambda part: part.timestamp_min):
        if have > limit and part.timestamp_min > horizon:
            break
        horizon = max(horizon, part.timestamp_max)
        # What was logged may be a repeat of what is stored.
        if part.segment_id and part.timestamp_min > after_time:
            have += part.points
    return [part for part in parts if part.timestamp_min <= horizon]
