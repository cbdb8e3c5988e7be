"""Tables of runs over the native API."""

import json

import pytest

from tests.asgi import call
from tests.columns import MEDIA_TYPE, Columns


def post(server, path, body, headers=None):
    return call(server.app, "POST", path, json.dumps(body).encode(), headers)


@pytest.fixture(scope="module")
def experiment(server):
    """Four runs: r0 and r2 with all, r1 with a NaN, r3 with nothing."""
    name = {"name": "columns"}
    number = post(server, "/api/2.0/mlflow/experiments/create", name).json["experiment_id"]
    for place, loss in enumerate([0.5, "NaN", 0.25, None]):
        created = post(
            server,
            "/api/2.0/mlflow/runs/create",
            {"experiment_id": number, "run_name": f"run {place}", "start_time": 100 + place},
        )
        batch = {"run_id": created.json["run"]["info"]["run_id"]}
        if loss is not None:
            batch["metrics"] = [{"key": "loss", "value": loss, "timestamp": 1}]
            batch["params"] = [{"key": "opt", "value": "sgd"}, {"key": "lr", "value": f"{place}"}]
        assert post(server, "/api/2.0/mlflow/runs/log-batch", batch).status == 200
    return number


COLUMNS = [
    {"kind": "attribute", "key": "run_name"},
    {"kind": "attribute", "key": "start_time"},
    {"kind": "metric", "key": "loss"},
    {"kind": "metric", "key": "loss", "statistic": "max"},
    {"kind": "param", "key": "opt"},
    {"kind": "tag", "key": "never"},
]
VALUES = [
    ["run 2", "run 0", "run 1", "run 3"],
    [102, 100, 101, 103],
    [0.25, 0.5, "NaN", None],
    [0.25, 0.5, None, None],
    ["sgd", "sgd", "sgd", None],
    [None] * 4,
]


def question(experiment, **changes):
    order = ["metrics.loss"]
    return {"experiment_ids": [experiment], "columns": COLUMNS, "order_by": order, **changes}


def test_the_table_in_json_has_null_where_nothing_is(server, experiment):
    answer = post(server, "/api/v1/columns", question(experiment))
    assert (answer.status, answer.json["rows"], len(answer.json["run_ids"])) == (200, 4, 4)
    assert [column["values"] for column in answer.json["columns"]] == VALUES
    assert answer.json["columns"][3]["statistic"] == "max"


def test_the_table_in_bytes_says_the_same(server, experiment):
    asked = question(experiment)
    told = post(server, "/api/v1/columns", asked).json
    answer = post(
        server, "/api/v1/columns", asked, {"content-type": "application/json", "accept": MEDIA_TYPE}
    )
    assert answer.headers["content-type"] == MEDIA_TYPE
    table = Columns(answer.body)
    assert table.texts(table.header["run_ids"]) == told["run_ids"]
    assert table.header["rows"] == 4
    for place, column in zip(table.header["columns"], told["columns"], strict=True):
        values = [float(v) if v == "NaN" else v for v in column["values"]]
        assert repr(table.column(place)) == repr(
            [float(v) if isinstance(v, int) else v for v in values]
        )
        assert (place["kind"], place["key"]) == (column["kind"], column["key"])


def test_only_what_matches_is_in_the_table(server, experiment):
    asked = question(experiment, filter="params.lr > 0", max_rows=1)
    answer = post(server, "/api/v1/columns", asked).json
    assert answer["columns"][0]["values"] == ["run 2"]
    none = post(server, "/api/v1/columns", question("987654")).json
    assert (none["rows"], none["run_ids"], none["columns"][2]["values"]) == (0, [], [])


def test_a_table_that_is_known_is_not_sent_again(server, experiment):
    asked = question(experiment)
    etag = post(server, "/api/v1/columns", asked).headers["etag"]
    headers = {"content-type": "application/json", "if-none-match": etag}
    assert post(server, "/api/v1/columns", asked, headers).status == 304


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"experiment_ids": []}, "no experiment"),
        ({"experiment_ids": ["one"]}, "'one'"),
        ({"experiment_ids": None}, "experiment_ids"),
        ({"columns": [{"kind": "attribute", "key": "colour"}]}, "'colour'"),
        ({"columns": [{"kind": "param", "key": "p", "statistic": "min"}]}, "'min'"),
        ({"columns": [{"kind": "metric"}]}, "key"),
        ({"columns": [{"kind": "metric", "key": "m"}] * 201}, "201 columns"),
        ({"filter": "metrics.loss !! 1"}, "At character"),
        ({"order_by": ["nonsense sideways"]}, "nonsense"),
        ({"view": "SOME"}, "SOME"),
        ({"max_rows": 0}, "max_rows"),
        ({"rows": 1}, "rows"),
    ],
)
def test_a_bad_question_is_refused_by_what_is_wrong(server, change, words):
    answer = post(server, "/api/v1/columns", question("0", **change))
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert words in answer.json["message"]


def test_the_keys_of_an_experiment_come_with_their_values(server, experiment):
    answer = call(server.app, "GET", f"/api/v1/experiments/{experiment}/keys")
    assert answer.status == 200
    keys = answer.json
    assert keys["metrics"] == [
        {"key": "loss", "runs": 3, "numbers": 2, "min": 0.25, "max": 0.5, "common": []}
    ]
    assert keys["params"] == [
        {"key": "lr", "runs": 3, "numbers": 3, "min": 0.0, "max": 2.0, "common": []},
        {
            "key": "opt",
            "runs": 3,
            "numbers": 0,
            "min": None,
            "max": None,
            "common": [{"value": "sgd", "runs": 3}],
        },
    ]
    assert [tag["key"] for tag in keys["tags"]] == ["mlflow.runName"]
    many = post(server, "/api/v1/keys", {"experiment_ids": [experiment, "0"]})
    assert many.json == keys


def test_the_keys_of_an_unknown_experiment_are_not_found(server):
    answer = call(server.app, "GET", "/api/v1/experiments/987654/keys")
    assert (answer.status, answer.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert call(server.app, "GET", "/api/v1/experiments/one/keys").status == 400
