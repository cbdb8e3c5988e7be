"""Dataset inputs."""

import json

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag

FRAME = pd.DataFrame({"größe": [1.5, 2.5, 3.5], "name": ["a", "b", "ç"], "y": [0, 1, 0]})


def test_a_frame_is_logged_with_its_context_schema_and_profile(client):
    data = mlflow.data.from_pandas(
        FRAME, source="https://example.com/häuser.csv", name="houses", targets="y"
    )
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"rows": "3"})
    (logged,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert {tag.key: tag.value for tag in logged.tags} == {
        "mlflow.data.context": "training",
        "rows": "3",
    }
    assert (logged.dataset.name, logged.dataset.digest) == ("houses", data.digest)
    assert logged.dataset.source_type == "http"
    assert json.loads(logged.dataset.source) == {"url": "https://example.com/häuser.csv"}
    columns = json.loads(logged.dataset.schema)["mlflow_colspec"]
    assert [column["name"] for column in columns] == ["größe", "name", "y"]
    assert json.loads(logged.dataset.profile) == {"num_rows": 3, "num_elements": 9}
    assert mlflow.data.get_source(logged).url == "https://example.com/häuser.csv"


def test_one_dataset_is_shared_by_runs_and_kept_once_in_each(client):
    data = mlflow.data.from_numpy(np.arange(6).reshape(3, 2), name="grid")
    runs = []
    for _ in range(2):
        with mlflow.start_run() as run:
            mlflow.log_input(data, context="training")
            mlflow.log_input(data, context="training")
        runs.append(run.info.run_id)
    for run_id in runs:
        assert len(client.get_run(run_id).inputs.dataset_inputs) == 1


def test_several_datasets_come_in_one_call(client, run_id):
    client.log_inputs(
        run_id,
        [
            DatasetInput(
                Dataset(name=f"d{n}", digest=str(n), source_type="local", source="{}"),
                [InputTag("mlflow.data.context", "eval")],
            )
            for n in range(5)
        ],
    )
    logged = client.get_run(run_id).inputs.dataset_inputs
    assert sorted(item.dataset.name for item in logged) == [f"d{n}" for n in range(5)]


def test_runs_are_found_by_what_they_were_trained_on(client, experiment_id):
    with mlflow.start_run() as run:
        data = mlflow.data.from_pandas(FRAME, name="häuser")
        mlflow.log_input(data, context="validation")
    client.create_run(experiment_id)
    for filter_string in (
        "datasets.name = 'häuser'",
        f"dataset.digest = '{data.digest}'",
        "datasets.context LIKE 'valid%'",
        "datasets.name = 'häuser' AND datasets.context = 'validation'",
    ):
        found = client.search_runs([experiment_id], filter_string)
        assert [run.info.run_id for run in found] == [run.info.run_id]
    assert client.search_runs([experiment_id], "datasets.context = 'training'") == []
