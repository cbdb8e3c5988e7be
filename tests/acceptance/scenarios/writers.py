"""Many writers to one run, in threads and in processes: every value is there, once."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

WRITERS, STEPS = 12, 25


def write(run_id, writer):
    """One writer's share: points under one key, a key of its own, params, tags, batches."""
    client = MlflowClient()
    for n in range(STEPS):
        step = writer * STEPS + n
        client.log_metric(run_id, "shared", step, step=step)
        client.log_batch(
            run_id,
            metrics=[Metric(f"own {writer}", n, n, n), Metric("batched", step, 0, step)],
            params=[Param(f"p {writer} {n}", str(n))],
            tags=[RunTag("last writer", str(writer)), RunTag(f"t {writer} {n}", "x")],
        )
        client.set_tag(run_id, "contested", f"{writer}/{n}")
    client.log_param(run_id, "agreed", "same")


def check(client, run_id, writers):
    for key in ("shared", "batched"):
        points = client.get_metric_history(run_id, key)
        assert sorted(point.step for point in points) == list(range(writers * STEPS))
        assert all(point.step == point.value for point in points)
    data = client.get_run(run_id).data
    assert data.metrics["shared"] == writers * STEPS - 1
    for writer in range(writers):
        assert len(client.get_metric_history(run_id, f"own {writer}")) == STEPS
    assert len(data.params) == writers * STEPS + 1
    assert sum(key.startswith("t ") for key in data.tags) == writers * STEPS
    assert data.tags["contested"].endswith(f"/{STEPS - 1}")
    assert 0 <= int(data.tags["last writer"]) < writers


def test_threads_share_a_run(client, run_id):
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda writer: write(run_id, writer), range(WRITERS)))
    check(client, run_id, WRITERS)


def test_processes_share_a_run(client, run_id):
    processes = [
        multiprocessing.get_context("fork").Process(target=write, args=(run_id, writer))
        for writer in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    check(client, run_id, 4)


def test_threads_may_set_one_tag_and_agree_on_one_param(client, run_id):
    def agree(n):
        MlflowClient().set_tag(run_id, "same", str(n))
        MlflowClient().log_param(run_id, "same", "value")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(agree, range(48)))
    data = client.get_run(run_id).data
    assert data.params == {"same": "value"}
    assert int(data.tags["same"]) < 48


def test_runs_are_made_side_by_side(client, experiment_id):
    def make(n):
        with mlflow.start_run(experiment_id=experiment_id, run_name=f"r{n}"):
            mlflow.log_metric("n", n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(40)))
    runs = client.search_runs([experiment_id], order_by=["metrics.n ASC"])
    assert [run.info.run_name for run in runs] == [f"r{n}" for n in range(40)]
    assert {run.info.status for run in runs} == {"FINISHED"}
