"""Metrics: steps, histories, batches, odd values, async logging, system metrics."""

import math
import time

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

MAX_DOUBLE = 1.7976931348623157e308


def history(client, run_id, key):
    return [(m.step, m.value) for m in client.get_metric_history(run_id, key)]


def test_each_step_is_kept_and_the_last_is_the_runs_value(client):
    with mlflow.start_run() as run:
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"loss": 0.01, "acc": 0.5}, step=20)
        mlflow.log_metric("größe/日本", 7)
    assert history(client, run.info.run_id, "loss") == [
        *((step, 1 / (step + 1)) for step in range(20)),
        (20, 0.01),
    ]
    assert client.get_run(run.info.run_id).data.metrics == {
        "loss": 0.01,
        "acc": 0.5,
        "größe/日本": 7,
    }
    assert client.get_metric_history(run.info.run_id, "unknown") == []


def test_the_greatest_step_wins_however_late_it_comes(client, run_id):
    client.log_metric(run_id, "m", 5, timestamp=1000, step=5)
    client.log_metric(run_id, "m", 1, timestamp=2000, step=-3)
    client.log_metric(run_id, "m", 4, timestamp=3000, step=4)
    assert client.get_run(run_id).data.metrics == {"m": 5}
    client.log_metric(run_id, "m", 6, timestamp=1001, step=5)
    assert client.get_run(run_id).data.metrics == {"m": 6}
    assert history(client, run_id, "m") == [(5, 5), (5, 6), (-3, 1), (4, 4)]  # by time


def test_steps_may_be_negative_and_as_large_as_int64(client, run_id):
    steps = [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1]
    for timestamp, step in enumerate(steps):
        client.log_metric(run_id, "m", timestamp, timestamp=timestamp, step=step)
    assert history(client, run_id, "m") == [(step, value) for value, step in enumerate(steps)]


def test_nan_and_infinities_are_kept(client):
    with mlflow.start_run() as run:
        for step, value in enumerate([math.nan, math.inf, -math.inf, 0.1, 1e-320, -0.0]):
            mlflow.log_metric("odd", value, step=step)
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "ninf": -math.inf})
    values = [value for _, value in history(client, run.info.run_id, "odd")]
    assert math.isnan(values[0])
    # Infinities are answered as the largest double, as MLflow's own server answers them.
    assert values[1:] == [MAX_DOUBLE, -MAX_DOUBLE, 0.1, 1e-320, 0.0]
    latest = client.get_run(run.info.run_id).data.metrics
    assert math.isnan(latest["nan"])
    assert (latest["inf"], latest["ninf"]) == (MAX_DOUBLE, -MAX_DOUBLE)


def test_a_thousand_metrics_and_more_go_in_batches(client, run_id):
    metrics = [Metric(f"m{n % 100}", n / 7, 1000 + n, n) for n in range(2500)]
    for start in range(0, 2500, 1000):
        client.log_batch(run_id, metrics=metrics[start : start + 1000])
    assert history(client, run_id, "m7") == [(n, n / 7) for n in range(7, 2500, 100)]
    assert client.get_run(run_id).data.metrics["m99"] == 2499 / 7
    # The same points once more are not kept twice.
    client.log_batch(run_id, metrics=metrics[:1000])
    assert len(history(client, run_id, "m7")) == 25


def test_a_mixed_batch_is_kept_whole(client, run_id):
    client.log_batch(
        run_id,
        metrics=[Metric(f"m{n}", n, 0, 0) for n in range(800)],
        params=[Param(f"p{n}", "v") for n in range(100)],
        tags=[RunTag(f"t{n}", "v") for n in range(100)],
    )
    data = client.get_run(run_id).data
    assert (len(data.metrics), len(data.params)) == (800, 100)
    assert sum(key.startswith("t") for key in data.tags) == 100


def test_a_history_of_more_than_a_page_is_read_whole(client, run_id):
    count = 26_000  # the client asks for 25,000 a page
    for start in range(0, count, 1000):
        client.log_batch(
            run_id, metrics=[Metric("long", n * 0.5, n, n) for n in range(start, start + 1000)]
        )
    assert history(client, run_id, "long") == [(n, n * 0.5) for n in range(count)]


def test_a_bad_point_is_refused_with_all_of_its_batch(client, run_id):
    good, bad = Metric("good", 1, 0, 0), Metric("bad", 1, -1, 0)
    with pytest.raises(MlflowException, match="timestamp") as refused:
        client.log_metric(run_id, "bad", 1, timestamp=-1)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException, match="timestamp"):
        client.log_batch(run_id, metrics=[good, bad], params=[Param("p", "1")])
    data = client.get_run(run_id).data
    assert (data.metrics, data.params) == ({}, {})


def test_async_logging_loses_nothing(client):
    with mlflow.start_run() as run:
        for step in range(300):
            mlflow.log_metric("async", step, step=step, synchronous=False)
        waits = [
            mlflow.log_params({"a": 1, "b": 2}, synchronous=False),
            mlflow.set_tags({"t": "1"}, synchronous=False),
            mlflow.log_metrics({"x": 1.0, "y": 2.0}, step=3, synchronous=False),
            mlflow.log_param("c", 3, synchronous=False),
            mlflow.set_tag("u", 2, synchronous=False),
        ]
        for wait in waits:
            wait.wait()
        mlflow.flush_async_logging()
    assert history(client, run.info.run_id, "async") == [(n, n) for n in range(300)]
    data = client.get_run(run.info.run_id).data
    assert data.params == {"a": "1", "b": "2", "c": "3"}
    assert (data.metrics["x"], data.metrics["y"]) == (1, 2)
    assert (data.tags["t"], data.tags["u"]) == ("1", "2")


def test_async_logging_can_be_the_way_of_all_logging(client):
    mlflow.config.enable_async_logging(True)
    try:
        with mlflow.start_run() as run:
            for step in range(50):
                mlflow.log_metric("m", step, step=step)
            mlflow.log_param("p", 1)
    finally:
        mlflow.config.enable_async_logging(False)
    mlflow.flush_async_logging()
    assert len(history(client, run.info.run_id, "m")) == 50
    assert client.get_run(run.info.run_id).data.params == {"p": "1"}


def test_system_metrics_are_logged_beside_the_run(client):
    mlflow.set_system_metrics_sampling_interval(0.1)
    mlflow.set_system_metrics_samples_before_logging(2)
    with mlflow.start_run(log_system_metrics=True) as run:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            mlflow.log_metric("work", 1)
            metrics = client.get_run(run.info.run_id).data.metrics
            if sum(name.startswith("system/") for name in metrics) > 3:
                break
            time.sleep(0.2)
    metrics = client.get_run(run.info.run_id).data.metrics
    assert "system/cpu_utilization_percentage" in metrics
    assert client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")
