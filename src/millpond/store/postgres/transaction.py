"""Writes of one action, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from millpond.domain.charts import SeriesName
from millpond.domain.experiments import Experiment, Stage, Tag
from millpond.domain.metrics import Point
from millpond.domain.runs import Param, RunInfo
from millpond.store.contract import Tail
from millpond.store.postgres import points as point_rows
from millpond.store.postgres.memory import PostgresMemory
from millpond.store.postgres.writer_session import WriterSession
from millpond.store.sql.new_runs import NewRun
from millpond.store.sql.reader import RUN_COLUMNS, SqlReader, run_info_of
from millpond.store.sql.session import Row
from millpond.store.sql.transaction import SqlTransaction
from millpond.store.sql.writer_memory import RunRow

_COLUMNS_AND_VERSION = f"{RUN_COLUMNS}, xmin::text::bigint"
_RUN_AND_VERSION = (
    f"SELECT {_COLUMNS_AND_VERSION} FROM runs WHERE uuid = :uuid AND workspace_id = :workspace_id"
)
_EXPERIMENT_VERSION = (
    "SELECT xmin::text::bigint FROM experiments WHERE experiment_id = :experiment_id"
)
_HOLD_EXPERIMENT = "SELECT 1 FROM experiments WHERE experiment_id = %s FOR NO KEY UPDATE"
_NEXT_RUN_IDS = (
    "SELECT nextval(pg_get_serial_sequence('runs', 'run_id')) FROM generate_series(1, %s)"
)
_RUN_IDS_AT_ONCE = 256


class PostgresTransaction(SqlTransaction):
    """Knows which runs and experiments it relied on, and asks for names without taking the turn."""

    _session: WriterSession
    _memory: PostgresMemory

    # experiments

    def experiment(self, experiment_id: int) -> Experiment | None:
        session, place = self._session, (self._workspace_id, experiment_id)
        known = self._memory.experiments.get(place)
        if session.has_turn:
            if known is None or place not in session.fresh_experiments:
                session.fresh_experiments.add(place)
                known = self._read_experiment(experiment_id)
            return known
        if known is None:
            with session.outside():
                known = self._read_experiment(experiment_id)
        if known is not None:
            version = self._memory.experiment_versions[experiment_id]
            session.relied_experiments[experiment_id] = version
        return known

    def set_experiment_tag(self, experiment_id: int, tag: Tag) -> None:
        super().set_experiment_tag(experiment_id, tag)
        self._renew_experiment(experiment_id)

    def delete_experiment_tag(self, experiment_id: int, key: str) -> bool:
        was_there = super().delete_experiment_tag(experiment_id, key)
        self._renew_experiment(experiment_id)
        return was_there

    def _renew_experiment(self, experiment_id: int) -> None:
        """Give its row a new version, so that whoever remembers the experiment asks again."""
        self._session.change(
            "UPDATE experiments SET name = name WHERE experiment_id = :experiment_id",
            {"experiment_id": experiment_id},
        )

    def _read_experiment(self, experiment_id: int) -> Experiment | None:
        """The experiment and its version, to be remembered."""
        memory, place = self._memory, (self._workspace_id, experiment_id)
        # The version first: if the rest is newer than it, it will be found to be old.
        rows = self._session.execute(_EXPERIMENT_VERSION, {"experiment_id": experiment_id})
        known = memory.experiments.get(place)
        if known is not None and rows == [(memory.experiment_versions[experiment_id],)]:
            return known
        found = SqlReader.experiment(self, experiment_id) if rows else None
        if found is None:
            memory.forget_experiment(*place)
        else:
            memory.remember_experiment(self._workspace_id, found)
            memory.experiment_versions[experiment_id] = rows[0][0]
        return found

    # runs

    def add_run(self, info: RunInfo, tags: Sequence[Tag]) -> None:
        by_key = {tag.key: tag for tag in tags}
        self._learn_keys(list(by_key))
        keyed = [(self._key_id(key), tag) for key, tag in by_key.items()]
        session = self._session
        if session.is_careful:
            session.prepare()
        row = RunRow(self._next_run_id(), info)
        session.new_runs.add(NewRun(self._workspace_id, row, keyed))
        if session.is_careful:
            session.new_runs.write_all(session)
        self._memory.remember_run(self._workspace_id, row)
        session.fresh.add((self._workspace_id, info.run_id))

    def append_points(self, run_id: str, points: Sequence[Point]) -> None:
        if not points:
            self._require_known_run(run_id)
            return
        self._learn_keys([point.key for point in points])
        super().append_points(run_id, points)

    def add_params(self, run_id: str, params: Sequence[Param]) -> None:
        self._learn_keys([param.key for param in params])
        super().add_params(run_id, params)

    def params(self, run_id: str, keys: Sequence[str]) -> Mapping[str, str]:
        if not keys:
            return {}
        row_id = self._require_known_run(run_id).row_id
        self._learn_keys(keys)
        names = {self._key_id(key): key for key in keys}
        self._session.prepare()
        rows = self._session.run_raw(
            "SELECT key_id, value FROM params WHERE run_id = %s AND key_id = ANY(%s::bigint[])",
            [row_id, list(names)],
        )
        return {names[key_id]: value for key_id, value in rows.fetchall()}

    def set_tags(self, run_id: str, tags: Sequence[Tag]) -> None:
        self._learn_keys([tag.key for tag in tags])
        super().set_tags(run_id, tags)

    def change_runs_stage(self, experiment_id: int, stage: Stage, deleted_ms: int | None) -> None:
        self._session.prepare()
        # Nobody adds a run to it from here on.
        self._session.run_raw(_HOLD_EXPERIMENT, [experiment_id])
        super().change_runs_stage(experiment_id, stage, deleted_ms)

    def _unsettle(self, row_id: int) -> None:
        """No run is settled here, where nobody knows which runs other servers are changing."""

    def _unsettle_all(self, experiment_id: int) -> None:
        """See ``_unsettle``."""

    def _known_run(self, run_id: str) -> RunRow | None:
        session, place = self._session, (self._workspace_id, run_id)
        known = self._memory.runs.get(place)
        if session.has_turn:
            if known is None or place not in session.fresh:
                session.fresh.add(place)
                known = self._read_run(run_id)
            return known
        if (new := session.new_runs.rows.get(place)) is not None:
            return new
        if known is None:
            with session.outside():
                known = self._read_run(run_id)
        if known is not None:
            session.relied[known.row_id] = self._memory.versions[known.row_id]
        return known

    def _read_run(self, run_id: str) -> RunRow | None:
        """The run and its version, to be remembered."""
        parameters = {"uuid": run_id, "workspace_id": self._workspace_id}
        rows = self._session.execute(_RUN_AND_VERSION, parameters)
        if not rows:
            self._memory.forget_runs([(self._workspace_id, run_id)])
            return None
        return self._remember_run(rows[0])

    def _change_run_row(self, run_id: str, change: str, values: Mapping[str, Any]) -> None:
        rows = self._session.change_returning(
            f"UPDATE runs SET {change} WHERE uuid = :uuid AND workspace_id = :workspace_id "
            f"RETURNING {_COLUMNS_AND_VERSION}",
            {"uuid": run_id, "workspace_id": self._workspace_id, **values},
        )
        for row in rows:
            self._session.fresh.add((self._workspace_id, run_id))
            self._remember_run(row)

    def _remember_run(self, row: Row) -> RunRow:
        *columns, version = row
        run = RunRow(columns[0], run_info_of(columns))
        self._memory.remember_run(self._workspace_id, run)
        self._memory.versions[run.row_id] = version
        return run

    def _next_run_id(self) -> int:
        free = self._memory.free_run_ids
        if not free:
            rows = self._session.ask_names(_NEXT_RUN_IDS, [_RUN_IDS_AT_ONCE])
            free.extend(row[0] for row in reversed(rows))
        return free.pop()

    # points

    def log_end(self) -> int:
        return point_rows.log_end(self._whole_session())

    def points_since(self, position: int, names: Sequence[SeriesName], limit: int) -> Tail | None:
        # What this transaction wrote itself is there for it, though others may come before that.
        reader = self._chart_reader(names)
        return reader.points_since(position, limit, point_rows.own_log_end(self._session))

    # names

    def _learn_keys(self, names: Sequence[str]) -> None:
        """Ask for the numbers of these names in one go."""
        known, workspace_id = self._memory.key_ids, self._workspace_id
        if all((workspace_id, name) in known for name in names):
            return
        missing = sorted({name for name in names if (workspace_id, name) not in known})
        query = "SELECT name, key_id FROM keys WHERE workspace_id = %s AND name = ANY(%s::text[])"
        rows = self._session.ask_names(query, [workspace_id, missing])
        if len(rows) < len(missing):
            # In order, so that two writers that bring the same names never wait in a circle.
            self._session.ask_names(
                "INSERT INTO keys (workspace_id, name) SELECT %s, name "
                "FROM unnest(%s::text[]) AS missing(name) WHERE NOT EXISTS (SELECT FROM keys "
                "WHERE workspace_id = %s AND keys.name = missing.name) ORDER BY name "
                "ON CONFLICT (workspace_id, name) DO NOTHING RETURNING 1",
                [workspace_id, missing, workspace_id],
            )
            rows = self._session.ask_names(query, [workspace_id, missing])
        for name, key_id in rows:
            known[workspace_id, name] = key_id

    def _key_id(self, name: str) -> int:
        known = self._memory.key_ids.get((self._workspace_id, name))
        if known is not None:
            return known
        with self._session.outside():
            return super()._key_id(name)

    def _context_id(self, point: Point) -> int:
        if point.model_id is point.dataset_name is point.dataset_digest is None:
            return 0
        with self._session.outside():
            return super()._context_id(point)
