"""From the best run to predictions: register, move an alias through a gate, score a table."""

import contextlib
import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
from mlflow.exceptions import MlflowException
from rich.console import Console

from demo.report import best_runs
from demo.server import DemoFailed
from demo.sweep import Sweep
from demo.tasks import TASKS, Task
from demo.training import SEED, load_split

ROOT = Path(__file__).parents[1]
TASK = TASKS[0]
ALIAS = "champion"
RULE = f"metrics.{TASK.metric} >= 0.9 AND metrics.{TASK.metric} >= {ALIAS}.metrics.{TASK.metric}"
ROWS = 200_000


def release(sweep: Sweep, url: str, folder: Path, console: Console) -> None:
    """Register the best and the weakest model, make one the champion, and let it predict.

    folder: where the tables go. Raises DemoFailed.
    """
    runs = best_runs(sweep, TASK, len(TASK.candidates))
    console.print(f"\nThe best and the weakest model of {TASK.name} are registered, behind a gate:")
    best, weakest = (register(runs.iloc[place]["run_id"]) for place in (0, -1))
    millpond(url, console, "model", "gate", TASK.name, ALIAS, "--set", RULE)
    promote(best, console)
    promote(weakest, console)
    table = write_table(TASK, folder / "patients.parquet")
    console.print(f"\nThe champion scores {ROWS:,} rows, without those of small radius:")
    millpond(
        url,
        console,
        "score",
        *("--model", f"models:/{TASK.name}@{ALIAS}"),
        *("--input", str(table)),
        *("--output", str(folder / "scored.parquet")),
        *("--where", "`mean radius` > 12"),
        *("--keep", "patient"),
        "--overwrite",
    )


def register(run_id: str) -> str:
    """The number of the version."""
    # It tells standard error each step.
    with contextlib.redirect_stderr(io.StringIO()):
        version = mlflow.register_model(f"runs:/{run_id}/model", TASK.name)
    return str(version.version)


def promote(version: str, console: Console) -> None:
    """Move the alias with the stock client, which knows nothing of gates."""
    try:
        mlflow.MlflowClient().set_registered_model_alias(TASK.name, ALIAS, version)
    except MlflowException as error:
        words = f"  version {version} stays behind the gate: {error.message}"
        console.print(words, highlight=False, markup=False)
    else:
        console.print(f"  version {version} is the {ALIAS} now", highlight=False)


def write_table(task: Task, path: Path) -> Path:
    """Rows like those that the model was trained with, one for each of many patients."""
    features = load_split(task).held_out.features
    dice = np.random.default_rng(SEED)
    rows = features.iloc[dice.integers(0, len(features), ROWS)].reset_index(drop=True)
    rows *= dice.normal(1.0, 0.05, rows.shape)
    rows.insert(0, "patient", [f"P{number:06}" for number in range(ROWS)])
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(path, index=False)
    return path


def millpond(url: str, console: Console, *arguments: str) -> None:
    """Run a command as a user would type it. Raises DemoFailed."""
    console.print(f"$ millpond {shlex.join(arguments)}", style="dim", highlight=False, markup=False)
    ran = subprocess.run(
        [sys.executable, "-m", "millpond", *arguments, "--server", url],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    if ran.returncode:
        raise DemoFailed(f"`millpond {arguments[0]}` ended with {ran.returncode}.")
