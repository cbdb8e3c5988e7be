"""The bin, and removing from it for good, in a SQL engine."""

from collections.abc import Sequence

from millpond.store.retention import Binned, PurgedFiles, spellings
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.session import Session
from millpond.store.sql.writer_memory import WriterMemory

# Whatever a run's row number stands in, but for two. Rows of the log stay until a compaction finds
# nothing to move them to: only a compaction may change where the log ends. And the run stays
# unsettled, so that it is taken out of the columns by the next settling, and till then no search
# believes them.
_OF_RUNS = (
    "params", "tags", "latest", "dataset_inputs", "model_inputs", "model_outputs",
)  # fmt: skip
_BINNED = {
    "runs": "deleted_ms",
    "models": "last_update_ms",
}


class SqlRetentionReader:
    """See ``retention.RetentionReader``."""

    _session: Session
    _workspace_id: int

    def binned_runs(
        self, before_ms: int, limit: int, after: Binned | None = None
    ) -> Sequence[Binned]:
        return self._binned("runs", before_ms, limit, after)

    def binned_models(
        self, before_ms: int, limit: int, after: Binned | None = None
    ) -> Sequence[Binned]:
        return self._binned("models", before_ms, limit, after)

    def is_needed(self, owner_id: str, artifact_uri: str) -> bool:
        parameters = {"owner_id": owner_id}
        conditions = ["run_uuid = :owner_id", "model_uuid = :owner_id"]
        for number, place in enumerate(spellings(artifact_uri)):
            # "0" comes right behind "/": every address below the place is between the two.
            parameters |= {
                f"place{number}": place,
                f"below{number}": f"{place}/",
                f"behind{number}": f"{place}0",
            }
            for column in ("source", "storage_location"):
                conditions += [
                    f"{column} = :place{number}",
                    f"{column} >= :below{number} AND {column} < :behind{number}",
                ]
        # One after another: each has an index, while OR would look at every version. So would the
        # workspace, and addresses with these ids are of no other one.
        selects = " UNION ALL ".join(
            f"SELECT 1 FROM model_versions WHERE {condition}" for condition in conditions
        )
        return bool(self._session.execute(f"{selects} LIMIT 1", parameters))

    def purged_files(self, now_ms: int, limit: int) -> Sequence[PurgedFiles]:
        rows = self._session.execute(
            "SELECT entry_id, owner_uuid, artifact_uri FROM purged_files "
            "WHERE workspace_id = :workspace_id AND next_ms <= :now_ms "
            "ORDER BY entry_id LIMIT :limit",
            {"workspace_id": self._workspace_id, "now_ms": now_ms, "limit": limit},
        )
        return [PurgedFiles(*row) for row in rows]

    def _binned(
        self, table: str, before_ms: int, limit: int, after: Binned | None
    ) -> Sequence[Binned]:
        since = _BINNED[table]
        behind = "" if after is None else f"AND ({since}, uuid) > (:since_ms, :owner_id) "
        parameters: dict[str, int | str] = {
            "workspace_id": self._workspace_id,
            "before_ms": before_ms,
            "limit": limit,
        }
        if after is not None:
            parameters |= {"since_ms": after.since_ms, "owner_id": after.owner_id}
        rows = self._session.execute(
            f"SELECT {since}, uuid, artifact_uri FROM {table} "
            f"WHERE workspace_id = :workspace_id AND stage = 'deleted' AND {since} <= :before_ms "
            f"{behind}ORDER BY {since}, uuid LIMIT :limit",
            parameters,
        )
        return [Binned(*row) for row in rows]


class SqlRetentionWriter(SqlRetentionReader):
    """See ``retention.RetentionWriter``."""

    _memory: WriterMemory
    _quarantine: Quarantine

    def purge_run(self, run_id: str, before_ms: int) -> bool:
        # Points that are still held back would come to the tables after their run has left.
        self._whole_session()
        row_id = self._purge("runs", "run_id", run_id, before_ms)
        if row_id is None:
            return False
        of_run = {"run_id": row_id}
        self._unsettle(row_id)
        for table in _OF_RUNS:
            self._session.change(f"DELETE FROM {table} WHERE run_id = :run_id", of_run)
        gone = self._session.change_returning(
            "DELETE FROM segments WHERE run_id = :run_id RETURNING segment_id", of_run
        )
        self._quarantine.forget([row[0] for row in gone])
        self._session.change(
            "DELETE FROM model_metrics WHERE run_uuid = :uuid AND workspace_id = :workspace_id",
            {"uuid": run_id, "workspace_id": self._workspace_id},
        )
        # A new run with this number would inherit what a log or a column still says of it.
        self._session.change(
            "UPDATE counters SET value = :run_id WHERE name = 'run' AND value < :run_id", of_run
        )
        self._memory.runs.pop((self._workspace_id, run_id), None)
        return True

    def purge_model(self, model_id: str, before_ms: int) -> bool:
        row_id = self._purge("models", "model_id", model_id, before_ms)
        if row_id is None:
            return False
        for table in ("model_params", "model_tags"):
            self._session.change(
                f"DELETE FROM {table} WHERE model_id = :model_id", {"model_id": row_id}
            )
        self._session.change(
            "DELETE FROM model_metrics WHERE model_uuid = :uuid AND workspace_id = :workspace_id",
            {"uuid": model_id, "workspace_id": self._workspace_id},
        )
        return True

    def hold_purged_files(self, number: int, until_ms: int) -> None:
        self._session.change(
            "UPDATE purged_files SET next_ms = :until_ms WHERE entry_id = :number",
            {"number": number, "until_ms": until_ms},
        )

    def forget_purged_files(self, number: int) -> bool:
        changed = self._session.change(
            "DELETE FROM purged_files WHERE entry_id = :number", {"number": number}
        )
        return changed > 0

    def _purge(self, table: str, key: str, owner_id: str, before_ms: int) -> int | None:
        """Remove the row itself if it may go, and note its files; its number, None if it stays."""
        owner = {"uuid": owner_id, "workspace_id": self._workspace_id}
        rows = self._session.execute(
            f"SELECT {key}, artifact_uri FROM {table} WHERE uuid = :uuid "
            "AND workspace_id = :workspace_id AND stage = 'deleted' "
            f"AND {_BINNED[table]} <= :before_ms",
            {**owner, "before_ms": before_ms},
        )
        if not rows or self.is_needed(owner_id, rows[0][1]):
            return None
        row_id, artifact_uri = rows[0]
        # Whoever is just adding to it has it locked, and what that adds is here before the rest.
        self._session.change(f"DELETE FROM {table} WHERE {key} = :row_id", {"row_id": row_id})
        self._session.change(
            "INSERT INTO purged_files (workspace_id, owner_uuid, artifact_uri, next_ms) "
            "VALUES (:workspace_id, :uuid, :artifact_uri, 0)",
            {**owner, "artifact_uri": artifact_uri},
        )
        return int(row_id)

    def _whole_session(self) -> Session:
        raise NotImplementedError

    def _unsettle(self, row_id: int) -> None:
        raise NotImplementedError
