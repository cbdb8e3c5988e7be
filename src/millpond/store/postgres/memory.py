"""What a writer remembers where others write too."""

from collections.abc import Iterable

from millpond.store.sql.writer_memory import RunRow, WriterMemory


class PostgresMemory(WriterMemory):
    """Runs and experiments with their versions: a commit can tell whether they are still so.

    Names stay what they are, even when the action that brought them is undone.
    """

    def __init__(self) -> None:
        super().__init__()
        # By row id, and by experiment id.
        self.versions: dict[int, int] = {}
        self.experiment_versions: dict[int, int] = {}
        # Numbers for runs to come that no other writer has.
        self.free_run_ids: list[int] = []

    def forget(self) -> None:
        self.runs.clear()
        self.versions.clear()
        self.experiments.clear()
        self.experiment_versions.clear()

    def forget_all(self) -> None:
        self.forget()
        self.free_run_ids.clear()
        super().forget()

    def forget_runs(self, places: Iterable[tuple[int, str]]) -> None:
        for place in places:
            self.runs.pop(place, None)

    def remember_run(self, workspace_id: int, run: RunRow) -> None:
        if len(self.runs) >= self.MAX_RUNS:
            self.versions.clear()
        super().remember_run(workspace_id, run)
