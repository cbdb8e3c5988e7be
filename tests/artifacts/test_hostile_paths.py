"""Every hostile path, sent to every route that takes one, on a whole server: all are refused."""

import json
from contextlib import closing
from urllib.parse import quote

import pytest

from millpond.app import Server
from millpond.settings import load
from tests.artifacts.hostile import HOSTILE
from tests.asgi import call

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
MPU = "/api/2.0/mlflow-artifacts/mpu"
# What the server's own reading of a URL takes away before a route sees it.
NORMAL_IN_URLS = {"lone surrogate"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    (folder / "passwd").write_text("secret")
    with closing(Server(load({"data_dir": folder / "data"}, environ={}), now_ms=1)) as server:
        made = json_of(
            call(server.app, "POST", "/api/2.0/mlflow/runs/create", b'{"experiment_id": "0"}')
        )
        server.run_id = made["run"]["info"]["run_id"]
        server.outside = folder
        yield server


def json_of(answer):
    return json.loads(answer.body)


def files(folder):
    return sorted(
        place.relative_to(folder).as_posix()
        for place in folder.rglob("*")
        if place.is_file() and "millpond." not in place.name
    )


def test_there_are_at_least_sixty():
    assert len(set(HOSTILE.values())) >= 60


@pytest.mark.parametrize("name", HOSTILE.keys() - NORMAL_IN_URLS)
def test_a_hostile_path_is_refused_by_every_route(server, name):
    path = HOSTILE[name]
    escaped = quote(path, safe="")
    before = files(server.outside)
    body = {"path": "f", "num_parts": 2, "upload_id": "u", "parts": []}
    encoded = json.dumps(body).encode()
    calls = [
        ("PUT", f"{PROXY}/{escaped}", b"x"),
        ("GET", f"{PROXY}/{escaped}", None),
        ("DELETE", f"{PROXY}/{escaped}", None),
        ("GET", f"{PROXY}?path={escaped}", None),
        ("POST", f"{MPU}/create/{escaped}", encoded),
        ("POST", f"{MPU}/complete/{escaped}", encoded),
        ("POST", f"{MPU}/abort/{escaped}", encoded),
        ("PUT", f"{MPU}/part/{escaped}?upload_id=u&part_number=1", b"x"),
        ("GET", f"/api/2.0/mlflow-artifacts/presigned/{escaped}", None),
        ("GET", f"/api/2.0/mlflow/artifacts/list?run_id={server.run_id}&path={escaped}", None),
        ("GET", f"/get-artifact?run_id={server.run_id}&path={escaped}", None),
        (
            "POST",
            f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={server.run_id}&path={escaped}",
            b"x",
        ),
    ]
    native = quote(f"runs:/{server.run_id}/", safe="") + escaped
    if not ("URI" in name or "drive" in name):
        # Behind other names, a name with a colon is only a name.
        calls.append(("PUT", f"{PROXY}/0/run/{escaped}", b"x"))
    calls += [
        ("GET", f"/api/v1/artifacts?uri={native}", None),
        ("DELETE", f"/api/v1/artifacts?uri={native}", None),
        ("GET", f"/api/v1/artifacts/file?uri={native}", None),
        ("PUT", f"/api/v1/artifacts/file?uri={native}", b"x"),
        ("GET", f"/api/v1/artifacts/zip?uri={native}", None),
    ]
    for method, url, sent in calls:
        answer = call(server.app, method, url, sent)
        assert answer.status in (400, 403, 404), f"{method} {url} was answered {answer.status}"
        assert b"secret" not in answer.body
    assert files(server.outside) == before


@pytest.mark.parametrize(
    "uri",
    [
        "mlflow-artifacts:/../../etc",
        "mlflow-artifacts:/%2e%2e/%2e%2e/etc",
        "mlflow-artifacts:/datastores/../../etc",
        "mlflow-artifacts:/datastores/local/../../passwd",
        "mlflow-artifacts:/datastores/@artifact-root/x",
        "datastore://local/../passwd",
        "datastore://local/%2e%2e/passwd",
        "datastore://local/%252e%252e/passwd",
        "datastore://../passwd",
        "datastore://local\\..\\passwd",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "/etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://example.com/api/2.0/mlflow-artifacts/artifacts/../../passwd",
        "s3://bucket/x",
        "gs://bucket/x",
        "wasbs://c@a.blob.core.windows.net/x",
        "dbfs:/x",
        "runs:/../x",
        "runs:/%2e%2e/x",
        "models:/m-..%2f..%2fx",
        "models:/name/1",
        "javascript:alert(1)",
        "http://[",
        "mlflow-artifacts://[/x",
        "",
    ],
)
def test_a_hostile_address_leads_nowhere(server, uri):
    for method, route in (("GET", ""), ("GET", "/file"), ("GET", "/zip"), ("DELETE", "")):
        answer = call(server.app, method, f"/api/v1/artifacts{route}?uri={quote(uri, safe='')}")
        assert answer.status in (400, 404, 501), f"{route} answered {answer.status}"
        assert b"secret" not in answer.body


def test_no_run_or_experiment_can_be_made_to_point_outside(server):
    made = call(
        server.app,
        "POST",
        "/api/2.0/mlflow/experiments/create",
        json.dumps({"name": "out", "artifact_location": str(server.outside)}).encode(),
    )
    body = json.dumps({"experiment_id": json_of(made)["experiment_id"]}).encode()
    run = json_of(call(server.app, "POST", "/api/2.0/mlflow/runs/create", body))["run"]["info"]
    for url in (
        f"/get-artifact?run_id={run['run_id']}&path=passwd",
        f"/api/2.0/mlflow/artifacts/list?run_id={run['run_id']}",
        f"/api/v1/artifacts?uri=runs:/{run['run_id']}/",
    ):
        answer = call(server.app, "GET", url)
        assert answer.status == 400
        assert "outside of this server's artifact store" in json_of(answer)["message"]


def test_an_uploaded_page_cannot_act_as_the_person_who_looks_at_it(server):
    page = b"<script>fetch('/api/v1/datastores', {method: 'POST'})</script>"
    call(server.app, "PUT", f"{PROXY}/0/{server.run_id}/artifacts/page.html", page)
    for url in (
        f"{PROXY}/0/{server.run_id}/artifacts/page.html",
        f"/get-artifact?run_id={server.run_id}&path=page.html",
        f"/api/v1/artifacts/file?uri=runs:/{server.run_id}/page.html",
    ):
        got = call(server.app, "GET", url)
        assert got.body == page
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert got.headers["x-content-type-options"] == "nosniff"
