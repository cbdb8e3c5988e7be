"""Models: logged, loaded back, autologged, evaluated."""

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.metrics import MetricValue
from mlflow.models import infer_signature
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV

IS_MLFLOW3 = int(mlflow.__version__.split(".")[0]) >= 3
X, Y = load_iris(return_X_y=True, as_frame=True)
# Naming them spares the client a look at every import of the model.
REQUIREMENTS = ["scikit-learn"]


@pytest.fixture(scope="module")
def classifier():
    return LogisticRegression(max_iter=300).fit(X, Y)


def log(model, **more):
    """log_model, whose name for the model's name changed with MLflow 3."""
    more |= {"name": "my model"} if IS_MLFLOW3 else {"artifact_path": "my model"}
    return mlflow.sklearn.log_model(model, pip_requirements=REQUIREMENTS, **more)


def test_a_model_is_loaded_back_by_its_run(classifier):
    with mlflow.start_run() as run:
        logged = log(
            classifier,
            signature=infer_signature(X, classifier.predict(X)),
            input_example=X.head(2),
            metadata={"größe": "klein"},
        )
    for uri in (f"runs:/{run.info.run_id}/my model", logged.model_uri):
        assert (mlflow.pyfunc.load_model(uri).predict(X) == classifier.predict(X)).all()
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/my model")
    assert (loaded.coef_ == classifier.coef_).all()
    info = mlflow.models.get_model_info(logged.model_uri)
    assert info.metadata == {"größe": "klein"}
    assert info.signature.inputs.input_names() == list(X.columns)


@pytest.mark.mlflow3
def test_a_model_is_a_thing_of_its_own_in_mlflow_3(client, classifier, experiment_id):
    with mlflow.start_run() as run:
        logged = log(
            classifier, params={"rate": "0.1"}, tags={"stage": "draft"}, model_type="agent"
        )
    assert logged.model_uri == f"models:/{logged.model_id}"
    model = mlflow.get_logged_model(logged.model_id)
    assert (model.name, model.status, model.model_type) == ("my model", "READY", "agent")
    assert model.source_run_id == run.info.run_id
    assert model.params == {"rate": "0.1"}
    assert model.tags["stage"] == "draft"
    (output,) = client.get_run(run.info.run_id).outputs.model_outputs
    assert output.model_id == logged.model_id
    loaded = mlflow.sklearn.load_model(f"models:/{logged.model_id}")
    assert (loaded.predict(X) == classifier.predict(X)).all()
    names = {entry.path for entry in client.list_logged_model_artifacts(logged.model_id)}
    assert {"MLmodel", "requirements.txt"} <= names
    # The client looks for the model below its run as well.
    below_run = {entry.path for entry in client.list_artifacts(run.info.run_id, "my model")}
    assert below_run == {f"my model/{name}" for name in names}


@pytest.mark.skipif(IS_MLFLOW3, reason="MLflow 3 keeps models beside the runs")
def test_a_model_is_noted_at_its_run_in_mlflow_2(client, classifier):
    with mlflow.start_run() as run:
        log(classifier)
        mlflow.sklearn.log_model(classifier, "second", pip_requirements=REQUIREMENTS)
    history = json.loads(client.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])
    assert [entry["artifact_path"] for entry in history] == ["my model", "second"]
    assert "sklearn" in history[0]["flavors"]


def test_a_model_of_ones_own_code_is_logged_and_loaded():
    class Doubled(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    with mlflow.start_run() as run:
        name = {"name": "own"} if IS_MLFLOW3 else {"artifact_path": "own"}
        mlflow.pyfunc.log_model(python_model=Doubled(), pip_requirements=[], **name)
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/own")
    assert loaded.predict(pd.DataFrame({"x": [1, 2]}))["x"].tolist() == [2, 4]


def test_autologging_logs_a_fit(client):
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            LogisticRegression(max_iter=300, C=0.5).fit(X, Y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    logged = client.get_run(run.info.run_id)
    assert logged.data.params["C"] == "0.5"
    assert logged.data.metrics["training_accuracy_score"] > 0.9
    assert logged.data.tags["estimator_name"] == "LogisticRegression"
    (data,) = logged.inputs.dataset_inputs
    assert [(tag.key, tag.value) for tag in data.tags] == [("mlflow.data.context", "train")]
    names = [entry.path for entry in client.list_artifacts(run.info.run_id)]
    assert {"estimator.html", "training_confusion_matrix.png"} <= set(names)
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert len(loaded.predict(X)) == len(Y)


def test_autologging_logs_a_search_with_its_children(client, experiment_id):
    mlflow.sklearn.autolog(log_models=False, max_tuning_runs=3)
    try:
        GridSearchCV(LogisticRegression(max_iter=300), {"C": [0.1, 1, 10]}, cv=2).fit(X, Y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    runs = client.search_runs([experiment_id], order_by=["start_time ASC"])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert (len(runs), len(parents)) == (4, 1)
    assert parents[0].data.params["best_C"] in {"0.1", "1", "10"}
    children = client.search_runs(
        [experiment_id],
        f"tags.`mlflow.parentRunId` = '{parents[0].info.run_id}' AND metrics.mean_test_score > 0.5",
    )
    assert len(children) == 3


def test_a_classifier_is_evaluated_with_metrics_plots_and_tables(client, classifier):
    held_out = X.assign(label=Y).sample(60, random_state=1)
    with mlflow.start_run() as run:
        logged = log(classifier)
        result = mlflow.models.evaluate(
            logged.model_uri,
            mlflow.data.from_pandas(held_out, targets="label", name="held out"),
            model_type="classifier",
            evaluator_config={"log_explainer": False},
        )
    kept = client.get_run(run.info.run_id)
    assert kept.data.metrics["accuracy_score"] == result.metrics["accuracy_score"] > 0.9
    (data,) = kept.inputs.dataset_inputs
    assert data.dataset.name == "held out"
    assert len(client.list_artifacts(run.info.run_id)) >= 2
    if IS_MLFLOW3:
        model = mlflow.get_logged_model(logged.model_id)
        about = {(m.key, m.dataset_name): m.value for m in model.metrics}
        assert about["accuracy_score", "held out"] == result.metrics["accuracy_score"]


def test_an_evaluation_logs_a_table_of_its_rows(client):
    def mean_length(predictions, targets=None, metrics=None):
        lengths = [float(len(text)) for text in predictions]
        return MetricValue(lengths, None, {"mean": float(np.mean(lengths))})

    frame = pd.DataFrame({"frage": ["wer?", "was?"], "antwort": ["niemand", "nichts ✓"]})
    with mlflow.start_run() as run:
        result = mlflow.evaluate(
            data=frame,
            predictions="antwort",
            extra_metrics=[
                mlflow.models.make_metric(
                    eval_fn=mean_length, greater_is_better=True, name="length"
                )
            ],
            evaluators="default",
        )
    assert result.metrics["length/mean"] == 7.5
    assert client.get_run(run.info.run_id).data.metrics["length/mean"] == 7.5
    table = mlflow.load_table("eval_results_table.json", run_ids=[run.info.run_id])
    assert list(table["outputs"]) == ["niemand", "nichts ✓"]
    assert list(table["length/score"]) == [7, 8]


def test_a_regressor_is_evaluated(client):
    rows, target = load_diabetes(return_X_y=True, as_frame=True)
    model = LinearRegression().fit(rows, target)
    with mlflow.start_run() as run:
        logged = log(model)
        mlflow.models.evaluate(
            logged.model_uri,
            rows.assign(target=target),
            targets="target",
            model_type="regressor",
            evaluator_config={"log_explainer": False},
        )
    metrics = client.get_run(run.info.run_id).data.metrics
    assert {"r2_score", "mean_squared_error"} <= set(metrics)
