"""The whole sweep: a parent run for each task, and under it a child run for each candidate."""

import logging
import time
import warnings
from dataclasses import dataclass

import mlflow
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from demo.tasks import TASKS, Task
from demo.training import STEPS, load_split, train


@dataclass(frozen=True)
class Sweep:
    """What finds this sweep's runs again: its tag, and the experiment of each task."""

    tag: str
    experiments: dict[str, str]  # experiment id by task name


def configure(url: str) -> None:
    mlflow.set_tracking_uri(url)
    # The model is logged by hand, with an example; params, training metrics and plots by mlflow.
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message="Stochastic Optimizer: Maximum iterations")
    warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer column")
    # mlflow 3.17 calls scikit-learn 1.9 by a name that it still knows.
    warnings.filterwarnings("ignore", message="`y_pred` was renamed", category=FutureWarning)


def run(url: str, console: Console) -> Sweep:
    """Train every candidate of every task against the server at `url`."""
    configure(url)
    began = time.perf_counter()
    sweep = Sweep(time.strftime("%Y-%m-%d %H:%M:%S"), {})
    runs = sum(len(task.candidates) for task in TASKS)
    columns = [
        TextColumn("{task.description:<46}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=runs * STEPS)
        for task in TASKS:
            experiment = mlflow.set_experiment(f"demo/{task.name}")
            sweep.experiments[task.name] = experiment.experiment_id
            run_task(task, sweep.tag, progress, bar)
    seconds = time.perf_counter() - began
    console.print(f"Trained and logged {runs} runs under {len(TASKS)} parents in {seconds:.0f} s")
    return sweep


def run_task(task: Task, tag: str, progress: Progress, bar: TaskID) -> None:
    split = load_split(task)
    tags = {"sweep": tag, "kind": task.kind, "role": "parent"}
    with mlflow.start_run(run_name=f"{task.name} sweep", tags=tags):
        mlflow.set_tag(
            "mlflow.note.content", f"{len(task.candidates)} candidates, judged by `{task.metric}`."
        )
        mlflow.log_params({"candidates": len(task.candidates), "rows": len(split.train.target)})
        best = float("-inf")
        for number, candidate in enumerate(task.candidates):
            progress.update(bar, description=f"{task.name} {candidate.name}")
            child_tags = {**tags, "role": "candidate"}
            figures = train(task, candidate, split, child_tags, lambda: progress.advance(bar))
            best = max(best, figures[task.metric])
            mlflow.log_metric(f"best_{task.metric}", best, step=number)
