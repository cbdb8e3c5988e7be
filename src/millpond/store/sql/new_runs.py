"""New runs on their way to the tables: gathered from many requests, written together."""

from collections.abc import Sequence

from msgspec import Struct

from millpond.domain.experiments import Tag
from millpond.store.sql.writer_memory import RunRow


class NewRun(Struct, frozen=True):
    """tags: each with the id of its key, no key twice."""

    workspace_id: int
    row: RunRow
    tags: Sequence[tuple[int, Tag]]

    @property
    def place(self) -> tuple[int, str]:
        """Workspace id and run id, by which writers remember it."""
        return self.workspace_id, self.row.info.run_id


class NewRuns:
    """The runs of one commit that are not in the tables yet.

    An action that only makes a run needs no statement of its own, and no savepoint: taking it back
    is forgetting it here. What earlier actions brought is written before anything that could be
    undone.
    """

    def __init__(self) -> None:
        self._waiting: list[NewRun] = []
        # Where those of the action that runs now begin.
        self._mark = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def begin_action(self) -> None:
        self._mark = len(self._waiting)

    def undo_action(self) -> list[NewRun]:
        """Forget the runs of this action that still wait, and say which they are."""
        self._waiting, undone = self._waiting[: self._mark], self._waiting[self._mark :]
        return undone

    def add(self, run: NewRun) -> None:
        self._waiting.append(run)

    def clear(self) -> None:
        self._waiting.clear()
        self._mark = 0

    def take_earlier(self) -> list[NewRun]:
        """Those of the actions before this one, to be written."""
        return self._take(self._mark)

    def take_all(self) -> list[NewRun]:
        return self._take(len(self._waiting))

    def _take(self, count: int) -> list[NewRun]:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._mark = 0
        return taken
