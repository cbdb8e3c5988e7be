"""The rows of the benchmark: each loads a server, then reads back what was acknowledged."""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.load import FIRST, MARK, Load, drive, post
from bench.rest import PREFIX, Rest

TIMESTAMP_MS = 1_700_000_000_000
BATCH_KEYS = 10
BATCH_STEPS = 100

_experiment_numbers = itertools.count(1)


class WrongAnswer(Exception):
    """The server acknowledged writes that it does not give back."""


@dataclass(frozen=True)
class Figure:
    """One measured number, and how to read it."""

    row: str
    what: str
    unit: str
    value: float
    is_better_high: bool = False


@dataclass(frozen=True)
class Row:
    """A name for the command line, and what is measured."""

    name: str
    measure: Callable[[str, float], list[Figure]]


def new_experiment(rest: Rest) -> str:
    return rest.create_experiment(f"bench {time.time_ns()} {next(_experiment_numbers)}")


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongAnswer(f"{what}: {str(found)[:200]}, but {str(wanted)[:200]} was acknowledged")


def figures_of(
    load: Load, row: str, unit: str = "requests/s", per_request: int = 1
) -> list[Figure]:
    return [
        Figure(row, "rate", unit, load.rate * per_request, is_better_high=True),
        Figure(row, "p50", "ms", load.percentile_ms(50)),
        Figure(row, "p99", "ms", load.percentile_ms(99)),
        Figure(row, "client CPU", "% of a core", load.client_cpu * 100),
    ]


def log_metric(connections: int) -> Callable[[str, float], list[Figure]]:
    """Single metrics, each connection to a run of its own, as that many training jobs would."""
    row = f"log-metric, {connections} connection{'s' if connections > 1 else ''}"

    def measure(url: str, seconds: float) -> list[Figure]:
        rest = Rest(url)
        experiment = new_experiment(rest)
        runs = [rest.create_run(experiment, f"run {n}") for n in range(connections)]
        mark = MARK.decode()
        templates = [
            post(
                url,
                f"{PREFIX}runs/log-metric",
                f'{{"run_id": "{run}", "key": "loss", "value": {mark}, '
                f'"timestamp": {TIMESTAMP_MS}, "step": {mark}}}'.encode(),
            )
            for run in runs
        ]
        load = drive(url, templates, seconds)
        for run, count in zip(runs, load.counts, strict=True):
            steps = range(FIRST, FIRST + count)
            points = sorted((p["step"], p["value"]) for p in rest.history(run, "loss"))
            expect(f"points of run {run}", points, [(step, float(step)) for step in steps])
            expect(f"latest of run {run}", rest.latest_metrics(run), {"loss": float(steps[-1])})
        return figures_of(load, row)

    return measure


def log_batch(connections: int) -> Callable[[str, float], list[Figure]]:
    """Batches of 1000 points, ten metrics of a hundred steps each; every point is a new one."""
    size = BATCH_KEYS * BATCH_STEPS
    row = f"log-batch of {size} points, {connections} connections"
    keys = [f"metric_{n}" for n in range(BATCH_KEYS)]

    def measure(url: str, seconds: float) -> list[Figure]:
        rest = Rest(url)
        experiment = new_experiment(rest)
        runs = [rest.create_run(experiment, f"run {n}") for n in range(connections)]
        mark = MARK.decode()
        # A step is the request's number, then two digits: 100 steps that no other request has.
        points = ", ".join(
            f'{{"key": "{key}", "value": {step}.5, "timestamp": {TIMESTAMP_MS}, '
            f'"step": {mark}{step:02}}}'
            for step in range(BATCH_STEPS)
            for key in keys
        )
        templates = [
            post(
                url,
                f"{PREFIX}runs/log-batch",
                f'{{"run_id": "{run}", "metrics": [{points}]}}'.encode(),
            )
            for run in runs
        ]
        load = drive(url, templates, seconds)
        for run, count in zip(runs, load.counts, strict=True):
            steps = range(FIRST * BATCH_STEPS, (FIRST + count) * BATCH_STEPS)
            wanted = [(step, step % BATCH_STEPS + 0.5) for step in steps]
            for key in (keys[0], keys[-1]):
                found = sorted((p["step"], p["value"]) for p in rest.history(run, key))
                expect(f"points of {key} in run {run}", found, wanted)
            expect(
                f"latest of run {run}",
                rest.latest_metrics(run),
                dict.fromkeys(keys, BATCH_STEPS - 1 + 0.5),
            )
        return figures_of(load, row, "points/s", size)

    return measure


def create_runs(connections: int) -> Callable[[str, float], list[Figure]]:
    """Runs with a name and two tags, all in one experiment."""
    row = f"runs/create, {connections} connections"

    def measure(url: str, seconds: float) -> list[Figure]:
        rest = Rest(url)
        experiment = new_experiment(rest)
        tags = [{"key": "mlflow.user", "value": "alice"}, {"key": "team", "value": "bench"}]
        templates = []
        for n in range(connections):
            body = {
                "experiment_id": experiment,
                "user_id": "alice",
                "run_name": f"{n}-{MARK.decode()}",
                "start_time": TIMESTAMP_MS,
                "tags": tags,
            }
            templates.append(post(url, f"{PREFIX}runs/create", json.dumps(body).encode()))
        load = drive(url, templates, seconds)
        wanted = sorted(
            f"{n}-{FIRST + i}" for n, count in enumerate(load.counts) for i in range(count)
        )
        expect("names of the runs", sorted(rest.run_names(experiment)), wanted)
        return figures_of(load, row)

    return measure


ROWS = [
    Row("log-metric-1", log_metric(1)),
    Row("log-metric-32", log_metric(32)),
    Row("log-batch", log_batch(4)),
    Row("create", create_runs(16)),
]
