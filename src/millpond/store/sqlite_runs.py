"""New runs on their way to SQLite's tables."""

import sqlite3
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from millpond.domain.experiments import Tag
from millpond.domain.filters import numeric_text
from millpond.domain.runs import RunInfo
from millpond.store.sql.new_runs import NewRun, NewRuns
from millpond.store.sql.transaction import UNSETTLE, SqlTransaction
from millpond.store.sql.writer_memory import RunRow

_INSERT_RUN = (
    "INSERT INTO runs (run_id, uuid, workspace_id, experiment_id, name, status, stage, start_ms,"
    " end_ms, deleted_ms, user_id, artifact_uri) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_TAG = (
    "INSERT INTO tags (run_id, key_id, value, number, workspace_id) VALUES (?, ?, ?, ?, ?)"
)


class SqliteNewRuns(NewRuns):
    """Gives runs their row ids too: nobody else makes any."""

    def __init__(self, next_row_id: int) -> None:
        """next_row_id: greater than that of any run there is."""
        super().__init__()
        self._next_row_id = next_row_id

    def take_row_id(self) -> int:
        """An id that no run has; that of an undone run is not given again."""
        self._next_row_id += 1
        return self._next_row_id - 1

    def write_earlier(self, cursor: sqlite3.Cursor) -> None:
        """Write those of the actions before this one, which stay if it is undone."""
        _write(cursor, self.take_earlier())

    def write_all(self, cursor: sqlite3.Cursor) -> None:
        _write(cursor, self.take_all())


class SqliteTransaction(SqlTransaction):
    """Adds runs by way of ``SqliteNewRuns``."""

    def __init__(self, new_runs: SqliteNewRuns, *parts: Any) -> None:
        super().__init__(*parts)
        self._new_runs = new_runs

    def add_run(self, info: RunInfo, tags: Sequence[Tag]) -> None:
        by_key = {tag.key: tag for tag in tags}
        keyed = [(self._key_id(key), tag) for key, tag in by_key.items()]
        run = RunRow(self._new_runs.take_row_id(), info)
        self._new_runs.add(NewRun(self._workspace_id, run, keyed))
        self._memory.note_change(run.row_id)
        self._memory.remember_run(self._workspace_id, run)


def _write(cursor: sqlite3.Cursor, runs: Sequence[NewRun]) -> None:
    if not runs:
        return
    cursor.executemany(
        _INSERT_RUN,
        [
            (
                new.row.row_id, info.run_id, new.workspace_id, info.experiment_id, info.name,
                info.status.name, info.stage.value, info.start_ms, info.end_ms, info.deleted_ms,
                info.user_id, info.artifact_uri,
            )
            for new in runs
            for info in [new.row.info]
        ],
    )  # fmt: skip
    cursor.executemany(
        _INSERT_TAG,
        [
            (new.row.row_id, key_id, tag.value, numeric_text(tag.value), new.workspace_id)
            for new in runs
            for key_id, tag in sorted(new.tags, key=itemgetter(0))
        ],
    )
    cursor.executemany(UNSETTLE, [(new.row.row_id, new.workspace_id) for new in runs])
