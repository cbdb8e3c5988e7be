"""Registers the models that the scoring tests use; run in the environment "client-flavors"."""

import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

SLOW = """\
import os
import time
from pathlib import Path
import mlflow

class Slow(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        time.sleep(0.02)
        with Path(os.environ["SCORED_LOG"]).open("a") as log:
            log.write(f"{len(model_input)}\\n")
        return (2.0 * model_input["age"] + model_input["visits"]).to_numpy()

mlflow.models.set_model(Slow())
"""

X = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "visits": [1.0, 2.0, 1.0, 3.0]})


def main(folder: Path) -> None:
    client = mlflow.MlflowClient()
    mlflow.set_experiment("training")
    signature = infer_signature(X, pd.DataFrame({"y": [1.0]})["y"])
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            LinearRegression().fit(X, 2.0 * X["age"] + X["visits"]),
            name="model",
            registered_model_name="visits",
            signature=signature,
            pip_requirements=["scikit-learn"],
        )
        script = folder / "slow.py"
        script.write_text(SLOW)
        mlflow.pyfunc.log_model(
            name="slow",
            python_model=str(script),
            registered_model_name="slow",
            signature=signature,
            pip_requirements=[],
        )
    client.set_registered_model_alias("visits", "champion", "1")
    rng = np.random.default_rng(7)
    people = pd.DataFrame(
        {
            "id": [f"{n:06}" for n in range(20_000)],
            "age": rng.integers(18, 90, 20_000).astype(float),
            "visits": rng.integers(0, 9, 20_000).astype(float),
        }
    )
    people.to_parquet(folder / "people.parquet", index=False)
    people.to_csv(folder / "people.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
