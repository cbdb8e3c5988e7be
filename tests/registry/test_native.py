"""The registry over the native API: versions found, compared, and what happened to them."""

import pytest

from tests.asgi import call

MLMODEL = """\
artifact_path: model
flavors:
  python_function: {{loader_module: mlflow.sklearn}}
signature:
  inputs: '[{{"type": "double", "name": "age", "required": true}}{more}]'
  outputs: '[{{"type": "tensor", "tensor-spec": {{"dtype": "int64", "shape": [-1]}}}}]'
  params: null
"""


@pytest.fixture
def pair(server, ask, name):
    """Two versions, of logged models with files."""
    ask("POST", "registered-models/create", name=name)
    for number, more in ((1, ""), (2, ', {"type": "long", "name": "visits", "required": false}')):
        run_id = ask.run(auc=(80 + number) / 100, **({"loss": 0.5} if number == 1 else {}))
        ask("POST", "runs/log-parameter", run_id=run_id, key="depth", value=str(number))
        made = ask("POST", "logged-models", experiment_id="0", source_run_id=run_id, name="net")
        model_id = made["model"]["info"]["model_id"]
        folder = made["model"]["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
        files = {
            "MLmodel": MLMODEL.format(more=more),
            "requirements.txt": f"# what it needs\nmlflow==3.{number}\npandas[all]>=2 ; x\n-r y\n",
        }
        for file_name, content in files.items():
            path = f"/api/2.0/mlflow-artifacts/artifacts/{folder}/{file_name}"
            assert call(server.app, "PUT", path, content.encode(), {}).status == 200
        ask(
            "POST",
            "model-versions/create",
            name=name,
            source=f"models:/{model_id}",
            model_id=model_id,
            tags=[{"key": "n", "value": str(number)}],
        )
    return name


def url_of(name, rest=""):
    return f"/api/v1/models/{name.replace(' ', '%20')}{rest}"


def test_two_versions_are_compared(ask, pair):
    found = ask("GET", url_of(pair, "/compare?left=1&right=latest"))
    assert (found["left"]["version"], found["right"]["version"]) == (1, 2)
    auc, loss = found["metrics"]
    assert (auc["key"], auc["left"], auc["right"]) == ("auc", 0.81, 0.82)
    assert auc["delta"] == pytest.approx(0.01)
    assert loss == {"key": "loss", "left": 0.5, "right": None, "delta": None}
    assert found["params"] == [{"key": "depth", "left": "1", "right": "2"}]
    assert found["tags"] == [{"key": "n", "left": "1", "right": "2"}]
    assert found["signature"] == [
        {"part": "input", "name": "age", "left": "double", "right": "double"},
        {"part": "input", "name": "visits", "left": None, "right": "long, optional"},
        {
            "part": "output",
            "name": "#0",
            "left": "tensor of int64 [-1]",
            "right": "tensor of int64 [-1]",
        },
    ]
    assert found["requirements"] == [
        {"key": "mlflow", "left": "mlflow==3.1", "right": "mlflow==3.2"},
        {"key": "pandas", "left": "pandas[all]>=2 ; x", "right": "pandas[all]>=2 ; x"},
    ]


def test_files_elsewhere_are_not_compared(ask, pair):
    ask("POST", "model-versions/create", name=pair, source="s3://bucket/x")
    found = ask("GET", url_of(pair, "/compare?left=1&right=3"))
    assert (found["signature"], found["requirements"]) == (None, None)
    assert len(found["metrics"]) == 2


def test_a_version_tells_where_it_comes_from(ask, pair):
    ask("POST", "registered-models/create", name=f"{pair} copy")
    ask("POST", "model-versions/create", name=f"{pair} copy", source=f"models:/{pair}/1")
    run_id = ask("GET", url_of(pair, "/versions/1"))["version"]["run_id"]
    dataset = {"name": "people", "digest": "d1", "source_type": "local", "source": "{}"}
    context = [{"key": "mlflow.data.context", "value": "training"}]
    ask(
        "POST",
        "runs/log-inputs",
        run_id=run_id,
        datasets=[{"dataset": dataset, "tags": context}],
    )
    found = ask("GET", url_of(pair, "/versions/1"))
    lineage = found["lineage"]
    assert lineage["run_id"] == run_id
    assert (lineage["experiment_id"], lineage["experiment_name"]) == ("0", "Default")
    assert (lineage["model_id"], lineage["logged_model_name"]) == (
        found["version"]["model_id"],
        "net",
    )
    assert lineage["datasets"] == [{"name": "people", "digest": "d1", "context": "training"}]
    assert lineage["siblings"] == [{"name": f"{pair} copy", "version": 1}]
    assert found["metrics"] == {"auc": 0.81, "loss": 0.5}
    assert found["params"] == {"depth": "1"}


def test_a_version_is_found_by_number_alias_stage_and_latest(ask, pair):
    ask("PUT", url_of(pair, "/aliases/champion"), version="1")
    ask("POST", "model-versions/transition-stage", name=pair, version="1", stage="Production")
    for reference, number in {"2": 2, "@champion": 1, "Production": 1, "latest": 2}.items():
        found = ask("GET", url_of(pair, f"/versions/{reference}"))
        assert found["version"]["version"] == number
    ask("GET", url_of(pair, "/versions/@nobody"), 400)
    ask("GET", url_of(pair, "/versions/77"), 404)
    ask("GET", url_of(pair, "/versions/Staging"), 404)
    ask("DELETE", url_of(pair, "/aliases/champion"), 204)
    assert ask("GET", url_of(pair))["aliases"] == {}


def test_what_happened_to_a_model_is_told_from_the_latest_back(ask, pair):
    ask("PUT", url_of(pair, "/aliases/champion"), version="2")
    ask("POST", url_of(pair, "/versions/@champion/comments"), 201, comment="good")
    ask("POST", url_of(pair, "/versions/2/requests"), 201, stage="staging", comment="please")
    ask("POST", url_of(pair, "/versions/2/requests/Staging/approve"), comment="yes")
    told = ask("GET", url_of(pair, "/activities?version=2"))
    assert [activity["kind"] for activity in told] == [
        "APPROVED_REQUEST",
        "REQUESTED_TRANSITION",
        "NEW_COMMENT",
        "SET_ALIAS",
        "CREATED_VERSION",
    ]
    assert told[0]["details"] == {"from_stage": "None", "to_stage": "Staging", "comment": "yes"}
    assert told[3]["details"] == {"alias": "champion"}
    whole = ask("GET", url_of(pair, "/activities"))
    assert whole[-1]["kind"] == "CREATED_MODEL"
    detail = ask("GET", url_of(pair, "/versions/2"))
    assert [comment["comment"] for comment in detail["comments"]] == ["good"]
    assert detail["requests"] == []


def test_models_and_versions_are_found_page_by_page(ask, pair):
    found = ask("GET", f"/api/v1/models?filter=name%3D'{pair.replace(' ', '%20')}'")
    assert [model["name"] for model in found["models"]] == [pair]
    assert found["next_page_token"] == ""
    first = ask("GET", url_of(pair, "/versions?limit=1"))
    assert [version["version"] for version in first["versions"]] == [2]
    rest = ask("GET", url_of(pair, f"/versions?limit=1&page_token={first['next_page_token']}"))
    assert [version["version"] for version in rest["versions"]] == [1]
    tagged = ask("GET", url_of(pair, "/versions?filter=tags.n%3D'1'"))
    assert [version["version"] for version in tagged["versions"]] == [1]
    ask("GET", "/api/v1/models?limit=0", 400)
    ask("GET", "/api/v1/models?filter=nonsense", 400)
    ask("GET", url_of("nobody", "/versions"), 404)


def test_gates_are_listed_and_checked_without_moving_anything(ask, pair):
    gate = url_of(pair, "/gates/champion")
    assert ask("PUT", gate, rule="metrics.auc > 0.9")["rule"] == "metrics.auc > 0.9"
    assert [g["alias"] for g in ask("GET", url_of(pair, "/gates"))] == ["champion"]
    verdict = ask("POST", f"{gate}/check", version="latest")
    assert verdict["passes"] is False
    assert verdict["checks"][0]["found"] == {"metrics.auc": "0.82"}
    assert ask("POST", f"{gate}/check", version="1", rule="metrics.loss < 1")["passes"] is True
    ask("PUT", gate, 400, rule="metrics.auc >")
    ask("DELETE", url_of(pair, "/gates/other"), 404)
    ask("POST", url_of(pair, "/gates/other/check"), 404, version="1")
    assert ask("GET", url_of(pair))["aliases"] == {}


@pytest.mark.parametrize("place", ["/1", "@champion", "/latest"])
def test_the_files_of_a_version_are_read_by_its_address(ask, pair, place):
    ask("PUT", url_of(pair, "/aliases/champion"), version="1")
    found = ask("GET", "/api/v1/artifacts", uri=f"models:/{pair}{place}")
    assert [file["path"] for file in found["files"]] == ["MLmodel", "requirements.txt"]
    ask("GET", "/api/v1/artifacts", 404, uri=f"models:/{pair}/77")
