"""Whether what a store keeps hangs together; nothing is changed."""

from collections.abc import Callable, Iterator

import numpy as np
from msgspec import Struct

from millpond.store import migrations
from millpond.store.places import Place
from millpond.store.points import columns as point_columns
from millpond.store.points import segments
from millpond.store.points.columns import Columns
from millpond.store.points.segments import DamagedSegment
from millpond.store.sql.session import Row
from millpond.store.sql.values import NOT_A_NUMBER, encode_value

_RUNS_AT_ONCE = 500
# (table, column) that names a row of (table, column).
_TIES = (
    (("experiment_tags", "experiment_id"), ("experiments", "experiment_id")),
    (("runs", "experiment_id"), ("experiments", "experiment_id")),
    (("params", "run_id"), ("runs", "run_id")),
    (("params", "key_id"), ("keys", "key_id")),
    (("tags", "run_id"), ("runs", "run_id")),
    (("tags", "key_id"), ("keys", "key_id")),
    (("latest", "run_id"), ("runs", "run_id")),
    (("latest", "key_id"), ("keys", "key_id")),
    # Not those in ``point_log`` and ``unsettled_runs``: a run that was purged leaves these later.
    (("segments", "run_id"), ("runs", "run_id")),
    (("dataset_inputs", "run_id"), ("runs", "run_id")),
    (("dataset_inputs", "dataset_id"), ("datasets", "dataset_id")),
    (("model_inputs", "run_id"), ("runs", "run_id")),
    (("model_outputs", "run_id"), ("runs", "run_id")),
    (("models", "experiment_id"), ("experiments", "experiment_id")),
    (("model_params", "model_id"), ("models", "model_id")),
    (("model_tags", "model_id"), ("models", "model_id")),
    (("model_metrics", "model_uuid"), ("models", "uuid")),
    (("model_versions", "registered_id"), ("registered_models", "registered_id")),
    (("model_version_tags", "version_id"), ("model_versions", "version_id")),
    (("registered_model_tags", "registered_id"), ("registered_models", "registered_id")),
    (("model_aliases", "registered_id"), ("registered_models", "registered_id")),
)

Progress = Callable[[int, int], None]
"""Told how many of how many runs are done."""


class Finding(Struct, frozen=True):
    """What one check looked at, how much of it, and what is wrong."""

    check: str
    looked_at: int
    faults: list[str]


def check(place: Place, tell: Progress) -> list[Finding]:
    """Look at everything, at one moment of the store."""
    version = place.version()
    migrations.check_version(version, place.name)
    if version != migrations.HEAD:
        wrong = [f"version {version} instead of {migrations.HEAD}: run `millpond db upgrade`"]
        return [Finding("version of the tables", 1, wrong)]
    with place.reading():
        return [
            Finding("version of the tables", 1, []),
            *_check_ties(place),
            *_check_points(place, tell),
        ]


def _check_ties(place: Place) -> Iterator[Finding]:
    for (table, column), (other, key) in _TIES:
        ((total,),) = place.execute(f"SELECT COUNT(*) FROM {table}")
        lost = place.execute(
            f"SELECT DISTINCT t.{column} FROM {table} t LEFT JOIN {other} o ON o.{key} = t.{column}"
            f" WHERE o.{key} IS NULL ORDER BY 1 LIMIT 10"
        )
        faults = [f"{column} {row[0]} is not in {other}" for row in lost]
        yield Finding(f"{table} belong to {other}", int(total), faults)


def _check_points(place: Place, tell: Progress) -> list[Finding]:
    """Every segment's checksum and header, and every ``latest`` row against the points."""
    ((total,),) = place.execute("SELECT COUNT(*) FROM runs")
    damaged: list[str] = []
    wrong: list[str] = []
    stored, series, done, last = 0, 0, 0, -1
    while True:
        runs = place.execute(
            "SELECT run_id, uuid FROM runs WHERE run_id > :last ORDER BY run_id LIMIT :limit",
            {"last": last, "limit": _RUNS_AT_ONCE},
        )
        if not runs:
            break
        for run_id, uuid in runs:
            run = _RunPoints(place, run_id)
            stored += run.segments
            damaged += [f"{what} of run {uuid}" for what in run.damaged]
            latest = place.execute(
                "SELECT key_id, step, timestamp, value, kind, points, value_min, value_max "
                "FROM latest WHERE run_id = :run_id ORDER BY key_id",
                {"run_id": run_id},
            )
            series += len(latest)
            if not run.damaged:
                wrong += [f"{what} of run {uuid}" for what in run.differences(latest)]
            done += 1
            if done % 50 == 0:
                tell(done, total)
        last = runs[-1][0]
    tell(done, total)
    return [Finding("segments", stored, damaged), Finding("latest metrics", series, wrong)]


class _RunPoints:
    """All points of one run, and what is wrong with the segments they are in."""

    def __init__(self, place: Place, run_id: int) -> None:
        self.segments = 0
        self.damaged: list[str] = []
        pieces: list[Columns] = []
        for segment_id, state, points, codec, checksum, data in place.execute(
            "SELECT segment_id, state, points, codec, checksum, data FROM segments "
            "WHERE run_id = :run_id ORDER BY segment_id",
            {"run_id": run_id},
        ):
            self.segments += 1
            try:
                piece = segments.decode(data, codec, checksum)
            except DamagedSegment as why:
                self.damaged.append(f"segment {segment_id} ({why})")
                continue
            if state != "sound" or len(piece) != points:
                self.damaged.append(f"segment {segment_id} ({len(piece)} points, said {points})")
            pieces.append(piece)
        for (data,) in place.execute(
            "SELECT data FROM point_log WHERE run_id = :run_id ORDER BY sequence",
            {"run_id": run_id},
        ):
            pieces.append(point_columns.unpack_columns(data))
        points = point_columns.concatenate(pieces)
        self._by_key = point_columns.by_key(points) if len(points) else {}

    def differences(self, latest: list[Row]) -> list[str]:
        found = []
        for key_id, *kept in latest:
            points = self._by_key.pop(key_id, None)
            if points is None:
                found.append(f"metric {key_id} has no points")
                continue
            count, summary = _summary(points)
            step, timestamp, value, kind, said, low, high = kept
            row = (step, timestamp, value, _is_nan(kind), low, high)
            if summary != row:
                found.append(f"metric {key_id} is {row}, its points say {summary}")
            # Repeats in the log are counted until they are compacted.
            elif not count <= said <= len(points):
                found.append(f"metric {key_id} has {count} points, said {said}")
        found += [f"metric {key_id} has points and no latest" for key_id in self._by_key]
        return found


def _summary(points: Columns) -> tuple[int, tuple[object, ...]]:
    """How many distinct points there are, and what ``latest`` should say of them."""
    last = points
    for column in ("steps", "timestamps"):
        values = getattr(last, column)
        last = last.take(values == values.max())
    value, kind = max(
        (encode_value(value) for value in last.values.tolist()),
        key=lambda encoded: (encoded[0], _is_nan(encoded[1])),
    )
    numbers = points.values[~np.isnan(points.values)]
    bounds = (float(numbers.min()), float(numbers.max())) if len(numbers) else (None, None)
    return len(point_columns.distinct(points)), (
        int(last.steps[0]),
        int(last.timestamps[0]),
        value,
        _is_nan(kind),
        *bounds,
    )


def _is_nan(kind: int) -> bool:
    # Which of 0.0 and -0.0 stands is left open where both were logged at one moment.
    return kind == NOT_A_NUMBER
