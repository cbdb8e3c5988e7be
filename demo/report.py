"""What the sweep found: the best runs, and how the best models do on rows they never saw."""

import mlflow
import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from demo.sweep import Sweep
from demo.tasks import TASKS, Task
from demo.training import judge, load_split


def best_runs(sweep: Sweep, task: Task, most: int) -> pd.DataFrame:
    """The child runs of one task, best first."""
    return mlflow.search_runs(
        experiment_ids=[sweep.experiments[task.name]],
        filter_string=f"tags.sweep = '{sweep.tag}' AND tags.role = 'candidate'",
        order_by=[f"metrics.{task.metric} DESC", "attributes.start_time ASC"],
        max_results=most,
    )


def print_best_runs(sweep: Sweep, console: Console) -> None:
    table = Table(title="Best runs, by mlflow.search_runs", title_justify="left", box=SIMPLE)
    for heading in ("task", "candidate", "validation", "run"):
        table.add_column(heading, no_wrap=True)
    for task in TASKS:
        for _, run in best_runs(sweep, task, 3).iterrows():
            figure = f"{task.score} {run[f'metrics.{task.metric}']:.4f}"
            candidate = run["tags.mlflow.runName"]
            table.add_row(task.name, candidate, figure, run["run_id"][:8])
        table.add_section()
    console.print(table)


def judge_best_models(sweep: Sweep, console: Console) -> None:
    """Load the best model of each task from the server and print how it does on new rows."""
    console.print("Best models, loaded back by mlflow.pyfunc.load_model, on rows they never saw:")
    for task in TASKS:
        best = best_runs(sweep, task, 1).iloc[0]
        held_out = load_split(task).held_out
        model = mlflow.pyfunc.load_model(f"runs:/{best['run_id']}/model")
        figures = judge(task, held_out.target, model.predict(held_out.features))
        shown = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        console.print(f"  {task.name:<13}  {shown} ({len(held_out.target)} rows)")
