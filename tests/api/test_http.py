"""What holds for every route: paths, methods, bodies, content types."""

import asyncio
import json
import threading

import pytest

from tests.asgi import answer, call

MLFLOW = "/api/2.0/mlflow"


def code(answer):
    """The status and the error code; the body must have MLflow's form."""
    assert answer.headers["content-type"].startswith("application/json")
    assert set(answer.json) == {"error_code", "message"}
    return answer.status, answer.json["error_code"]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/nope",
            "/api",
            f"{MLFLOW}/nope",
            f"{MLFLOW}/runs/get/",
            "/api/9.0/mlflow/runs/get",
        ),
        *("/api/v1/nope", "/docs/nope", "//", "/%00", "/%C3%BC"),
    ],
)
def test_an_unknown_path_is_answered_404_in_json(server, path):
    assert code(call(server.app, "GET", path)) == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", f"{MLFLOW}/runs/create", "POST"),
        ("POST", f"{MLFLOW}/runs/get", "GET"),
        ("PUT", f"{MLFLOW}/logged-models/m-1", "DELETE, GET, PATCH"),
        ("DELETE", "/health", "GET, HEAD"),
        ("POST", "/api/v1/server", ""),
    ],
)
def test_a_wrong_method_is_answered_405_with_the_right_ones(server, method, path, right):
    wrong = call(server.app, method, path)
    assert code(wrong) == (405, "METHOD_NOT_ALLOWED")
    assert right in wrong.json["message"]


def test_an_answer_says_its_type_and_length(server):
    found = call(server.app, "GET", f"{MLFLOW}/experiments/get?experiment_id=0")
    assert found.headers["content-type"] == "application/json"
    assert int(found.headers["content-length"]) == len(found.body)


def test_a_body_up_to_the_limit_is_read(serve):
    server = serve(max_body_bytes=100)
    body = json.dumps({"name": "x"}).encode()
    padded = body + b" " * (100 - len(body))
    assert call(server.app, "POST", f"{MLFLOW}/experiments/create", padded).status == 200


def test_a_body_over_the_limit_is_answered_413_and_makes_nothing(serve):
    server = serve(max_body_bytes=100)
    body = json.dumps({"name": "x" * 100}).encode()
    assert code(call(server.app, "POST", f"{MLFLOW}/experiments/create", body)) == (
        413,
        "REQUEST_TOO_LARGE",
    )
    named = call(server.app, "GET", f"{MLFLOW}/experiments/get-by-name?experiment_name={'x' * 100}")
    assert named.status == 404


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_a_json_body_is_taken(server, kind):
    body = json.dumps({"name": f"by {kind}"}).encode()
    headers = {"content-type": kind}
    assert call(server.app, "POST", f"{MLFLOW}/experiments/create", body, headers).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/x"])
def test_a_form_on_another_site_cannot_post(server, kind):
    body = json.dumps({"name": "forged"}).encode()
    refused = call(server.app, "POST", f"{MLFLOW}/experiments/create", body, {"content-type": kind})
    assert code(refused) == (400, "INVALID_PARAMETER_VALUE")


def test_a_prefix_that_a_proxy_leaves_is_taken_off(serve):
    server = serve(url_prefix="/millpond")
    path = f"{MLFLOW}/experiments/get?experiment_id=0"
    assert call(server.app, "GET", f"/millpond{path}").status == 200
    assert call(server.app, "GET", path).status == 200
    assert call(server.app, "GET", f"/millpondish{path}").status == 404


def test_the_first_question_to_the_native_api_may_come_while_it_loads(serve):
    server = serve()
    loading = threading.Thread(target=lambda: asyncio.run(server.warm_up()))
    loading.start()
    assert call(server.app, "GET", "/api/v1/server").status == 200
    loading.join()


def test_a_failure_of_the_server_is_told_without_its_cause(serve, caplog):
    server = serve()
    server.store.close()
    failed = call(server.app, "POST", f"{MLFLOW}/experiments/create", b'{"name": "x"}')
    assert code(failed) == (503, "TEMPORARILY_UNAVAILABLE")
    assert failed.headers["retry-after"]


def test_requests_at_the_same_time_are_all_answered(server):
    async def ask_all():
        bodies = [json.dumps({"name": f"at once {n}"}).encode() for n in range(50)]
        path = f"{MLFLOW}/experiments/create"
        return await asyncio.gather(*(answer(server.app, "POST", path, b) for b in bodies))

    ids = {made.json["experiment_id"] for made in asyncio.run(ask_all())}
    assert len(ids) == 50
