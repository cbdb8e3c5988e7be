"""``millpond score --engine spark``: the same job on a Spark cluster."""

import os
import sys
from typing import Any

import mlflow
from pyspark.sql import SparkSession

from millpond.errors import BadRequest, InvalidParameter
from millpond.sdk.scoring.job import Format, ScoreJob, format_of
from millpond.sdk.scoring.models import resolve
from millpond.sdk.scoring.record import JobRun
from millpond.sdk.scoring.scoring import Tally


def score(
    job: ScoreJob, master: str, result_type: str, overwrite: bool = False
) -> tuple[Tally, str, str]:
    """Score a table with Spark; the counts, the model and the run.

    The output is a folder, as Spark writes it, and a job that was killed is begun anew. where is
    Spark's own SQL. result_type: what the model predicts, such as double. Raises InvalidParameter,
    BadRequest, and what Spark and the model raise.
    """
    job.check()
    ref = resolve(job.model)
    info = mlflow.models.get_model_info(ref.uri)
    run = JobRun.begin(job, ref, getattr(info, "model_id", None) or "", [], f"spark {master}")
    session = _session(master)
    try:
        tally = _score(session, job, ref.uri, _inputs(info), result_type, overwrite)
    except BaseException as error:
        run.fail(error)
        raise
    finally:
        session.stop()
    run.finish(tally)
    return tally, ref.uri, run.run_id


def _session(master: str) -> SparkSession:
    if master.startswith("local"):
        # Spark's own processes would take the first Python that they find.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("millpond score")
    session = builder.config("spark.sql.execution.arrow.pyspark.enabled", "true").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _inputs(info: Any) -> list[str] | None:
    if info.signature is None or info.signature.inputs is None:
        return None
    if info.signature.inputs.is_tensor_spec() or not info.signature.inputs.has_input_names():
        return None
    return [str(name) for name in info.signature.inputs.input_names()]


def _score(
    session: SparkSession,
    job: ScoreJob,
    uri: str,
    inputs: list[str] | None,
    result_type: str,
    overwrite: bool,
) -> Tally:
    table = _read(session, job)
    columns = list(job.features or inputs or table.columns)
    for name in columns:
        if name not in table.columns:
            raise InvalidParameter(
                f"The input has no column '{name}', which the model is given. Its columns are: "
                f"{', '.join(table.columns)}."
            )
    read_rows = table.count()
    chosen = table.where(job.where) if job.where else table
    scored_rows = chosen.count() if job.where else read_rows
    predict = mlflow.pyfunc.spark_udf(session, uri, result_type, env_manager="local")
    scored = chosen.withColumn(job.prediction, predict(*(f"`{name}`" for name in columns)))
    if job.keep is not None:
        scored = scored.select(*job.keep, job.prediction)
    writer = scored.write.mode("overwrite" if overwrite else "errorifexists")
    try:
        if format_of(job.output) is Format.CSV:
            writer.csv(job.output, header=True)
        elif format_of(job.output) is Format.JSONL:
            writer.json(job.output)
        else:
            writer.parquet(job.output)
    except Exception as error:
        if "PATH_ALREADY_EXISTS" in str(error):
            raise BadRequest(f"{job.output} is there already; --overwrite replaces it.") from None
        raise
    return Tally(read_rows, read_rows, scored_rows)


def _read(session: SparkSession, job: ScoreJob) -> Any:
    kind = "parquet"
    if any(job.source.endswith(end) for end in (".csv", ".jsonl", ".ndjson")):
        kind = "csv" if job.source.endswith(".csv") else "json"
    if kind == "csv":
        return session.read.csv(job.source, header=True, inferSchema=True)
    return session.read.json(job.source) if kind == "json" else session.read.parquet(job.source)
