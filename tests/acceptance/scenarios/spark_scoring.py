"""A registered model as a function of Spark: over a table, and in a stream."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression

X = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "visits": [1.0, 2.0, 1.0, 3.0]})
Y = 2.0 * X["age"] + 10.0 * X["visits"]


@pytest.fixture
def model_uri(client, unique):
    name = unique("visits")
    model = LinearRegression().fit(X, Y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=name,
            signature=infer_signature(X, model.predict(X)),
            pip_requirements=["scikit-learn"],
        )
    client.set_registered_model_alias(name, "champion", "1")
    return f"models:/{name}@champion"


@pytest.fixture
def people(spark):
    rows = [(f"p{i}", float(20 + i % 50), float(i % 4)) for i in range(1_000)]
    spark.createDataFrame(rows, ["id", "age", "visits"]).createOrReplaceTempView("people")
    return pd.DataFrame(rows, columns=["id", "age", "visits"])


def test_a_table_is_scored_where_a_condition_holds(spark, model_uri, people):
    predict = mlflow.pyfunc.spark_udf(spark, model_uri, "double", env_manager="local")
    scored = (
        spark.table("people")
        .where("age > 30")
        .withColumn("target", predict("age", "visits"))
        .toPandas()
    )
    chosen = people[people["age"] > 30]
    assert list(scored["id"]) == list(chosen["id"])
    assert np.allclose(scored["target"], 2 * chosen["age"] + 10 * chosen["visits"])


def test_a_stream_is_scored_as_it_comes(spark, model_uri, people, tmp_path):
    incoming, outgoing = tmp_path / "in", tmp_path / "out"
    incoming.mkdir()
    predict = mlflow.pyfunc.spark_udf(spark, model_uri, "double", env_manager="local")
    schema = "id string, age double, visits double"
    stream = (
        spark.readStream.schema(schema)
        .option("maxFilesPerTrigger", 1)
        .json(str(incoming))
        .where("visits > 0")
        .withColumn("target", predict("age", "visits"))
    )

    def score_what_came():
        query = (
            stream.writeStream.format("parquet")
            .option("path", str(outgoing))
            .option("checkpointLocation", str(tmp_path / "checkpoint"))
            .trigger(availableNow=True)
            .start()
        )
        assert query.awaitTermination(120)

    for number, part in enumerate(np.array_split(people, 3)):
        part.to_json(incoming / f"{number}.json", orient="records", lines=True)
        if number:
            score_what_came()
    scored = spark.read.parquet(str(outgoing)).toPandas().set_index("id").sort_index()
    chosen = people[people["visits"] > 0].set_index("id").sort_index()
    assert list(scored.index) == list(chosen.index)
    assert np.allclose(scored["target"], 2 * chosen["age"] + 10 * chosen["visits"])
