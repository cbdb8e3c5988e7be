"""Every kind of model: logged, registered, loaded back through the server, and asked to predict."""

from pathlib import Path

import lightgbm
import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
import xgboost
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

X, Y = load_iris(return_X_y=True, as_frame=True)
X.columns = ["a", "b", "c", "d"]


@pytest.fixture
def name(unique):
    return unique("flavor")


def back(name, alias="best"):
    """The registered model, found by an alias, as a plain Python function."""
    client = mlflow.MlflowClient()
    client.set_registered_model_alias(name, alias, "1")
    return mlflow.pyfunc.load_model(f"models:/{name}@{alias}")


def test_scikit_learn(name):
    model = RandomForestClassifier(n_estimators=5, random_state=1).fit(X, Y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=name,
            signature=infer_signature(X, model.predict(X)),
            pip_requirements=["scikit-learn"],
            skops_trusted_types=["sklearn.tree._tree.Tree"],
        )
    assert (back(name).predict(X) == model.predict(X)).all()
    loaded = mlflow.sklearn.load_model(f"models:/{name}/1")
    assert (loaded.predict_proba(X) == model.predict_proba(X)).all()


def test_xgboost(name):
    model = xgboost.XGBClassifier(n_estimators=5, max_depth=2).fit(X, Y)
    with mlflow.start_run():
        mlflow.xgboost.log_model(
            model, name="model", registered_model_name=name, pip_requirements=["xgboost"]
        )
    assert (back(name).predict(X) == model.predict(X)).all()
    assert (mlflow.xgboost.load_model(f"models:/{name}/1").predict(X) == model.predict(X)).all()


def test_lightgbm(name):
    data = lightgbm.Dataset(X, Y)
    model = lightgbm.train({"objective": "multiclass", "num_class": 3, "verbose": -1}, data, 5)
    with mlflow.start_run():
        mlflow.lightgbm.log_model(
            model, name="model", registered_model_name=name, pip_requirements=["lightgbm"]
        )
    assert np.allclose(back(name).predict(X), model.predict(X))
    assert np.allclose(mlflow.lightgbm.load_model(f"models:/{name}/1").predict(X), model.predict(X))


def test_pytorch(name):
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    rows = X.to_numpy(np.float32)
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(50):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(rows)), torch.tensor(Y))
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        expected = model(torch.from_numpy(rows)).numpy()
    with mlflow.start_run():
        mlflow.pytorch.log_model(
            model,
            name="model",
            registered_model_name=name,
            signature=infer_signature(rows, expected),
            pip_requirements=["torch"],
            serialization_format="pickle",
        )
    assert (expected.argmax(1) == Y).mean() > 0.9
    assert np.allclose(back(name).predict(rows), expected, atol=1e-5)
    loaded = mlflow.pytorch.load_model(f"models:/{name}/1")
    assert np.allclose(loaded(torch.from_numpy(rows)).detach().numpy(), expected, atol=1e-5)


def test_a_class_of_ones_own_with_an_artifact(name, tmp_path):
    class Greeter(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            self.word = Path(context.artifacts["words"]).read_text("utf-8")

        def predict(self, context, model_input, params=None):
            return [f"{self.word} {who}" for who in model_input["who"]]

    words = tmp_path / "words.txt"
    words.write_text("Grüß Gott,", "utf-8")
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model",
            python_model=Greeter(),
            artifacts={"words": str(words)},
            registered_model_name=name,
            pip_requirements=[],
        )
    words.unlink()
    rows = pd.DataFrame({"who": ["alice", "bob"]})
    assert back(name).predict(rows) == ["Grüß Gott, alice", "Grüß Gott, bob"]


def test_a_model_from_code(name, tmp_path):
    script = tmp_path / "doubler.py"
    script.write_text(
        "import mlflow\n"
        "class Doubler(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input * (params or {}).get('by', 2)\n"
        "mlflow.models.set_model(Doubler())\n"
    )
    rows = pd.DataFrame({"x": [1.0, 2.0]})
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(script),
            registered_model_name=name,
            signature=infer_signature(rows, rows, params={"by": 2}),
            pip_requirements=[],
        )
    script.unlink()
    model = back(name)
    assert model.predict(rows)["x"].tolist() == [2.0, 4.0]
    assert model.predict(rows, params={"by": 3})["x"].tolist() == [3.0, 6.0]


def test_spark(name, spark):
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    rows = spark.createDataFrame([(float(x), 2.0 * x + 1.0) for x in range(10)], ["x", "y"])
    stages = [
        VectorAssembler(inputCols=["x"], outputCol="features"),
        LinearRegression(labelCol="y"),
    ]
    model = Pipeline(stages=stages).fit(rows)
    with mlflow.start_run():
        mlflow.spark.log_model(
            model, artifact_path="model", registered_model_name=name, pip_requirements=["pyspark"]
        )
    loaded = mlflow.spark.load_model(f"models:/{name}/1")
    predicted = [row.prediction for row in loaded.transform(rows).collect()]
    assert np.allclose(predicted, [2.0 * x + 1.0 for x in range(10)], atol=1e-6)
    assert np.allclose(back(name).predict(pd.DataFrame({"x": [20.0]})), [41.0], atol=1e-6)
