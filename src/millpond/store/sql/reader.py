"""Reads: one moment of one workspace in a SQL engine."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence

from millpond.domain.charts import Frame, Line, SeriesName, empty_line
from millpond.domain.datasets import MAX_SUMMARIES, Dataset, DatasetInput, DatasetSummary
from millpond.domain.experiments import Experiment, Stage, Tag, ViewType
from millpond.domain.metrics import MetricSummary, Point, RunPoint
from millpond.domain.models import LoggedModel, ModelStatus
from millpond.domain.paging import Page, encode_token
from millpond.domain.run_tables import KeySummary, RunColumn, RunTable
from millpond.domain.runs import ModelOutput, Param, Run, RunCount, RunInfo, RunStatus
from millpond.domain.series import HistoryPosition, Series, empty_series
from millpond.store import questions
from millpond.store.blocks.best import sort_rows
from millpond.store.contract import ExperimentSearch, ModelSearch, RunSearch, SeriesState, Tail
from millpond.store.sql import chart_reads, column_reads
from millpond.store.sql import search as searches
from millpond.store.sql.block_search import BlockSearch, is_for_blocks
from millpond.store.sql.chart_reads import ChartReader
from millpond.store.sql.point_reader import PointReader
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.retention import SqlRetentionReader
from millpond.store.sql.review_reads import SqlReviewReader
from millpond.store.sql.session import Row, Session, chunks
from millpond.store.sql.storage import SqlStorageReader
from millpond.store.sql.values import decode_value

RUN_COLUMNS = (
    "run_id, uuid, experiment_id, name, status, stage, start_ms, end_ms, deleted_ms, "
    "user_id, artifact_uri"
)
_EXPERIMENT_COLUMNS = "experiment_id, name, artifact_location, stage, creation_ms, last_update_ms"
_MODEL_COLUMNS = (
    "model_id, uuid, experiment_id, name, artifact_uri, creation_ms, last_update_ms, status, "
    "stage, model_type, source_run_id"
)


class SqlReader(SqlReviewReader, SqlStorageReader, SqlRetentionReader):
    """See ``contract.Reader``. The session's transaction decides which moment is seen."""

    def __init__(
        self, session: Session, workspace: str, workspace_id: int, quarantine: Quarantine
    ) -> None:
        super().__init__(session, workspace_id)
        self._quarantine = quarantine
        self._workspace = workspace

    # experiments

    def experiment(self, experiment_id: int) -> Experiment | None:
        return self._one_experiment("experiment_id = :value", experiment_id)

    def experiment_named(self, name: str) -> Experiment | None:
        return self._one_experiment("name = :value", name)

    def search_experiments(self, search: ExperimentSearch) -> Page[Experiment]:
        query = searches.experiment_query(search, self._workspace_id)
        ids, token = self._page_of_ids(query, search.limit, search.page_token)
        rows = self._by_ids(_EXPERIMENT_COLUMNS, "experiments", "experiment_id", ids)
        found = self._experiments([rows[experiment_id] for experiment_id in ids])
        return Page(found, token)

    def _one_experiment(self, condition: str, value: int | str) -> Experiment | None:
        rows = self._session.execute(
            f"SELECT {_EXPERIMENT_COLUMNS} FROM experiments "
            f"WHERE workspace_id = :workspace_id AND {condition}",
            {"workspace_id": self._workspace_id, "value": value},
        )
        return self._experiments(rows)[0] if rows else None

    def _experiments(self, rows: Sequence[Row]) -> list[Experiment]:
        tags = self._texts("experiment_tags", "experiment_id", [row[0] for row in rows])
        return [
            Experiment(
                experiment_id=row[0],
                name=row[1],
                artifact_location=row[2],
                stage=Stage(row[3]),
                creation_ms=row[4],
                last_update_ms=row[5],
                tags=tuple(Tag(key, value) for key, value in tags[row[0]]),
                workspace=self._workspace,
            )
            for row in rows
        ]

    # runs

    def run_info(self, run_id: str) -> RunInfo | None:
        row = self._run_row(run_id)
        return None if row is None else run_info_of(row)

    def _before_points(self) -> None:
        """A transaction writes here what it still holds; every read of points begins with it."""

    def run(self, run_id: str) -> Run | None:
        self._before_points()
        row = self._run_row(run_id)
        return None if row is None else self._whole_runs([row])[0]

    def search_runs(self, search: RunSearch) -> Page[Run]:
        self._before_points()
        key_ids = self._key_ids(searches.run_keys(search))
        if is_for_blocks(self._session, self._workspace_id, search):
            ids, token = self._page_of_blocks(search, key_ids)
        else:
            query = searches.run_query(search, self._workspace_id, key_ids)
            ids, token = self._page_of_ids(query, search.limit, search.page_token)
        rows = self._by_ids(RUN_COLUMNS, "runs", "run_id", ids)
        return Page(self._whole_runs([rows[run_id] for run_id in ids]), token)

    def _page_of_blocks(
        self, search: RunSearch, key_ids: dict[str, int]
    ) -> tuple[list[int], str | None]:
        """The first of the settled runs and of the others, as one page."""
        query = searches.run_query(search, self._workspace_id, key_ids, only_unsettled=True)
        after = self._position(query, search.page_token)
        others = self._session.select(query.page(search.limit + 1, after))
        blocks = BlockSearch(self._session, self._workspace_id, search, key_ids)
        found = blocks.first_rows(search.limit + 1, after)
        found += [(row[0], tuple(row[1:])) for row in others]
        sort_rows(found, query.columns)
        ids = [row_id for row_id, _ in found[: search.limit]]
        if len(found) <= search.limit:
            return ids, None
        return ids, encode_token(query.question, found[search.limit - 1][1])

    def history(
        self,
        run_id: str,
        key: str,
        limit: int | None = None,
        after: HistoryPosition | None = None,
    ) -> Series:
        points = self._points(run_id, key)
        return points.in_history_order(limit, after) if points else empty_series(key)

    def series(
        self, run_id: str, key: str, step_min: int | None = None, step_max: int | None = None
    ) -> Series:
        points = self._points(run_id, key)
        return points.in_step_order(step_min, step_max) if points else empty_series(key)

    def line(self, name: SeriesName, frame: Frame, with_timestamps: bool = False) -> Line:
        info, points = self.run_info(name[0]), self._points(*name)
        (state,) = self.series_states([name])
        if info is None or points is None or not state.version:
            return empty_line(name, "run" if info is None else "metric")
        return points.line(name, frame, info.start_ms, with_timestamps)

    def metric_summaries(self, run_id: str) -> list[MetricSummary]:
        self._before_points()
        return [
            MetricSummary(Point(key, decode_value(value, kind), timestamp, step), *rest)
            for key, value, kind, timestamp, step, *rest in self._session.execute(
                "SELECT k.name, l.value, l.kind, l.timestamp, l.step, l.points, l.value_min, "
                "l.value_max FROM runs r JOIN latest l USING (run_id) JOIN keys k USING (key_id) "
                "WHERE r.uuid = :uuid AND r.workspace_id = :workspace_id ORDER BY k.name",
                {"uuid": run_id, "workspace_id": self._workspace_id},
            )
        ]

    def series_states(self, names: Sequence[SeriesName]) -> list[SeriesState]:
        return self._chart_reader(names).states()

    def each_series(
        self,
        names: Sequence[SeriesName],
        step_min: int | None = None,
        step_max: int | None = None,
    ) -> Iterator[tuple[int, Series]]:
        return self._chart_reader(names).each_series(step_min, step_max)

    def log_end(self) -> int:
        return chart_reads.log_end(self._whole_session())

    def points_since(self, position: int, names: Sequence[SeriesName], limit: int) -> Tail | None:
        reader = self._chart_reader(names)
        return reader.points_since(position, limit, chart_reads.log_end(self._session))

    def run_columns(self, search: RunSearch, columns: Sequence[RunColumn]) -> RunTable:
        query = searches.run_query(
            search, self._workspace_id, self._key_ids(searches.run_keys(search))
        )
        # What the rows are sorted by would cost more to fetch than the ids.
        page = query.page(search.limit, None).with_only_columns(query.id_column)
        session = self._whole_session()
        ids = [row[0] for row in session.select(page)]
        return column_reads.run_table(session, ids, columns, self._key_ids)

    def key_summaries(self, experiment_ids: Sequence[int], view: ViewType) -> list[KeySummary]:
        keys = column_reads.KeyReader(self._whole_session(), self._workspace_id)
        return keys.summaries(experiment_ids, view)

    def _chart_reader(self, names: Sequence[SeriesName]) -> ChartReader:
        session = self._whole_session()
        return ChartReader(session, self._quarantine, self._workspace_id, names)

    def _whole_session(self) -> Session:
        """The session, when everything that this reader should see is in the tables."""
        return self._session

    def run_counts(self) -> list[RunCount]:
        # The workspace by its experiments: then an index has all that is asked for.
        rows = self._whole_session().execute(
            "SELECT experiment_id, stage, COUNT(*), MAX(start_ms) FROM runs WHERE experiment_id IN "
            "(SELECT experiment_id FROM experiments WHERE workspace_id = :workspace_id) "
            "GROUP BY experiment_id, stage",
            {"workspace_id": self._workspace_id},
        )
        return questions.sum_counts((row[0], Stage(row[1]), row[2], row[3]) for row in rows)

    def dataset_summaries(self, experiment_ids: Sequence[int]) -> list[DatasetSummary]:
        wanted = ",".join(str(int(i)) for i in [*experiment_ids, -1])
        rows = self._session.execute(
            "SELECT DISTINCT d.experiment_id, d.name, d.digest, i.context "
            "FROM datasets d JOIN dataset_inputs i USING (dataset_id) "
            f"WHERE d.workspace_id = :workspace_id AND d.experiment_id IN ({wanted}) "
            "ORDER BY 1, 2, 3, 4 NULLS FIRST LIMIT :limit",
            {"workspace_id": self._workspace_id, "limit": MAX_SUMMARIES},
        )
        return [DatasetSummary(*row) for row in rows]

    def _points(self, run_id: str, key: str) -> PointReader | None:
        self._before_points()
        row = self._run_row(run_id)
        key_id = self._key_ids([key]).get(key)
        if row is None or key_id is None:
            return None
        return PointReader(self._session, self._quarantine, row[0], key_id, key)

    def _run_row(self, run_id: str) -> Row | None:
        rows = self._session.execute(
            f"SELECT {RUN_COLUMNS} FROM runs WHERE uuid = :uuid AND workspace_id = :workspace_id",
            {"uuid": run_id, "workspace_id": self._workspace_id},
        )
        return rows[0] if rows else None

    def _whole_runs(self, rows: Sequence[Row]) -> list[Run]:
        ids = [row[0] for row in rows]
        latest = self._latest(ids)
        params = self._interned_texts("params", ids)
        tags = self._interned_texts("tags", ids)
        datasets = self._dataset_inputs(ids)
        model_inputs = self._grouped("model_inputs", "run_id", "model_uuid", "input_id", ids)
        outputs = self._grouped("model_outputs", "run_id", "model_uuid, step", "output_id", ids)
        return [
            Run(
                run_info_of(row),
                metrics=tuple(latest[row[0]]),
                params=tuple(Param(key, value) for key, value in params[row[0]]),
                tags=tuple(Tag(key, value) for key, value in tags[row[0]]),
                dataset_inputs=tuple(datasets[row[0]]),
                model_inputs=tuple(model_id for (model_id,) in model_inputs[row[0]]),
                model_outputs=tuple(ModelOutput(*output) for output in outputs[row[0]]),
            )
            for row in rows
        ]

    def _latest(self, ids: Sequence[int]) -> dict[int, list[Point]]:
        found: dict[int, list[Point]] = defaultdict(list)
        for wanted in chunks(ids):
            for run_id, key, value, kind, timestamp, step in self._session.execute(
                "SELECT l.run_id, k.name, l.value, l.kind, l.timestamp, l.step "
                f"FROM latest l JOIN keys k USING (key_id) WHERE l.run_id IN ({wanted}) "
                "ORDER BY l.run_id, k.name"
            ):
                found[run_id].append(Point(key, decode_value(value, kind), timestamp, step))
        return found

    def _interned_texts(self, table: str, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for wanted in chunks(ids):
            for run_id, key, value in self._session.execute(
                f"SELECT t.run_id, k.name, t.value FROM {table} t JOIN keys k USING (key_id) "
                f"WHERE t.run_id IN ({wanted}) ORDER BY t.run_id, k.name"
            ):
                found[run_id].append((key, value))
        return found

    def _dataset_inputs(self, ids: Sequence[int]) -> dict[int, list[DatasetInput]]:
        found: dict[int, list[DatasetInput]] = defaultdict(list)
        for wanted in chunks(ids):
            for run_id, tags, *dataset in self._session.execute(
                "SELECT i.run_id, i.tags, d.name, d.digest, d.source_type, d.source, d.schema, "
                "d.profile FROM dataset_inputs i JOIN datasets d USING (dataset_id) "
                f"WHERE i.run_id IN ({wanted}) ORDER BY i.input_id"
            ):
                kept = tuple(Tag(key, value) for key, value in sorted(json.loads(tags).items()))
                found[run_id].append(DatasetInput(Dataset(*dataset), kept))
        return found

    # logged models

    def model(self, model_id: str) -> LoggedModel | None:
        row = self._model_row(model_id)
        return None if row is None else self._whole_models([row])[0]

    def has_model(self, model_id: str) -> bool:
        return self._model_row(model_id) is not None

    def search_models(self, search: ModelSearch) -> Page[LoggedModel]:
        query = searches.model_query(search, self._workspace_id)
        ids, token = self._page_of_ids(query, search.limit, search.page_token)
        rows = self._by_ids(_MODEL_COLUMNS, "models", "model_id", ids)
        return Page(self._whole_models([rows[model_id] for model_id in ids]), token)

    def _model_row(self, model_id: str) -> Row | None:
        rows = self._session.execute(
            f"SELECT {_MODEL_COLUMNS} FROM models "
            "WHERE uuid = :uuid AND workspace_id = :workspace_id",
            {"uuid": model_id, "workspace_id": self._workspace_id},
        )
        return rows[0] if rows else None

    def _whole_models(self, rows: Sequence[Row]) -> list[LoggedModel]:
        ids = [row[0] for row in rows]
        params = self._texts("model_params", "model_id", ids)
        tags = self._texts("model_tags", "model_id", ids)
        measured = self._model_metrics(ids)
        return [
            LoggedModel(
                model_id=row[1],
                experiment_id=row[2],
                name=row[3],
                artifact_uri=row[4],
                creation_ms=row[5],
                last_update_ms=row[6],
                status=ModelStatus[f"LOGGED_MODEL_{row[7]}"],
                stage=Stage(row[8]),
                model_type=row[9],
                source_run_id=row[10],
                tags=tuple(Tag(key, value) for key, value in tags[row[0]]),
                params=tuple(Param(key, value) for key, value in params[row[0]]),
                metrics=tuple(questions.distinct_model_points(measured[row[0]])),
            )
            for row in rows
        ]

    def _model_metrics(self, ids: Sequence[int]) -> dict[int, list[RunPoint]]:
        found: dict[int, list[RunPoint]] = defaultdict(list)
        for wanted in chunks(ids):
            for (
                model_id,
                uuid,
                run,
                key,
                step,
                time,
                value,
                kind,
                name,
                digest,
            ) in self._session.execute(
                "SELECT m.model_id, m.uuid, p.run_uuid, p.key, p.step, p.timestamp, p.value, "
                "p.kind, p.dataset_name, p.dataset_digest "
                "FROM models m JOIN model_metrics p ON p.model_uuid = m.uuid "
                f"WHERE m.model_id IN ({wanted}) ORDER BY p.metric_id"
            ):
                point = Point(key, decode_value(value, kind), time, step, uuid, name, digest)
                found[model_id].append(RunPoint(run, point))
        return found

    # shared

    def _key_ids(self, names: Sequence[str]) -> dict[str, int]:
        """The ids of those of these keys that anything was ever logged under."""
        found = {}
        for name in set(names):
            for (key_id,) in self._session.execute(
                "SELECT key_id FROM keys WHERE workspace_id = :workspace_id AND name = :name",
                {"workspace_id": self._workspace_id, "name": name},
            ):
                found[name] = key_id
        return found


def run_info_of(row: Row) -> RunInfo:
    """The record in a row of ``RUN_COLUMNS``."""
    return RunInfo(
        run_id=row[1],
        experiment_id=row[2],
        name=row[3],
        status=RunStatus[row[4]],
        stage=Stage(row[5]),
        start_ms=row[6],
        end_ms=row[7],
        deleted_ms=row[8],
        user_id=row[9],
        artifact_uri=row[10],
    )
