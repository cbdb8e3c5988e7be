"""A scoring job as a run: what it read and wrote, with which model, and how much."""

import json
import time
from collections.abc import Sequence

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from millpond.sdk.scoring.job import ScoreJob
from millpond.sdk.scoring.models import ModelRef
from millpond.sdk.scoring.places import SourceFile
from millpond.sdk.scoring.scoring import Tally

_KIND_TAG = "millpond.job"
_PARAM_LIMIT = 6_000


class JobRun:
    """The run of one job, over all its tries."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self._client = client
        self.run_id = run_id
        self._began_s = time.monotonic()

    @classmethod
    def begin(
        cls, job: ScoreJob, ref: ModelRef, model_id: str, files: Sequence[SourceFile], engine: str
    ) -> "JobRun":
        client = MlflowClient()
        experiment = client.get_experiment_by_name(job.experiment)
        if experiment is None:
            experiment_id = _create_experiment(client, job.experiment)
        else:
            experiment_id = experiment.experiment_id
        name = f"score {ref.name or ref.uri}"
        run = client.create_run(experiment_id, run_name=name, tags={_KIND_TAG: "scoring"})
        run_id = run.info.run_id
        asked = {
            "model": job.model,
            "model_uri": ref.uri,
            "input": job.source,
            "output": job.output,
            "where": job.where,
            "engine": engine,
            "workers": str(job.workers),
        }
        tags = {"model_name": ref.name, "model_version": ref.version, "model_id": model_id}
        client.log_batch(
            run_id,
            params=[Param(key, value[:_PARAM_LIMIT]) for key, value in asked.items() if value],
            tags=[RunTag(f"millpond.score.{k}", v) for k, v in tags.items() if v],
        )
        _log_input(client, run_id, job, files, model_id)
        return cls(client, run_id)

    @classmethod
    def resume(cls, run_id: str) -> "JobRun":
        client = MlflowClient()
        client.update_run(run_id, status="RUNNING")
        return cls(client, run_id)

    def finish(self, tally: Tally) -> None:
        seconds = time.monotonic() - self._began_s
        new_rows = tally.scored_rows - tally.resumed_rows
        now_ms = time.time_ns() // 1_000_000
        figures = {
            "rows_read": tally.read_rows,
            "rows_scored": tally.scored_rows,
            "rows_left_out": tally.read_rows - tally.scored_rows,
            "rows_resumed": tally.resumed_rows,
            "seconds": seconds,
            "rows_per_s": new_rows / seconds if seconds else 0.0,
        }
        metrics = [Metric(key, float(value), now_ms, 0) for key, value in figures.items()]
        self._client.log_batch(self.run_id, metrics=metrics)
        self._client.set_terminated(self.run_id, "FINISHED")

    def fail(self, error: BaseException) -> None:
        """Say why; it may be resumed all the same."""
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        words = f"{type(error).__name__}: {error}"[:_PARAM_LIMIT]
        self._client.set_tag(self.run_id, "millpond.score.error", words)
        self._client.set_terminated(self.run_id, status)


def _create_experiment(client: MlflowClient, name: str) -> str:
    try:
        return str(client.create_experiment(name))
    except MlflowException:
        # Another job was quicker.
        experiment = client.get_experiment_by_name(name)
        if experiment is None:
            raise
        return str(experiment.experiment_id)


def _log_input(
    client: MlflowClient, run_id: str, job: ScoreJob, files: Sequence[SourceFile], model_id: str
) -> None:
    source = {"uri": job.source, "files": len(files), "bytes": sum(f.size_bytes for f in files)}
    digest = f"{sum(f.size_bytes + f.modified_ns for f in files) & 0xFFFFFFFFFFFFFFFF:016x}"
    name = job.source.rstrip("/").rpartition("/")[2][:500] or job.source[:500]
    dataset = Dataset(name, digest, "uri", json.dumps(source))
    tags = [InputTag("mlflow.data.context", "scoring")]
    inputs = [DatasetInput(dataset, tags)]
    # MLflow 2 has no logged models.
    logged_model = getattr(mlflow.entities, "LoggedModelInput", None)
    if logged_model is None or not model_id:
        client.log_inputs(run_id, inputs)
    else:
        client.log_inputs(run_id, inputs, [logged_model(model_id)])
