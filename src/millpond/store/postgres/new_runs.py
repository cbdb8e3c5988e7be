"""New runs on their way to PostgreSQL's tables, by one statement."""

from collections.abc import Sequence
from typing import Any

from millpond.domain.filters import numeric_text
from millpond.store.postgres.arrays import floats, integers, integers_or_none, texts
from millpond.store.sql.new_runs import NewRun, NewRuns
from millpond.store.sql.writer_memory import RunRow

INSERT_RUNS = """
INSERT INTO runs (run_id, uuid, workspace_id, experiment_id, name, status, stage, start_ms,
                  end_ms, deleted_ms, user_id, artifact_uri)
SELECT rows.* FROM unnest(
  %(new_ids)s, %(new_uuids)s, %(new_workspaces)s, %(new_experiments)s, %(new_names)s,
  %(new_statuses)s, %(new_stages)s, %(new_starts)s, %(new_ends)s, %(new_deleted)s, %(new_users)s,
  %(new_places)s) AS rows {condition}
"""
INSERT_TAGS = """
INSERT INTO tags (run_id, key_id, value, number, workspace_id)
SELECT run_id, key_id, value, NULLIF(number, 'NaN'), workspace_id
FROM unnest(%(tag_runs)s, %(tag_keys)s, %(tag_values)s, %(tag_numbers)s, %(tag_workspaces)s)
  AS rows(run_id, key_id, value, number, workspace_id) {condition}
"""
_WRITE = f"""
WITH added AS ({INSERT_RUNS.format(condition="")} RETURNING xmin::text::bigint AS version),
tagged AS ({INSERT_TAGS.format(condition="")})
SELECT version FROM added LIMIT 1
"""


class PostgresNewRuns(NewRuns):
    """Knows also which runs the transaction made, and the versions of those that are written."""

    def __init__(self) -> None:
        super().__init__()
        # Those of the whole transaction, written or not, by place; and versions by row id.
        self.rows: dict[tuple[int, str], RunRow] = {}
        self.versions: dict[int, int] = {}

    def undo_action(self) -> list[NewRun]:
        undone = super().undo_action()
        for new in undone:
            self.rows.pop(new.place, None)
        return undone

    def add(self, run: NewRun) -> None:
        self.rows[run.place] = run.row
        super().add(run)

    def clear(self) -> None:
        super().clear()
        self.rows.clear()
        self.versions.clear()

    def write_earlier(self, session: Any) -> None:
        """Write those of the actions before this one to the tables."""
        self._write(session, self.take_earlier())

    def write_all(self, session: Any) -> None:
        self._write(session, self.take_all())

    def values(self) -> dict[str, Any]:
        """All of them, as parameters."""
        return _values(self._waiting)

    def _write(self, session: Any, runs: Sequence[NewRun]) -> None:
        if runs:
            (version,) = session.run_raw(_WRITE, _values(runs)).fetchone()
            self.versions.update((new.row.row_id, version) for new in runs)


def _values(runs: Sequence[NewRun]) -> dict[str, Any]:
    infos = [new.row.info for new in runs]
    tags = [(new, key_id, tag) for new in runs for key_id, tag in new.tags]
    return {
        "new_ids": integers([new.row.row_id for new in runs]),
        "new_uuids": texts(info.run_id for info in infos),
        "new_workspaces": integers([new.workspace_id for new in runs]),
        "new_experiments": integers([info.experiment_id for info in infos]),
        "new_names": texts(info.name for info in infos),
        "new_statuses": texts(info.status.name for info in infos),
        "new_stages": texts(info.stage.value for info in infos),
        "new_starts": integers([info.start_ms for info in infos]),
        "new_ends": integers_or_none([info.end_ms for info in infos]),
        "new_deleted": integers_or_none([info.deleted_ms for info in infos]),
        "new_users": texts(info.user_id for info in infos),
        "new_places": texts(info.artifact_uri for info in infos),
        "tag_runs": integers([new.row.row_id for new, _, _ in tags]),
        "tag_keys": integers([key_id for _, key_id, _ in tags]),
        "tag_values": texts(tag.value for _, _, tag in tags),
        "tag_numbers": floats([numeric_text(tag.value) for _, _, tag in tags]),
        "tag_workspaces": integers([new.workspace_id for new, _, _ in tags]),
    }
