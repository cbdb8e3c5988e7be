"""What operators ask a server: is it up, which version, how is it doing, what can it do."""

import json
import re

import pytest

from millpond import __version__, settings
from tests.asgi import call

TEXT = "text/plain; charset=utf-8"


def get(server, path):
    return call(server.app, "GET", path)


def test_health_is_ok_in_plain_text(server):
    answer = get(server, "/health")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, TEXT, b"OK")


def test_a_load_balancer_may_ask_for_the_head_alone(server):
    assert call(server.app, "HEAD", "/health").status == 200


def test_version_is_the_bare_number(server):
    answer = get(server, "/version")
    assert (answer.status, answer.body.decode()) == (200, __version__)


def test_metrics_are_prometheus_text_and_count_requests(server):
    get(server, "/api/2.0/mlflow/experiments/get?experiment_id=987654")
    answer = get(server, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    assert all(re.fullmatch(r"# .*|[a-z_]+(\{[^}]*\})? [0-9.e+-]+", line) for line in lines)
    assert f'millpond_info{{version="{__version__}"}} 1' in lines
    assert any(line.startswith('millpond_requests_total{status="4xx"} ') for line in lines)


def test_the_reference_of_the_native_api_is_a_page(server):
    answer = get(server, "/docs")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert b"/api/v1/server" in answer.body


def test_the_reference_loads_nothing_from_elsewhere(server):
    page = get(server, "/docs").body.decode()
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_the_native_api_has_an_openapi_document(server):
    document = get(server, "/docs/openapi.json").json
    assert document["openapi"].startswith("3.")
    assert "/api/v1/server" in document["paths"]


def test_the_native_api_says_what_the_server_is(server):
    assert get(server, "/api/v1/server").json["version"] == __version__


def test_the_native_api_explains_every_setting_and_tells_no_secret(serve):
    server = serve(secret_key="of alice, long enough", read_threads=3)
    told = {one["name"]: one for one in get(server, "/api/v1/settings").json}
    assert told.keys() == {name for name, *_ in settings.describe()}
    assert all(one["meaning"] for one in told.values())
    threads = told["read_threads"]
    assert (threads["value"], threads["default"], threads["is_changed"]) == ("3", "4", True)
    assert (told["allow_remote"]["value"], told["allow_remote"]["is_changed"]) == ("false", False)
    assert (told["secret_key"]["value"], told["secret_key"]["is_changed"]) == (None, True)


def test_the_native_api_knows_the_one_workspace(server):
    assert get(server, "/api/v1/workspaces").json == [{"name": "default"}]
    assert get(server, "/api/v1/workspaces/default").json == {"name": "default"}
    assert get(server, "/api/v1/workspaces/default/runs").json == []
    missing = get(server, "/api/v1/workspaces/nobody/runs")
    assert (missing.status, missing.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    missing = get(server, "/api/v1/workspaces/nobody")
    assert (missing.status, missing.json["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def check(server, **question):
    body = json.dumps(question).encode()
    return call(server.app, "POST", "/api/v1/filters/check", body)


def test_a_filter_can_be_checked_without_searching(server):
    answer = check(server, search="runs", filter="metrics.loss<0.5", order_by=["start_time desc"])
    assert answer.status == 200
    assert answer.json["filter"] == "metrics.loss < 0.5"
    assert answer.json["order_by"] == ["attribute.start_time DESC"]


def test_a_bad_filter_is_pointed_at(server):
    answer = check(server, search="runs", filter="metrics.loss !! 0.5")
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "At character 14" in answer.json["message"]


@pytest.mark.parametrize("question", [{}, {"search": "nothing"}, {"search": "runs", "filter": 5}])
def test_a_question_of_the_wrong_form_has_the_error_of_all_others(server, question):
    answer = check(server, **question)
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
