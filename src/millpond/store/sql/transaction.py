"""Writes: the changes to one workspace that one action makes, in a SQL engine.

Points are the hot path. They are gathered while actions run, and reach the tables once for a whole
commit, or when an action reads what they would change.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from millpond.domain.datasets import CONTEXT_TAG, DatasetInput
from millpond.domain.experiments import Experiment, Stage, Tag
from millpond.domain.filters import numeric_text
from millpond.domain.metrics import Point
from millpond.domain.models import LoggedModel, ModelStatus, not_found
from millpond.domain.runs import ModelOutput, Param, RunInfo, RunStatus
from millpond.store import questions
from millpond.store.points import packing
from millpond.store.sql.datasets import dataset_id
from millpond.store.sql.point_buffer import PointBuffer
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.reader import SqlReader, run_info_of
from millpond.store.sql.retention import SqlRetentionWriter
from millpond.store.sql.review_writes import SqlReviewTransaction
from millpond.store.sql.session import Row, Session
from millpond.store.sql.storage import SqlStorageWriter
from millpond.store.sql.values import encode_value
from millpond.store.sql.writer_memory import RunRow, WriterMemory

UNSETTLE = (
    "INSERT INTO unsettled_runs (run_id, workspace_id) VALUES (?, ?) "
    "ON CONFLICT (run_id) DO NOTHING"
)


class SqlTransaction(SqlReader, SqlReviewTransaction, SqlStorageWriter, SqlRetentionWriter):
    """See ``contract.Transaction``."""

    def __init__(
        self,
        session: Session,
        workspace: str,
        workspace_id: int,
        quarantine: Quarantine,
        memory: WriterMemory,
        buffer: PointBuffer,
    ) -> None:
        super().__init__(session, workspace, workspace_id, quarantine)
        self._memory = memory
        self._buffer = buffer

    # experiments

    def experiment(self, experiment_id: int) -> Experiment | None:
        known = self._memory.experiments.get((self._workspace_id, experiment_id))
        if known is None:
            known = super().experiment(experiment_id)
            if known is not None:
                self._memory.remember_experiment(self._workspace_id, known)
        return known

    def new_experiment_id(self) -> int:
        rows = self._session.change_returning(
            "UPDATE counters SET value = value + 1 WHERE name = 'experiment' RETURNING value"
        )
        return int(rows[0][0])

    def add_experiment(self, experiment: Experiment) -> None:
        self._require_free_name(experiment.name)
        self._session.change(
            "INSERT INTO experiments (experiment_id, workspace_id, name, artifact_location, stage,"
            " creation_ms, last_update_ms) VALUES (:experiment_id, :workspace_id, :name, "
            ":artifact_location, :stage, :creation_ms, :last_update_ms)",
            {
                "experiment_id": experiment.experiment_id,
                "workspace_id": self._workspace_id,
                "name": experiment.name,
                "artifact_location": experiment.artifact_location,
                "stage": experiment.stage.value,
                "creation_ms": experiment.creation_ms,
                "last_update_ms": experiment.last_update_ms,
            },
        )
        for tag in experiment.tags:
            self.set_experiment_tag(experiment.experiment_id, tag)

    def change_experiment(
        self,
        experiment_id: int,
        *,
        last_update_ms: int,
        name: str | None = None,
        stage: Stage | None = None,
    ) -> None:
        if name is not None:
            self._require_free_name(name, but_for=experiment_id)
        self._memory.forget_experiment(self._workspace_id, experiment_id)
        self._session.change(
            "UPDATE experiments SET last_update_ms = :last_update_ms, "
            "name = COALESCE(:name, name), stage = COALESCE(:stage, stage) "
            "WHERE experiment_id = :experiment_id",
            {
                "experiment_id": experiment_id,
                "last_update_ms": last_update_ms,
                "name": name,
                "stage": stage and stage.value,
            },
        )

    def change_runs_stage(self, experiment_id: int, stage: Stage, deleted_ms: int | None) -> None:
        self._session.change(
            "UPDATE runs SET stage = :stage, deleted_ms = :deleted_ms "
            "WHERE experiment_id = :experiment_id",
            {
                "experiment_id": experiment_id,
                "stage": stage.value,
                "deleted_ms": deleted_ms,
            },
        )
        self._unsettle_all(experiment_id)
        self._memory.forget()

    def set_experiment_tag(self, experiment_id: int, tag: Tag) -> None:
        self._memory.forget_experiment(self._workspace_id, experiment_id)
        self._session.execute_many(
            "INSERT INTO experiment_tags (experiment_id, key, value, number, workspace_id) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (experiment_id, key) "
            "DO UPDATE SET value = excluded.value, number = excluded.number",
            [(experiment_id, tag.key, tag.value, numeric_text(tag.value), self._workspace_id)],
        )

    def delete_experiment_tag(self, experiment_id: int, key: str) -> bool:
        self._memory.forget_experiment(self._workspace_id, experiment_id)
        changed = self._session.change(
            "DELETE FROM experiment_tags WHERE experiment_id = :experiment_id AND key = :key",
            {"experiment_id": experiment_id, "key": key},
        )
        return changed > 0

    def _require_free_name(self, name: str, but_for: int | None = None) -> None:
        holder = self.experiment_named(name)
        if holder is not None and holder.experiment_id != but_for:
            raise questions.experiment_name_taken(name)

    # runs

    def run_info(self, run_id: str) -> RunInfo | None:
        run = self._known_run(run_id)
        return None if run is None else run.info

    def _before_points(self) -> None:
        self._buffer.flush(self._session)

    def _whole_session(self) -> Session:
        self._buffer.flush(self._session)
        return self._session

    def change_run(
        self,
        run_id: str,
        *,
        name: str | None = None,
        status: RunStatus | None = None,
        end_ms: int | None = None,
    ) -> None:
        self._change_run_row(
            run_id,
            "name = COALESCE(:name, name), status = COALESCE(:status, status), "
            "end_ms = COALESCE(:end_ms, end_ms)",
            {"name": name, "status": status and status.name, "end_ms": end_ms},
        )

    def change_run_stage(self, run_id: str, stage: Stage, deleted_ms: int | None) -> None:
        self._change_run_row(
            run_id,
            "stage = :stage, deleted_ms = :deleted_ms",
            {"stage": stage.value, "deleted_ms": deleted_ms},
        )

    def append_points(self, run_id: str, points: Sequence[Point]) -> None:
        run = self._changing_run(run_id)
        key_ids = [self._key_id(point.key) for point in points]
        context_ids = [self._context_id(point) for point in points]
        data = packing.pack(
            key_ids,
            context_ids,
            [point.step for point in points],
            [point.timestamp for point in points],
            [point.value for point in points],
        )
        latest = [
            (key_id, point.step, point.timestamp, *encode_value(point.value))
            for key_id, point in zip(key_ids, points, strict=True)
        ]
        self._buffer.add(run.row_id, self._workspace_id, len(points), data, latest)
        if any(context_ids):
            self._add_model_metrics(run_id, points)

    def params(self, run_id: str, keys: Sequence[str]) -> Mapping[str, str]:
        row_id = self._require_known_run(run_id).row_id
        found = {}
        for key in keys:
            for (value,) in self._session.execute(
                "SELECT value FROM params WHERE run_id = :run_id AND key_id = :key_id",
                {"run_id": row_id, "key_id": self._key_id(key)},
            ):
                found[key] = value
        return found

    def add_params(self, run_id: str, params: Sequence[Param]) -> None:
        row_id = self._changing_run(run_id).row_id
        self._session.execute_many(
            "INSERT INTO params (run_id, key_id, value, number, workspace_id) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (row_id, self._key_id(p.key), p.value, numeric_text(p.value), self._workspace_id)
                for p in params
            ],
        )

    def tag(self, run_id: str, key: str) -> str | None:
        rows = self._session.execute(
            "SELECT value FROM tags WHERE run_id = :run_id AND key_id = :key_id",
            {"run_id": self._require_known_run(run_id).row_id, "key_id": self._key_id(key)},
        )
        return rows[0][0] if rows else None

    def set_tags(self, run_id: str, tags: Sequence[Tag]) -> None:
        row_id = self._changing_run(run_id).row_id
        self._session.execute_many(
            "INSERT INTO tags (run_id, key_id, value, number, workspace_id) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (run_id, key_id) "
            "DO UPDATE SET value = excluded.value, number = excluded.number",
            [
                (row_id, self._key_id(t.key), t.value, numeric_text(t.value), self._workspace_id)
                for t in tags
            ],
        )

    def delete_tag(self, run_id: str, key: str) -> bool:
        row_id = self._changing_run(run_id).row_id
        changed = self._session.change(
            "DELETE FROM tags WHERE run_id = :run_id AND key_id = :key_id",
            {"run_id": row_id, "key_id": self._key_ids([key]).get(key)},
        )
        return changed > 0

    def add_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput], model_ids: Sequence[str]
    ) -> None:
        run = self._changing_run(run_id)
        for item in datasets:
            kept = dataset_id(self._session, self._workspace_id, run.info.experiment_id, item)
            tags = {tag.key: tag.value for tag in item.tags}
            self._session.change(
                "INSERT INTO dataset_inputs (workspace_id, run_id, dataset_id, tags, context) "
                "VALUES (:workspace_id, :run_id, :dataset_id, :tags, :context) "
                "ON CONFLICT (run_id, dataset_id) DO NOTHING",
                {
                    "workspace_id": self._workspace_id,
                    "run_id": run.row_id,
                    "dataset_id": kept,
                    "tags": json.dumps(tags),
                    "context": tags.get(CONTEXT_TAG),
                },
            )
        self._session.execute_many(
            "INSERT INTO model_inputs (workspace_id, run_id, model_uuid) VALUES (?, ?, ?) "
            "ON CONFLICT (run_id, model_uuid) DO NOTHING",
            [(self._workspace_id, run.row_id, model_id) for model_id in model_ids],
        )

    def add_outputs(self, run_id: str, outputs: Sequence[ModelOutput]) -> None:
        row_id = self._require_known_run(run_id).row_id
        self._session.execute_many(
            "INSERT INTO model_outputs (workspace_id, run_id, model_uuid, step) "
            "VALUES (?, ?, ?, ?)",
            [(self._workspace_id, row_id, o.model_id, o.step) for o in outputs],
        )

    # logged models

    def add_model(self, model: LoggedModel) -> None:
        self._session.change(
            "INSERT INTO models (uuid, workspace_id, experiment_id, name, artifact_uri, "
            "creation_ms, last_update_ms, status, stage, model_type, source_run_id) VALUES "
            "(:uuid, :workspace_id, :experiment_id, :name, :artifact_uri, :creation_ms, "
            ":last_update_ms, :status, :stage, :model_type, :source_run_id)",
            {
                "uuid": model.model_id,
                "workspace_id": self._workspace_id,
                "experiment_id": model.experiment_id,
                "name": model.name,
                "artifact_uri": model.artifact_uri,
                "creation_ms": model.creation_ms,
                "last_update_ms": model.last_update_ms,
                "status": model.status.word,
                "stage": model.stage.value,
                "model_type": model.model_type,
                "source_run_id": model.source_run_id,
            },
        )
        self.add_model_params(model.model_id, model.params)
        self.set_model_tags(model.model_id, model.tags)

    def change_model(
        self,
        model_id: str,
        *,
        last_update_ms: int,
        status: ModelStatus | None = None,
        stage: Stage | None = None,
    ) -> None:
        self._session.change(
            "UPDATE models SET last_update_ms = :last_update_ms, "
            "status = COALESCE(:status, status), stage = COALESCE(:stage, stage) "
            "WHERE uuid = :uuid",
            {
                "uuid": model_id,
                "last_update_ms": last_update_ms,
                "status": status and status.word,
                "stage": stage and stage.value,
            },
        )

    def add_model_params(self, model_id: str, params: Sequence[Param]) -> None:
        row_id = self._require_model_row(model_id)[0]
        self._session.execute_many(
            "INSERT INTO model_params (model_id, key, value, number, workspace_id) "
            "VALUES (?, ?, ?, ?, ?)",
            [(row_id, p.key, p.value, numeric_text(p.value), self._workspace_id) for p in params],
        )

    def set_model_tags(self, model_id: str, tags: Sequence[Tag]) -> None:
        row_id = self._require_model_row(model_id)[0]
        self._session.execute_many(
            "INSERT INTO model_tags (model_id, key, value, number, workspace_id) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (model_id, key) "
            "DO UPDATE SET value = excluded.value, number = excluded.number",
            [(row_id, t.key, t.value, numeric_text(t.value), self._workspace_id) for t in tags],
        )

    def delete_model_tag(self, model_id: str, key: str) -> bool:
        changed = self._session.change(
            "DELETE FROM model_tags WHERE model_id = :model_id AND key = :key",
            {"model_id": self._require_model_row(model_id)[0], "key": key},
        )
        return changed > 0

    def _add_model_metrics(self, run_id: str, points: Sequence[Point]) -> None:
        measured = [point for point in points if point.model_id is not None]
        self._session.execute_many(
            "INSERT INTO model_metrics (workspace_id, model_uuid, run_uuid, key, step, timestamp,"
            " value, kind, dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    self._workspace_id,
                    p.model_id,
                    run_id,
                    p.key,
                    p.step,
                    p.timestamp,
                    *encode_value(p.value),
                    p.dataset_name,
                    p.dataset_digest,
                )
                for p in measured
            ],
        )

    def _require_model_row(self, model_id: str) -> Row:
        row = self._model_row(model_id)
        if row is None:
            raise not_found(model_id)
        return row

    # rows by name

    def _known_run(self, run_id: str) -> RunRow | None:
        known = self._memory.runs.get((self._workspace_id, run_id))
        if known is not None:
            return known
        row = self._run_row(run_id)
        if row is None:
            return None
        run = RunRow(row[0], run_info_of(row))
        self._memory.remember_run(self._workspace_id, run)
        return run

    def _require_known_run(self, run_id: str) -> RunRow:
        run = self._known_run(run_id)
        if run is None:
            raise LookupError(f"run {run_id} is not in workspace {self._workspace}")
        return run

    def _changing_run(self, run_id: str) -> RunRow:
        """A run that is about to change: from now on searches look at the tables for it."""
        run = self._require_known_run(run_id)
        self._unsettle(run.row_id)
        return run

    def _unsettle(self, row_id: int) -> None:
        if self._memory.note_change(row_id):
            self._session.execute_many(UNSETTLE, [(row_id, self._workspace_id)])

    def _unsettle_all(self, experiment_id: int) -> None:
        self._session.change(
            "INSERT INTO unsettled_runs (run_id, workspace_id) SELECT run_id, workspace_id "
            "FROM runs WHERE experiment_id = :experiment_id ON CONFLICT (run_id) DO NOTHING",
            {"experiment_id": experiment_id},
        )
        self._memory.note_changes_of_many()

    def _change_run_row(self, run_id: str, change: str, values: Mapping[str, Any]) -> None:
        run = self._changing_run(run_id)
        self._session.change(
            f"UPDATE runs SET {change} WHERE run_id = :run_id", {"run_id": run.row_id, **values}
        )
        info = super().run_info(run_id)
        if info is not None:
            run.info = info

    def _key_id(self, name: str) -> int:
        known = self._memory.key_ids.get((self._workspace_id, name))
        if known is not None:
            return known
        rows = self._session.change_returning(
            "INSERT INTO keys (workspace_id, name) VALUES (:workspace_id, :name) "
            "ON CONFLICT (workspace_id, name) DO UPDATE SET name = excluded.name "
            "RETURNING key_id",
            {"workspace_id": self._workspace_id, "name": name},
        )
        key_id = int(rows[0][0])
        self._memory.key_ids[self._workspace_id, name] = key_id
        return key_id

    def _context_id(self, point: Point) -> int:
        names = (point.model_id or "", point.dataset_name or "", point.dataset_digest or "")
        if names == ("", "", ""):
            return 0
        known = self._memory.context_ids.get((self._workspace_id, *names))
        if known is not None:
            return known
        rows = self._session.change_returning(
            "INSERT INTO contexts (workspace_id, model_uuid, dataset_name, dataset_digest) "
            "VALUES (:workspace_id, :model_id, :dataset_name, :dataset_digest) "
            "ON CONFLICT (workspace_id, model_uuid, dataset_name, dataset_digest) "
            "DO UPDATE SET model_uuid = excluded.model_uuid RETURNING context_id",
            {
                "workspace_id": self._workspace_id,
                "model_id": names[0],
                "dataset_name": names[1],
                "dataset_digest": names[2],
            },
        )
        context_id = int(rows[0][0])
        self._memory.context_ids[(self._workspace_id, *names)] = context_id
        return context_id
