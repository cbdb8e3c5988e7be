"""``millpond score``: a table in, predictions out."""

import importlib
import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from millpond.cli.model import Server
from millpond.errors import InvalidParameter
from millpond.sdk.connection import Connection
from millpond.sdk.scoring.job import CHUNK_ROWS, ScoreJob

app = typer.Typer()

_NEEDED = "pip install 'millpond[score]'"
_USUAL_URL = "http://127.0.0.1:5000"
_COUNTS = ("total_rows", "read_rows", "scored_rows", "resumed_rows")


ModelUri = Annotated[
    str, typer.Option("--model", help="models:/churn@champion, models:/churn/3, runs:/ID/model.")
]
Source = Annotated[
    str,
    typer.Option(
        "--input",
        help="A file or folder of parquet, CSV or JSON lines: a path, datastore://, s3:// ...",
    ),
]
Output = Annotated[str, typer.Option(help="The file to write: .parquet, .csv or .jsonl.")]
Where = Annotated[str, typer.Option(help="Which rows: \"age > 30 AND country IN ('AT', 'CH')\".")]
Workers = Annotated[int, typer.Option(min=1, help="How many processes predict.")]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        help="A column to write beside the prediction; may be given often (default: all)."
    ),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        help="A column for a model without a signature; may be given often (default: all)."
    ),
]
Prediction = Annotated[str, typer.Option(help="What the new column is called.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that is there.")]
ChunkRows = Annotated[int, typer.Option(min=1, help="How many rows are scored at a time.")]
Experiment = Annotated[str, typer.Option(help="Where the run of the job is kept.")]
Engine = Annotated[Literal["local", "spark"], typer.Option(help="This machine, or Spark.")]
Master = Annotated[str, typer.Option(help="Spark's master.")]
ResultType = Annotated[str, typer.Option(help="What the model predicts, for Spark.")]
Report = Annotated[Path | None, typer.Option(help="A file to say in, as JSON, how far the job is.")]


@app.command("score")
def run_score(
    model: ModelUri,
    source: Source,
    output: Output,
    where: Where = "",
    workers: Workers = 1,
    keep: Keep = None,
    features: Features = None,
    prediction: Prediction = "prediction",
    overwrite: Overwrite = False,
    chunk_rows: ChunkRows = CHUNK_ROWS,
    experiment: Experiment = "batch scoring",
    engine: Engine = "local",
    master: Master = "local[*]",
    result_type: ResultType = "double",
    report: Report = None,
    server: Server = None,
) -> None:
    """Score a table with a model, row by row, in constant memory.

    Killed, it goes on where it was when it is called again in the same words.
    """
    url = server or _USUAL_URL
    scorer = _load(engine, url)
    job = ScoreJob(
        model=model,
        source=source,
        output=output,
        where=where,
        features=tuple(features) if features else None,
        keep=tuple(keep) if keep else None,
        prediction=prediction,
        workers=workers,
        chunk_rows=chunk_rows,
        experiment=experiment,
    )
    if engine == "spark":
        tally, uri, run_id = scorer.score(job, master, result_type, overwrite)
    else:
        with _Bar(report) as bar, closing(Connection(url)) as connection:
            tally = scorer.score(job, bar, overwrite, connection)
            bar.finish(tally)
        uri, run_id = tally.model, tally.run_id
    typer.echo(
        f"{tally.scored_rows} of {tally.read_rows} rows scored with {uri}"
        + (f", {tally.resumed_rows} of them before" if tally.resumed_rows else "")
        + f": {output} (run {run_id})"
    )


class _Bar:
    """A bar on standard error with rows and rows a second; and a report, if one is wanted."""

    def __init__(self, report: Path | None) -> None:
        self._report = report
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} rows"),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID = self._bar.add_task("Scoring", total=None, speed="")

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, tally: Any) -> None:
        elapsed_s = self._bar.tasks[0].elapsed or 0.0
        speed = f"{tally.read_rows / elapsed_s:,.0f} rows/s" if elapsed_s else ""
        self._bar.update(self._task, total=tally.total_rows, completed=tally.read_rows, speed=speed)
        self._say(tally, is_finished=False)

    def finish(self, scored: Any) -> None:
        """Note that all is done, and which run it is."""
        self._say(scored, is_finished=True, run_id=scored.run_id, model=scored.model)

    def _say(self, tally: Any, **more: Any) -> None:
        if self._report is None:
            return
        draft = self._report.with_name(f"{self._report.name}.partial")
        counts = {name: getattr(tally, name) for name in _COUNTS}
        draft.write_text(json.dumps(counts | more))
        draft.replace(self._report)


def _load(engine: str, url: str) -> Any:
    """The module that does it, which needs libraries that a server does without."""
    # It would print the addresses of pages on standard output.
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    try:
        mlflow = importlib.import_module("mlflow")
        mlflow.set_tracking_uri(url)
        return importlib.import_module(f"millpond.sdk.scoring.{engine}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("millpond"):
            raise
        more = " and pyspark" if engine == "spark" else ""
        raise InvalidParameter(
            f"Scoring needs {error.name}, which is not installed here: {_NEEDED}{more}."
        ) from None
