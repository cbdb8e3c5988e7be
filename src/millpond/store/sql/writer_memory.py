"""What a writer remembers between requests, so that the hot path asks the database nothing."""

from millpond.domain.runs import RunInfo


class RunRow:
    """What a writer remembers of a run between requests."""

    __slots__ = ("info", "row_id")

    def __init__(self, row_id: int, info: RunInfo) -> None:
        self.row_id = row_id
        self.info = info


class WriterMemory:
    """What one writer knows without asking: it alone changes it, so it is never stale.

    After anything was undone it forgets everything, since it may know what is not so.
    """

    MAX_RUNS = 50_000

    def __init__(self) -> None:
        self.runs: dict[tuple[int, str], RunRow] = {}
        self.key_ids: dict[tuple[int, str], int] = {}
        self.context_ids: dict[tuple[int, str, str, str], int] = {}

    def forget(self) -> None:
        self.runs.clear()
        self.key_ids.clear()
        self.context_ids.clear()

    def remember_run(self, workspace_id: int, run: RunRow) -> None:
        if len(self.runs) >= self.MAX_RUNS:
            self.runs.clear()
        self.runs[workspace_id, run.info.run_id] = run
