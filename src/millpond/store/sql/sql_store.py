"""What a store on any SQL engine is besides its connections: a writer, and names of workspaces."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from millpond.store import questions
from millpond.store.contract import Transaction
from millpond.store.group_commit import GroupCommit
from millpond.store.pending import Pending
from millpond.store.sql.quarantine import Quarantine

T = TypeVar("T")


class SqlStore:
    """See ``contract.Store``. The engine sets the parts when it has opened the database."""

    _workspace_ids: Mapping[str, int]
    _quarantine: Quarantine
    _writer: GroupCommit

    def write(
        self, workspace: str, action: Callable[[Transaction], T], size_bytes: int = 0
    ) -> Pending[T]:
        self._workspace_id(workspace)
        return self._writer.submit(workspace, action, size_bytes)

    def write_here(self, workspace: str, action: Callable[[Transaction], T]) -> Pending[T] | None:
        self._workspace_id(workspace)
        return self._writer.perform_here(workspace, action)

    def workspaces(self) -> list[str]:
        return sorted(self._workspace_ids)

    def statistics(self) -> Mapping[str, Any]:
        return {
            "writes_total": self._writer.writes,
            "commits_total": self._writer.commits,
            "queued_bytes": self._writer.queued_bytes,
            "damaged_segments": len(self._quarantine),
            "database_bytes": self._size_bytes(),
        }

    def _size_bytes(self) -> int:
        """How large the database is."""
        raise NotImplementedError

    def _workspace_id(self, workspace: str) -> int:
        found = self._workspace_ids.get(workspace)
        if found is None:
            raise questions.workspace_not_found(workspace)
        return found
