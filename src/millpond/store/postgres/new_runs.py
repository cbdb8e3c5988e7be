"""Runs on their way to the tables: gathered from many requests, written by one statement."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from millpond.domain.experiments import Tag
from millpond.domain.filters import numeric_text
from millpond.store.postgres.arrays import floats, integers, integers_or_none, texts
from millpond.store.sql.writer_memory import RunRow

Place = tuple[int, str]
"""Workspace id and run id."""

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


class _NewRun(Struct, frozen=True):
    workspace_id: int
    row: RunRow
    tags: Sequence[tuple[int, Tag]]


class NewRuns:
    """The runs of one transaction that are not in the tables yet.

    A failing action takes back its own; what earlier actions brought is written before anything
    that could be undone.
    """

    def __init__(self) -> None:
        # Those of the whole transaction, written or not; and the versions of those written.
        self.rows: dict[Place, RunRow] = {}
        self.versions: dict[int, int] = {}
        self._waiting: list[_NewRun] = []
        self._mark = 0

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    def begin_action(self) -> None:
        self._mark = len(self._waiting)

    def undo_action(self) -> list[Place]:
        """Forget the runs of this action that still wait, and say which they are."""
        undone = [(new.workspace_id, new.row.info.run_id) for new in self._waiting[self._mark :]]
        self._waiting[self._mark :] = []
        for place in undone:
            self.rows.pop(place, None)
        return undone

    def add(self, workspace_id: int, row: RunRow, tags: Sequence[tuple[int, Tag]]) -> None:
        """tags: each with the id of its key, no key twice."""
        self.rows[workspace_id, row.info.run_id] = row
        self._waiting.append(_NewRun(workspace_id, row, tags))

    def clear(self) -> None:
        self.rows.clear()
        self.versions.clear()
        self._waiting.clear()
        self._mark = 0

    def write_earlier(self, session: Any) -> None:
        """Write those of the actions before this one to the tables."""
        self._write(session, self._mark)

    def write_down(self, session: Any) -> None:
        """Write all of them to the tables."""
        self._write(session, len(self._waiting))

    def values(self) -> dict[str, Any]:
        """All of them, as parameters."""
        return _values(self._waiting)

    def _write(self, session: Any, count: int) -> None:
        runs, self._waiting = self._waiting[:count], self._waiting[count:]
        self._mark = 0
        if runs:
            (version,) = session.run_raw(_WRITE, _values(runs)).fetchone()
            self.versions.update((new.row.row_id, version) for new in runs)


def _values(runs: Sequence[_NewRun]) -> dict[str, Any]:
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
