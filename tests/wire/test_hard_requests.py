"""Requests that are large or strange in ways a golden file could not show readably."""

import json

import pytest

from tests.asgi import call

MLFLOW = "/api/2.0/mlflow"


@pytest.fixture(scope="module")
def run(shared_server):
    """The id of a run in an experiment called `hard`."""
    experiment = post(shared_server, "experiments/create", name="hard").json["experiment_id"]
    made = post(shared_server, "runs/create", experiment_id=experiment).json
    return made["run"]["info"]["run_id"]


def post(server, path, **fields):
    return call(server.app, "POST", f"{MLFLOW}/{path}", json.dumps(fields).encode())


def get(server, path):
    return call(server.app, "GET", f"{MLFLOW}/{path}")


@pytest.mark.parametrize("model_json", ["[" * 100_000, "[]", "5", "null", '""', '{"flavors": 5}'])
def test_a_model_that_is_none_is_refused(shared_server, run, model_json):
    answer = post(shared_server, "runs/log-model", run_id=run, model_json=model_json)
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "filter_text",
    [
        "run_id IN (" + ",".join(f"'{i}'" for i in range(40_000)) + ")",
        " AND ".join(["params.p = '1'"] * 2000),
        "(" * 3000 + "params.p = '1'" + ")" * 3000,
        "NOT " * 3000 + "params.p = '1'",
    ],
    ids=["a long list", "many comparisons", "deep parentheses", "many NOTs"],
)
def test_a_filter_beyond_all_reason_is_refused(shared_server, filter_text):
    answer = post(shared_server, "runs/search", experiment_ids=["0"], filter=filter_text)
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "filter_text",
    [
        "metrics.m > 1e999",
        "metrics.m = " + "9" * 400,
        "start_time > 9223372036854775808",
        " AND ".join(["metrics.m > 1"] * 100),
        " OR ".join(["params.p = '1'"] * 400),
    ],
)
def test_a_filter_within_reason_is_answered(shared_server, filter_text):
    assert post(shared_server, "runs/search", experiment_ids=["0"], filter=filter_text).json == {}


def test_a_search_may_name_very_many_experiments(shared_server, run):
    answer = post(shared_server, "runs/search", experiment_ids=[str(i) for i in range(40_000)])
    assert run in [found["info"]["run_id"] for found in answer.json["runs"]]


@pytest.mark.parametrize(
    "run_id", ["%ff", "%ed%a0%80", "%", "a&run_id=b", "x" * 10_000, "%F0%9F%98%80"]
)
def test_an_id_of_any_bytes_is_not_found(shared_server, run_id):
    assert get(shared_server, f"runs/get?run_id={run_id}").status == 404


def test_a_nul_in_a_query_is_refused(shared_server):
    assert get(shared_server, "runs/get?run_id=a%00b").status == 400


def test_a_key_may_hold_the_longest_unicode(shared_server, run):
    key = "損" * 250
    assert post(shared_server, "runs/log-parameter", run_id=run, key=key, value="1").status == 200
    params = get(shared_server, f"runs/get?run_id={run}").json["run"]["data"]["params"]
    assert {"key": key, "value": "1"} in params
