"""New runs on their way to SQLite's tables: gathered from many requests, written together."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from millpond.domain.experiments import Tag
from millpond.domain.filters import numeric_text
from millpond.domain.runs import RunInfo
from millpond.store.sql.transaction import UNSETTLE, SqlTransaction
from millpond.store.sql.writer_memory import RunRow

_INSERT_RUN = (
    "INSERT INTO runs (run_id, uuid, workspace_id, experiment_id, name, status, stage, start_ms,"
    " end_ms, deleted_ms, user_id, artifact_uri) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_TAG = (
    "INSERT INTO tags (run_id, key_id, value, number, workspace_id) VALUES (?, ?, ?, ?, ?)"
)


class NewRuns:
    """Runs of one commit that are not in the tables yet.

    An action that only makes a run needs no statement of its own, and no savepoint: taking it back
    is forgetting it here. Whatever an action asks of the tables, those runs are there first.
    """

    def __init__(self, next_row_id: int) -> None:
        """next_row_id: greater than that of any run there is."""
        self._next_row_id = next_row_id
        self._waiting: list[tuple[int, RunRow, Sequence[tuple[int, Tag]]]] = []
        # Where those of the action that runs now begin.
        self._mark = 0

    def take_row_id(self) -> int:
        """An id that no run has; that of an undone run is not given again."""
        self._next_row_id += 1
        return self._next_row_id - 1

    def add(self, workspace_id: int, run: RunRow, tags: Sequence[tuple[int, Tag]]) -> None:
        """tags: each with the id of its key, no key twice."""
        self._waiting.append((workspace_id, run, tags))

    def begin_action(self) -> None:
        self._mark = len(self._waiting)

    def undo_action(self) -> None:
        """Forget what this action has brought and is not in the tables yet."""
        del self._waiting[self._mark :]

    def clear(self) -> None:
        self._waiting.clear()
        self._mark = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def write_earlier(self, cursor: sqlite3.Cursor) -> None:
        """Write those of the actions before this one, which stay if it is undone."""
        earlier, self._waiting = self._waiting[: self._mark], self._waiting[self._mark :]
        self._mark = 0
        _write(cursor, earlier)

    def write_all(self, cursor: sqlite3.Cursor) -> None:
        waiting, self._waiting = self._waiting, []
        self._mark = 0
        _write(cursor, waiting)


class SqliteTransaction(SqlTransaction):
    """Adds runs by way of ``NewRuns``."""

    def __init__(self, new_runs: NewRuns, *parts: Any) -> None:
        super().__init__(*parts)
        self._new_runs = new_runs

    def add_run(self, info: RunInfo, tags: Sequence[Tag]) -> None:
        by_key = {tag.key: tag for tag in tags}
        keyed = [(self._key_id(key), tag) for key, tag in by_key.items()]
        run = RunRow(self._new_runs.take_row_id(), info)
        self._new_runs.add(self._workspace_id, run, keyed)
        self._memory.note_change(run.row_id)
        self._memory.remember_run(self._workspace_id, run)


def _write(
    cursor: sqlite3.Cursor, runs: Sequence[tuple[int, RunRow, Sequence[tuple[int, Tag]]]]
) -> None:
    if not runs:
        return
    cursor.executemany(
        _INSERT_RUN,
        [
            (
                run.row_id, run.info.run_id, workspace_id, run.info.experiment_id, run.info.name,
                run.info.status.name, run.info.stage.value, run.info.start_ms, run.info.end_ms,
                run.info.deleted_ms, run.info.user_id, run.info.artifact_uri,
            )
            for workspace_id, run, _ in runs
        ],
    )  # fmt: skip
    cursor.executemany(
        _INSERT_TAG,
        [
            (run.row_id, key_id, tag.value, numeric_text(tag.value), workspace_id)
            for workspace_id, run, tags in runs
            for key_id, tag in sorted(tags, key=_key_id_of)
        ],
    )
    cursor.executemany(UNSETTLE, [(run.row_id, workspace_id) for workspace_id, run, _ in runs])


def _key_id_of(tag: tuple[int, Tag]) -> int:
    return tag[0]
