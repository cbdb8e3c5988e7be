"""Page tokens that someone has written by hand: refused or followed, never an accident."""

import base64
import itertools
import json

import pytest

from tests.asgi import call

MLFLOW = "/api/2.0/mlflow"
STRANGE = [None, "x", "", 1, -1.5, True, [], {}, {"float": "nan"}, {"float": "x"}, 2**70, "😀"]


@pytest.fixture(scope="module")
def things(shared_server):
    """An experiment with two runs, two models and a history, on a server."""
    made = {"app": shared_server.app}
    for _ in range(2):
        made["experiment"] = _post(
            made,
            "experiments/create",
            name=f"tokens {len(made)}",
            tags=[{"key": "a", "value": "b"}],
        )["experiment_id"]
    experiment = made["experiment"]
    for n in range(3):
        run = _post(made, "runs/create", experiment_id=experiment, start_time=n)
        made["run"] = run["run"]["info"]["run_id"]
        metrics = [{"key": "m", "value": i, "timestamp": i} for i in range(3)]
        params = [{"key": "p", "value": str(n)}]
        _post(made, "runs/log-batch", run_id=made["run"], metrics=metrics, params=params)
        _post(made, "logged-models", experiment_id=experiment, name=f"model {n}")
    return made


def _post(things, path, **fields):
    answer = call(things["app"], "POST", f"{MLFLOW}/{path}", json.dumps(fields).encode())
    assert answer.status == 200, answer.body
    return answer.json


def _experiments(things, **more):
    return ("experiments/search", {"max_results": 1, "order_by": ["name"], **more})


def _runs(things, **more):
    order = ["metrics.m DESC", "params.p", "start_time"]
    body = {"experiment_ids": [things["experiment"]], "max_results": 1, "order_by": order}
    return ("runs/search", {**body, **more})


def _models(things, **more):
    order = [{"field_name": "name"}]
    body = {"experiment_ids": [things["experiment"]], "max_results": 1, "order_by": order}
    return ("logged-models/search", {**body, **more})


@pytest.mark.parametrize("question", [_experiments, _runs, _models])
def test_a_token_of_a_search_with_strange_positions_is_no_accident(things, question):
    path, body = question(things)
    token = _post(things, path, **body)["next_page_token"]
    for forged in _forgeries(token):
        path, body = question(things, page_token=forged)
        answer = call(things["app"], "POST", f"{MLFLOW}/{path}", json.dumps(body).encode())
        assert answer.status in (200, 400), (_positions(forged), answer.body)


def test_a_token_of_a_history_with_strange_positions_is_no_accident(things):
    url = f"{MLFLOW}/metrics/get-history?run_id={things['run']}&metric_key=m&max_results=1"
    token = call(things["app"], "GET", url).json["next_page_token"]
    for forged in _forgeries(token):
        answer = call(things["app"], "GET", f"{url}&page_token={forged}")
        assert answer.status in (200, 400), (_positions(forged), answer.body)


def _forgeries(token):
    fingerprint, positions = json.loads(base64.urlsafe_b64decode(token))
    for place, strange in itertools.product(range(len(positions)), STRANGE):
        forged = [*positions[:place], strange, *positions[place + 1 :]]
        yield _encode([fingerprint, forged])
    yield _encode([fingerprint, []])
    yield _encode([fingerprint])
    yield _encode(["x", positions])
    yield _encode({})
    yield _encode(None)


def _encode(payload):
    return base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()


def _positions(forged):
    return json.loads(base64.urlsafe_b64decode(forged))
