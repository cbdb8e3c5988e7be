"""``millpond score`` on this machine: the model, the run, the version's lock, and the work."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from millpond.errors import MillpondError
from millpond.sdk.connection import Connection
from millpond.sdk.models import Models
from millpond.sdk.scoring.job import ScoreJob
from millpond.sdk.scoring.models import Model, ModelRef, fetch, resolve
from millpond.sdk.scoring.record import JobRun
from millpond.sdk.scoring.scoring import Scoring, Tally, Watcher
from millpond.sdk.scoring.workers import predict_all, predict_in_processes


class Scored(Tally):
    """How a job ended: its counts, the model it was, and its run."""

    model: str = ""
    run_id: str = ""


def score(
    job: ScoreJob, watch: Watcher, overwrite: bool = False, server: Connection | None = None
) -> Scored:
    """Score a table on this machine, or go on where a try before was killed.

    server: where the version is locked while it is in use, and whose tables have addresses. Raises
    InvalidParameter and BadRequest for what cannot be done, and what MLflow and the model raise.
    """
    scoring = Scoring(job, overwrite, server)
    try:
        with tempfile.TemporaryDirectory(prefix="millpond-score-") as folder:
            head = scoring.head
            ref = resolve(job.model if head is None else head.model)
            files = fetch(ref, Path(folder))
            model = Model(files)
            if head is None:
                run = JobRun.begin(job, ref, model.model_id, scoring.files, "local")
            else:
                run = JobRun.resume(head.run_id)
            try:
                with _in_use(server, ref, run.run_id):
                    tally = scoring.run(
                        ref.uri, run.run_id, model.inputs, _predictor(job, model, files), watch
                    )
            except BaseException as error:
                run.fail(error)
                raise
            run.finish(tally)
    finally:
        scoring.close()
    counts = {name: getattr(tally, name) for name in Tally.__struct_fields__}
    return Scored(**counts, model=ref.uri, run_id=run.run_id)


def _predictor(job: ScoreJob, model: Model, folder: Path) -> Any:
    def predict(questions: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
        if job.workers == 1:
            return predict_all(questions, model, job.prediction)
        return predict_in_processes(questions, folder, job.workers, job.prediction)

    return predict


@contextmanager
def _in_use(server: Connection | None, ref: ModelRef, run_id: str) -> Iterator[None]:
    """Keep the version from being deleted meanwhile; another server than ours has no locks."""
    if server is None or not ref.version:
        yield
        return
    models, holder = Models(server), f"scoring run {run_id}"
    try:
        models.lock(ref.name, ref.version, holder, "batch scoring")
    except MillpondError:
        yield
        return
    try:
        yield
    finally:
        models.unlock(ref.name, ref.version, holder)
