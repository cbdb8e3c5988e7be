"""Logged models, which came with MLflow 3."""

import mlflow
import pandas as pd
import pytest
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.exceptions import MlflowException


def names(models):
    return [model.name for model in models]


@pytest.fixture
def fleet(client, experiment_id, run_id):
    """Four models m0 to m3 with metrics on two datasets: ids by name."""
    ids = {}
    for n in range(4):
        model = client.create_logged_model(
            experiment_id,
            name=f"m{n}",
            source_run_id=run_id,
            params={"rate": f"0.{n}", "kind": "odd" if n % 2 else "even"},
            tags={"stage": "final" if n > 1 else "draft"},
            model_type="agent" if n == 3 else "classifier",
        )
        ids[model.name] = model.model_id
        for data, digest in (("train", "1"), ("test", "2")):
            client.log_metric(
                run_id,
                "acc",
                n / 10 + (0.5 if data == "train" else 0),
                step=n,
                timestamp=1000 + n,
                model_id=model.model_id,
                dataset_name=data,
                dataset_digest=digest,
            )
        if n:
            client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    return ids


def test_a_model_is_made_finalized_tagged_and_deleted(client, experiment_id, run_id, unique):
    made = client.create_logged_model(experiment_id, name="größe", source_run_id=run_id)
    assert made.model_id.startswith("m-")
    assert made.status == LoggedModelStatus.PENDING
    assert made.artifact_location.endswith(f"models/{made.model_id}/artifacts")
    client.finalize_logged_model(made.model_id, LoggedModelStatus.FAILED)
    assert client.get_logged_model(made.model_id).status == LoggedModelStatus.FAILED
    assert client.finalize_logged_model(made.model_id, "READY").status == LoggedModelStatus.READY

    client.set_logged_model_tags(made.model_id, {"a": "1", "ü/b c": "✓"})
    client.set_logged_model_tags(made.model_id, {"a": "2"})
    client.log_model_params(made.model_id, {"rate": "0.1"})
    model = mlflow.get_logged_model(made.model_id)
    assert {key: model.tags[key] for key in ("a", "ü/b c")} == {"a": "2", "ü/b c": "✓"}
    assert model.params == {"rate": "0.1"}
    client.delete_logged_model_tag(made.model_id, "a")
    assert "a" not in client.get_logged_model(made.model_id).tags
    with pytest.raises(MlflowException) as refused:
        client.delete_logged_model_tag(made.model_id, "a")
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"

    client.delete_logged_model(made.model_id)
    with pytest.raises(MlflowException, match="not found"):
        client.get_logged_model(made.model_id)
    assert client.search_logged_models([experiment_id]) == []


def test_the_fluent_api_makes_and_finds_models(client, experiment_id):
    made = mlflow.initialize_logged_model(name="by hand", params={"k": 1}, tags={"t": "x"})
    assert mlflow.finalize_logged_model(made.model_id, "READY").status == LoggedModelStatus.READY
    outside = mlflow.create_external_model(name="elsewhere")
    frame = mlflow.search_logged_models(experiment_ids=[experiment_id])
    assert sorted(frame["name"]) == ["by hand", "elsewhere"]
    as_list = mlflow.search_logged_models(
        experiment_ids=[experiment_id], filter_string="name = 'elsewhere'", output_format="list"
    )
    assert [model.model_id for model in as_list] == [outside.model_id]
    assert mlflow.last_logged_model().model_id == outside.model_id


FILTERS = {
    "name = 'm1'": "m1",
    "name LIKE 'm%' AND name != 'm0'": "m1 m2 m3",
    "attributes.model_type = 'agent'": "m3",
    "status = 'PENDING'": "m0",
    "params.rate = '0.2'": "m2",
    "params.kind ILIKE 'ODD'": "m1 m3",
    "tags.stage = 'final'": "m2 m3",
    "metrics.acc > 0.55": "m1 m2 m3",
    "metrics.acc >= 0.7 AND tags.stage = 'final'": "m2 m3",
    "name IN ('m0', 'm3')": "m0 m3",
    "creation_timestamp > 0": "m0 m1 m2 m3",
    "name = 'm0' OR params.kind = 'odd'": "m0 m1 m3",
}


def test_models_are_searched_by_what_they_are_and_measured(client, experiment_id, fleet):
    for filter_string, expected in FILTERS.items():
        found = client.search_logged_models([experiment_id], filter_string)
        assert sorted(names(found)) == expected.split(), filter_string
    by_id = client.search_logged_models([experiment_id], f"model_id = '{fleet['m2']}'")
    assert names(by_id) == ["m2"]


def test_a_metric_can_be_asked_for_on_one_dataset(client, experiment_id, fleet):
    def search(dataset):
        found = client.search_logged_models([experiment_id], "metrics.acc > 0.25", [dataset])
        return sorted(names(found))

    assert search({"dataset_name": "test"}) == ["m3"]
    assert search({"dataset_name": "train"}) == ["m0", "m1", "m2", "m3"]
    assert search({"dataset_name": "test", "dataset_digest": "2"}) == ["m3"]
    assert search({"dataset_name": "test", "dataset_digest": "other"}) == []


def test_models_come_in_the_order_asked_for_and_in_pages(client, experiment_id, fleet):
    def search(field, ascending, **more):
        order = [{"field_name": field, "ascending": ascending, **more}]
        return names(client.search_logged_models([experiment_id], order_by=order))

    assert search("name", True) == ["m0", "m1", "m2", "m3"]
    assert search("metrics.acc", False, dataset_name="test") == ["m3", "m2", "m1", "m0"]
    assert search("creation_timestamp", True)[0] == "m0"
    found, token = [], None
    for size in (2, 2):
        page = client.search_logged_models(
            [experiment_id],
            max_results=2,
            order_by=[{"field_name": "name", "ascending": False}],
            page_token=token,
        )
        assert len(page) == size
        found += names(page)
        token = page.token
    assert found == ["m3", "m2", "m1", "m0"]
    assert not token


def test_metrics_name_their_model_and_dataset(client, experiment_id, fleet, run_id):
    model = client.get_logged_model(fleet["m1"])
    about = {(m.key, m.dataset_name, m.dataset_digest): (m.value, m.step) for m in model.metrics}
    assert about == {("acc", "train", "1"): (0.6, 1), ("acc", "test", "2"): (0.1, 1)}
    assert {m.run_id for m in model.metrics} == {run_id}
    client.log_batch(
        run_id,
        metrics=[
            Metric("f1", n / 2, 5000, n, model_id=fleet["m1"], dataset_name="d", dataset_digest="9")
            for n in range(3)
        ],
    )
    latest = {m.key: m.value for m in client.get_logged_model(fleet["m1"]).metrics}
    assert latest["f1"] == 1


def test_a_run_logs_metrics_for_its_active_model_and_data(client):
    data = mlflow.data.from_pandas(pd.DataFrame({"x": [1]}), name="tiny")
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model(name="linked", source_run_id=run.info.run_id)
        mlflow.log_input(data, context="training", model=None)
        mlflow.log_metric("m", 1, model_id=model.model_id, dataset=data)
        mlflow.log_metrics({"k": 2}, step=4, model_id=model.model_id, dataset=data)
        mlflow.log_outputs([mlflow.entities.LoggedModelOutput(model.model_id, step=4)])
    measured = {
        m.key: (m.value, m.dataset_name) for m in mlflow.get_logged_model(model.model_id).metrics
    }
    assert measured == {"m": (1, "tiny"), "k": (2, "tiny")}
    kept = client.get_run(run.info.run_id)
    assert [(output.model_id, output.step) for output in kept.outputs.model_outputs] == [
        (model.model_id, 4)
    ]


def test_a_model_that_is_not_there_is_a_404(client, run_id):
    with pytest.raises(MlflowException, match="not found") as refused:
        client.get_logged_model("m-" + "0" * 32)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(MlflowException, match="not found"):
        client.log_metric(run_id, "m", 1, model_id="m-" + "0" * 32)
