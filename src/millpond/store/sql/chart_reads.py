"""Many series at once: their states, their points, and the points that come."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from millpond.domain.charts import SeriesName
from millpond.domain.series import NO_CONTEXT, Series
from millpond.store.contract import SeriesState, Tail
from millpond.store.points import columns as point_columns
from millpond.store.points import segments
from millpond.store.points.columns import Columns
from millpond.store.points.segments import BUNDLE, DamagedSegment
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.session import Session

_NAMES_PER_STATEMENT = 500
_IDS_PER_STATEMENT = 10_000
_INT64 = 1 << 63
_NO_RUN = SeriesState(None, 0, 0)


class RunStart(Struct, frozen=True):
    row_id: int
    start_ms: int


class ChartReader:
    """The series of these names in one workspace. Names are looked up once."""

    def __init__(
        self,
        session: Session,
        quarantine: Quarantine,
        workspace_id: int,
        names: Sequence[SeriesName],
    ) -> None:
        self._session = session
        self._quarantine = quarantine
        self._workspace_id = workspace_id
        self._names = names
        self._runs = {
            uuid: RunStart(row_id, start_ms)
            for uuid, row_id, start_ms in self._by_text(
                "uuid, run_id, start_ms", "runs", "uuid", {run_id for run_id, _ in names}
            )
        }
        self._key_ids: dict[str, int] = dict(
            self._by_text("name, key_id", "keys", "name", {key for _, key in names})
        )

    def states(self) -> list[SeriesState]:
        found: dict[tuple[int, int], tuple[int, int]] = {}
        key_ids = _list([-1, *self._key_ids.values()])
        for runs in _lists([run.row_id for run in self._runs.values()]):
            for run_id, key_id, version, points in self._session.execute(
                "SELECT run_id, key_id, version, points FROM latest "
                f"WHERE run_id IN ({runs}) AND key_id IN ({key_ids})"
            ):
                found[run_id, key_id] = (version, points)
        states = []
        for run_id, key in self._names:
            run = self._runs.get(run_id)
            if run is None:
                states.append(_NO_RUN)
                continue
            known = found.get((run.row_id, self._key_ids.get(key, -1)), (0, 0))
            states.append(SeriesState(run.start_ms, *known))
        return states

    def each_series(
        self, step_min: int | None, step_max: int | None
    ) -> Iterator[tuple[int, Series]]:
        """See ``contract.Reader``: a run's bundles are decoded once for all its series."""
        places: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, (run_id, key) in enumerate(self._names):
            run, key_id = self._runs.get(run_id), self._key_ids.get(key)
            if run is not None and key_id is not None:
                places[run.row_id][key_id].append(place)
        low = -_INT64 if step_min is None else step_min
        high = _INT64 - 1 if step_max is None else step_max
        logged = self._logged(list(places))
        for row_id, wanted in places.items():
            pieces = self._pieces(row_id, list(wanted), low, high)
            if row_id in logged:
                _sort_out(logged.pop(row_id), pieces, wanted)
            for key_id, found in pieces.items():
                columns = _in_range(point_columns.concatenate(found), low, high)
                if not len(columns):
                    continue
                for place in wanted[key_id]:
                    yield place, _series(self._names[place][1], columns)

    def points_since(self, position: int, limit: int, end: int) -> Tail | None:
        """See ``contract.Reader``; end: rows of the log behind it are left for later."""
        if not compacted_end(self._session) <= position <= end:
            return None
        names: dict[tuple[int, int], SeriesName] = {}
        for name in self._names:
            run, key_id = self._runs.get(name[0]), self._key_ids.get(name[1])
            if run is not None and key_id is not None:
                names[run.row_id, key_id] = name
        if not names:
            return Tail(end, [], True)
        rows = self._session.execute(
            "SELECT sequence, run_id, data FROM point_log WHERE sequence > :position "
            f"AND sequence <= :end AND run_id IN ({_list({run_id for run_id, _ in names})}) "
            "ORDER BY sequence LIMIT :limit",
            {"position": position, "end": end, "limit": limit},
        )
        found = []
        for _, run_id, data in rows:
            for key_id, columns in point_columns.by_key(point_columns.unpack_columns(data)).items():
                asked = names.get((run_id, key_id))
                if asked is not None:
                    found.append((asked, _series(asked[1], columns)))
        if len(rows) == limit:
            return Tail(rows[-1][0], found, rows[-1][0] == end)
        return Tail(end, found, True)

    def _logged(self, run_ids: Sequence[int]) -> dict[int, list[Columns]]:
        """What the log has of each of these runs; it is short, and read once for all of them."""
        found: dict[int, list[Columns]] = defaultdict(list)
        for wanted in _lists(run_ids):
            for run_id, data in self._session.execute(
                f"SELECT run_id, data FROM point_log WHERE run_id IN ({wanted}) ORDER BY sequence"
            ):
                found[run_id].append(point_columns.unpack_columns(data))
        return found

    def _pieces(
        self, row_id: int, key_ids: Sequence[int], low: int, high: int
    ) -> dict[int, list[Columns]]:
        """What the run's segments have of each key."""
        pieces: dict[int, list[Columns]] = defaultdict(list)
        wanted = _list([BUNDLE, *key_ids])
        for segment_id, key_id in self._session.execute(
            "SELECT segment_id, key_id FROM segments WHERE run_id = :run_id AND key_id IN "
            f"({wanted}) AND state = 'sound' AND step_max >= :low AND step_min <= :high "
            "ORDER BY step_min, segment_id",
            {"run_id": row_id, "low": low, "high": high},
        ):
            if segment_id in self._quarantine:
                continue
            ((codec, checksum, data),) = self._session.execute(
                "SELECT codec, checksum, data FROM segments WHERE segment_id = :segment_id",
                {"segment_id": segment_id},
            )
            try:
                columns = segments.decode(data, codec, checksum)
            except DamagedSegment as why:
                self._quarantine.add(self._session, segment_id, row_id, why)
                continue
            if key_id == BUNDLE:
                _sort_out([columns], pieces, key_ids)
            else:
                pieces[key_id].append(columns)
        return pieces

    def _by_text(
        self, columns: str, table: str, column: str, texts: set[str]
    ) -> Iterator[tuple[Any, ...]]:
        ordered = sorted(texts)
        for start in range(0, len(ordered), _NAMES_PER_STATEMENT):
            part = ordered[start : start + _NAMES_PER_STATEMENT]
            slots = ",".join(f":t{number}" for number in range(len(part)))
            yield from map(
                tuple,
                self._session.execute(
                    f"SELECT {columns} FROM {table} WHERE {column} IN ({slots}) "
                    "AND workspace_id = :workspace_id",
                    {f"t{number}": text for number, text in enumerate(part)}
                    | {"workspace_id": self._workspace_id},
                ),
            )


def log_end(session: Session) -> int:
    """The greatest number that the log has, or ever had."""
    rows = session.execute("SELECT MAX(sequence) FROM point_log")
    return max(rows[0][0] or 0, compacted_end(session))


def compacted_end(session: Session) -> int:
    """The greatest number that has left the log."""
    rows = session.execute("SELECT value FROM counters WHERE name = 'log'")
    return int(rows[0][0])


def _sort_out(
    arrived: Sequence[Columns],
    pieces: dict[int, list[Columns]],
    wanted: Collection[int],
) -> None:
    for key_id, columns in point_columns.by_key(point_columns.concatenate(list(arrived))).items():
        if key_id in wanted:
            pieces[key_id].append(columns)


def _in_range(columns: Columns, low: int, high: int) -> Columns:
    columns = point_columns.distinct(columns)
    begin = int(np.searchsorted(columns.steps, low, "left"))
    return columns.take(slice(begin, int(np.searchsorted(columns.steps, high, "right"))))


def _series(key: str, columns: Columns) -> Series:
    no_contexts = np.zeros(len(columns), np.uint32)
    return Series(
        key, columns.steps, columns.timestamps, columns.values, no_contexts, {0: NO_CONTEXT}
    )


def _lists(ids: Sequence[int]) -> Iterator[str]:
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield _list(ids[start : start + _IDS_PER_STATEMENT])


def _list(ids: Collection[int]) -> str:
    return ",".join(str(int(i)) for i in ids)
