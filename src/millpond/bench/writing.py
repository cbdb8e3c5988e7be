"""The rows that write: each loads a server, then reads back what was acknowledged."""

import json

from millpond.bench.figures import Figure, expect
from millpond.bench.filling import TIMESTAMP_MS
from millpond.bench.load import FIRST, MARK, Load, drive, post
from millpond.bench.rest import PREFIX, Rest

BATCH_KEYS = 10
BATCH_STEPS = 100


def figures_of(
    load: Load, row: str, unit: str = "requests/s", per_request: int = 1
) -> list[Figure]:
    return [
        Figure(row, "rate", unit, load.rate * per_request, is_better_high=True),
        Figure(row, "p50", "ms", load.percentile_ms(50)),
        Figure(row, "p99", "ms", load.percentile_ms(99)),
        Figure(row, "client CPU", "% of a core", load.client_cpu * 100),
    ]


def log_metric(rest: Rest, experiment: str, connections: int, seconds: float) -> list[Figure]:
    """Single metrics, each connection to a run of its own, as that many training jobs would."""
    row = f"log-metric, {connections} connection{'s' if connections > 1 else ''}"

    url = rest.url
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


def log_batch(rest: Rest, experiment: str, connections: int, seconds: float) -> list[Figure]:
    """Batches of 1000 points, ten metrics of a hundred steps each; every point is a new one."""
    size = BATCH_KEYS * BATCH_STEPS
    row = f"log-batch of {size} points, {connections} connections"
    keys = [f"metric_{n}" for n in range(BATCH_KEYS)]

    url = rest.url
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


def create_runs(rest: Rest, experiment: str, connections: int, seconds: float) -> list[Figure]:
    """Runs with a name and two tags, all in one experiment."""
    row = f"runs/create, {connections} connections"

    url = rest.url
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
    wanted = sorted(f"{n}-{FIRST + i}" for n, count in enumerate(load.counts) for i in range(count))
    expect("names of the runs", sorted(rest.run_names(experiment)), wanted)
    return figures_of(load, row)
