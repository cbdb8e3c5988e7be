"""What every scenario starts from: the client, and an experiment that is the active one."""

import re
import sys
import uuid

import mlflow
import pytest
from mlflow import MlflowClient

IS_MLFLOW3 = int(mlflow.__version__.split(".")[0]) >= 3


def pytest_collection_modifyitems(items):
    """Leave out what the client of this environment does not have yet."""
    for item in items:
        if not IS_MLFLOW3 and item.get_closest_marker("mlflow3"):
            item.add_marker(pytest.mark.skip(reason="not in MLflow 2"))


def pytest_configure(config):
    config.addinivalue_line("markers", "mlflow3: needs a client of MLflow 3")


@pytest.fixture
def client():
    return MlflowClient()


@pytest.fixture
def unique():
    """Makes a name that no other test on the same server has."""

    def make(name):
        return f"{name} {uuid.uuid4().hex[:8]}"

    return make


@pytest.fixture(autouse=True)
def experiment_id(request, unique):
    """A new experiment, active for the fluent API."""
    name = unique(re.sub(r"\W+", " ", request.node.name))
    yield mlflow.set_experiment(name).experiment_id
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture(scope="module")
def spark():
    """A Spark of this machine, where the environment has one."""
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.pyspark.python", sys.executable)
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def run_id(client, experiment_id):
    """A run of that experiment."""
    return client.create_run(experiment_id).info.run_id
