"""By which names a server lets itself be called."""

import pytest

from tests.asgi import call


def ask(server, host):
    return call(server.app, "GET", "/health", headers={"host": host})


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1:9", "LOCALHOST", "[::1]", "[::1]:5000"]
)
def test_a_request_may_call_the_server_by_a_name_of_this_machine(server, host):
    assert ask(server, host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:5000",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "[::2]",
        "",
    ],
)
def test_a_page_elsewhere_cannot_reach_the_server_by_a_name_of_its_own(server, host):
    answer = ask(server, host)
    assert (answer.status, answer.json["error_code"]) == (403, "PERMISSION_DENIED")


def test_the_refusal_holds_for_every_route(server):
    for path in ("/metrics", "/docs", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/nope"):
        assert call(server.app, "GET", path, headers={"host": "evil.example"}).status == 403


def test_a_refused_name_stays_refused(server):
    assert [ask(server, "evil.example").status for _ in range(3)] == [403, 403, 403]


def test_a_name_can_be_allowed(serve):
    server = serve(allowed_hosts="mlflow.team.example, other.example")
    assert ask(server, "MLflow.team.example:443").status == 200
    assert ask(server, "other.example").status == 200
    assert ask(server, "third.example").status == 403


def test_every_name_can_be_allowed(serve):
    assert ask(serve(allowed_hosts="*"), "any.example").status == 200


def test_the_address_listened_on_is_a_name(serve):
    assert ask(serve(host="10.0.0.7", allow_remote=True), "10.0.0.7:5000").status == 200
