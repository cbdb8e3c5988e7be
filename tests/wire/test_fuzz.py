"""Whatever is sent: no answer is a failure of the server, and a refused request changes nothing."""

import json
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millpond.domain.experiments import ViewType
from millpond.store.contract import DEFAULT_WORKSPACE, ExperimentSearch, ModelSearch, RunSearch
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from tests.asgi import call
from tests.wire.requests import ANYTHING, MESSAGES, WORDS, bodies

METRICS = ("loss", "a")
REGISTRY_FIELDS = {
    "name": ("churn", "other", "nobody", "a/b"),
    "version": ("1", "2", "9", "x", "-1", "99999999999999999999"),
    "source": ("s3://b/1", "models:/churn/1", "models:/churn@a", "runs:/r/m", "/etc", "a[b://c"),
    "stage": ("Staging", "none", "zz"),
    "alias": ("a", "latest", "v1"),
}


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_random_request_is_answered_well_and_changes_nothing_when_refused(shared_server, data):
    known = _known_ids(shared_server)
    method, template, _ = data.draw(st.sampled_from(_routes(shared_server)))
    path = template.replace("{path:rest}", "{key:rest}")
    for variable in ("model_id", "key:rest", "webhook_id"):
        value = data.draw(st.sampled_from(known) | WORDS.filter(bool))
        path = path.replace("{" + variable + "}", quote(value, safe=""))
    content = data.draw(st.one_of(ANYTHING, *(bodies(m) for m in MESSAGES)))
    if isinstance(content, dict):
        for name in ("run_id", "experiment_id", "model_id"):
            if data.draw(st.booleans()):
                content[name] = data.draw(st.sampled_from(known))
        for name, values in REGISTRY_FIELDS.items():
            if data.draw(st.booleans()):
                content[name] = data.draw(st.sampled_from(values))
    before = _everything(shared_server)
    if method in ("GET", "HEAD"):
        fields = content if isinstance(content, dict) else {"run_id": content}
        answer = call(shared_server.app, method, f"{path}?{_query(fields)}")
    else:
        answer = call(shared_server.app, method, path, json.dumps(content).encode())
    assert answer.status < 500 or answer.json["error_code"] == "NOT_IMPLEMENTED", answer
    if answer.status >= 400:
        if method != "HEAD":
            assert set(answer.json) == {"error_code", "message"}
            assert answer.json["message"]
        assert _everything(shared_server) == before


def _routes(server):
    return [route for route in server.routes if route[0] != "HEAD" and "mlflow" in route[1]]


def _query(fields):
    pairs = {
        name: value if isinstance(value, list) else str(value)
        for name, value in fields.items()
        if value is not None
    }
    return urlencode(pairs, doseq=True, errors="replace")


def _known_ids(server):
    """Ids of things that are there; made the first time."""
    if not hasattr(server, "known_ids"):
        experiment = _post(server, "experiments/create", name="fuzz")["experiment_id"]
        run = _post(server, "runs/create", experiment_id=experiment, run_name="r")
        model = _post(server, "logged-models", experiment_id=experiment, name="m")
        _post(server, "registered-models/create", name="churn")
        _post(server, "model-versions/create", name="churn", source="s3://bucket/1")
        server.known_ids = [
            experiment,
            run["run"]["info"]["run_id"],
            model["model"]["info"]["model_id"],
        ]
    return server.known_ids


def _post(server, path, **fields):
    body = json.dumps(fields).encode()
    return call(server.app, "POST", f"/api/2.0/mlflow/{path}", body).json


def _everything(server):
    """All that the store holds, in a form that compares NaN with itself."""
    with server.store.read(DEFAULT_WORKSPACE) as reader:
        experiments = reader.search_experiments(ExperimentSearch(10_000, view=ViewType.ALL)).items
        ids = tuple(experiment.experiment_id for experiment in experiments)
        runs = reader.search_runs(RunSearch(ids, 10_000, view=ViewType.ALL)).items
        models = reader.search_models(ModelSearch(ids, 10_000)).items
        histories = [
            reader.history(run.info.run_id, key).points() for run in runs for key in METRICS
        ]
        registered = reader.search_registered_models(
            RegisteredModelSearch(10_000, no_prompts=False)
        ).items
        versions = reader.search_model_versions(VersionSearch(10_000, no_prompts=False)).items
        said = [
            (
                reader.activities(model.name, None, 1_000),
                reader.comments(model.name, 1),
                reader.transition_requests(model.name, 1),
            )
            for model in registered
        ]
        hooks = reader.webhooks()
    return repr((experiments, runs, models, histories, registered, versions, said, hooks))
