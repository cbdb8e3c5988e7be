"""What a writer remembers between requests, so that the hot path asks the database nothing."""

from millpond.domain.experiments import Experiment
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
    MAX_EXPERIMENTS = 1_000
    MAX_CHANGED = 1_000_000

    def __init__(self) -> None:
        self.runs: dict[tuple[int, str], RunRow] = {}
        self.experiments: dict[tuple[int, int], Experiment] = {}
        self.key_ids: dict[tuple[int, str], int] = {}
        self.context_ids: dict[tuple[int, str, str, str], int] = {}
        # By row id: runs that are known to be unsettled; those that changed since somebody asked,
        # and None if these are too many to name. What was undone may be among them.
        self.unsettled: set[int] = set()
        self._changed: set[int] | None = set()

    def remember_experiment(self, workspace_id: int, experiment: Experiment) -> None:
        if len(self.experiments) >= self.MAX_EXPERIMENTS:
            self.experiments.clear()
        self.experiments[workspace_id, experiment.experiment_id] = experiment

    def forget_experiment(self, workspace_id: int, experiment_id: int) -> None:
        self.experiments.pop((workspace_id, experiment_id), None)

    def note_change(self, row_id: int) -> bool:
        """Note that a run changes; whether it must be told to be unsettled."""
        if self._changed is not None:
            self._changed.add(row_id)
            if len(self._changed) > self.MAX_CHANGED:
                self._changed = None
        if row_id in self.unsettled:
            return False
        if len(self.unsettled) >= self.MAX_RUNS:
            self.unsettled.clear()
        self.unsettled.add(row_id)
        return True

    def note_changes_of_many(self) -> None:
        self._changed = None

    def take_changed(self) -> set[int] | None:
        """The runs that changed since this was asked last, None if any may have."""
        changed, self._changed = self._changed, set()
        return changed

    def forget(self) -> None:
        self.unsettled.clear()
        self.runs.clear()
        self.experiments.clear()
        self.key_ids.clear()
        self.context_ids.clear()

    def remember_run(self, workspace_id: int, run: RunRow) -> None:
        if len(self.runs) >= self.MAX_RUNS:
            self.runs.clear()
        self.runs[workspace_id, run.info.run_id] = run
