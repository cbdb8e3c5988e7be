"""What users may do to experiments and runs, and what they are told when they may not."""

import json
from contextlib import closing

import pytest

from millpond.domain.datasets import Dataset, DatasetInput
from millpond.domain.experiments import Stage, Tag
from millpond.domain.metrics import Point
from millpond.domain.runs import LOGGED_MODELS_TAG, RUN_NAME_TAG, Batch, Param, RunStatus
from millpond.errors import AlreadyExists, BadRequest, DoesNotExist, InvalidParameter
from millpond.store.contract import DEFAULT_WORKSPACE
from millpond.store.memory import MemoryStore
from millpond.testing.store_contract.samples import ask
from millpond.tracking import actions


@pytest.fixture
def store():
    with closing(MemoryStore()) as store:
        do(store, actions.create_experiment("churn", "", [], "mlflow-artifacts:", 10))
        do(store, create_run())
        yield store


def do(store, action):
    return store.write(DEFAULT_WORKSPACE, action).result(0)


def create_run(run_id="r1", experiment_id=1, name="", tags=()):
    return actions.create_run(run_id, experiment_id, name, "calm-otter-1", "alice", 20, tags)


def run(store, run_id="r1"):
    return ask(store, lambda r: r.run(run_id))


def experiment(store, experiment_id=1):
    return ask(store, lambda r: r.experiment(experiment_id))


def tag(store, key, run_id="r1"):
    return {tag.key: tag.value for tag in run(store, run_id).tags}.get(key)


def test_an_experiment_without_a_location_keeps_artifacts_below_the_root(store):
    assert experiment(store).artifact_location == "mlflow-artifacts:/1"
    do(store, actions.create_experiment("other", "s3://bucket/here", [], "mlflow-artifacts:", 10))
    assert experiment(store, 2).artifact_location == "s3://bucket/here"


def test_the_artifacts_of_a_run_are_below_those_of_its_experiment(store):
    assert run(store).info.artifact_uri == "mlflow-artifacts:/1/r1/artifacts"


def test_a_name_is_taken_once(store):
    with pytest.raises(AlreadyExists, match=r"Experiment\(name=churn\) already exists"):
        do(store, actions.create_experiment("churn", "", [], "mlflow-artifacts:", 11))


def test_ensuring_an_experiment_makes_it_once(store):
    for now_ms in (5, 6):
        do(store, actions.ensure_experiment(0, "Default", "mlflow-artifacts:/0", now_ms))
    assert experiment(store, 0).creation_ms == 5


def test_deleting_an_experiment_takes_its_runs_and_restoring_brings_them_back(store):
    do(store, actions.delete_experiment(1, 30))
    assert (experiment(store).stage, experiment(store).last_update_ms) == (Stage.DELETED, 30)
    assert (run(store).info.stage, run(store).info.deleted_ms) == (Stage.DELETED, 30)
    do(store, actions.restore_experiment(1, 40))
    assert (experiment(store).stage, experiment(store).last_update_ms) == (Stage.ACTIVE, 40)
    assert (run(store).info.stage, run(store).info.deleted_ms) == (Stage.ACTIVE, None)


@pytest.mark.parametrize(
    "action",
    [
        actions.delete_experiment(404, 1),
        actions.restore_experiment(1, 1),
        actions.rename_experiment(404, "new", 1),
        actions.set_experiment_tag(404, Tag("a", "")),
        actions.delete_experiment_tag(1, "never"),
        create_run("r2", 404),
    ],
)
def test_what_is_not_there_is_told_by_name(store, action):
    with pytest.raises(DoesNotExist, match=r"No Experiment with id=|No tag with name: never"):
        do(store, action)


def test_a_deleted_experiment_refuses_changes(store):
    do(store, actions.delete_experiment(1, 30))
    with pytest.raises(BadRequest, match="Cannot rename a non-active experiment"):
        do(store, actions.rename_experiment(1, "new", 31))
    for action in (
        actions.set_experiment_tag(1, Tag("a", "")),
        actions.delete_experiment_tag(1, "a"),
        create_run("r2"),
    ):
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            do(store, action)


@pytest.mark.parametrize(
    ("name", "tags", "chosen"),
    [
        ("given", (), "given"),
        ("", [Tag(RUN_NAME_TAG, "tagged")], "tagged"),
        ("", (), "calm-otter-1"),
    ],
)
def test_the_name_of_a_run_is_one_of_its_tags(store, name, tags, chosen):
    made = do(store, create_run("r2", name=name, tags=tags))
    assert made == run(store, "r2")
    assert (made.info.name, tag(store, RUN_NAME_TAG, "r2")) == (chosen, chosen)


def test_renaming_a_run_and_setting_its_name_tag_are_the_same(store):
    do(store, actions.update_run("r1", None, None, "by update"))
    assert (run(store).info.name, tag(store, RUN_NAME_TAG)) == ("by update", "by update")
    do(store, actions.set_tag("r1", Tag(RUN_NAME_TAG, "by tag")))
    assert (run(store).info.name, tag(store, RUN_NAME_TAG)) == ("by tag", "by tag")
    for name in ("", "by batch"):
        do(store, actions.log_batch("r1", Batch(tags=[Tag(RUN_NAME_TAG, name), Tag("a", "1")])))
        assert run(store).info.name == (name or "by tag")
        assert tag(store, RUN_NAME_TAG) == (name or "by tag")


def test_an_update_changes_what_it_names(store):
    info = do(store, actions.update_run("r1", RunStatus.FINISHED, 99, ""))
    assert info == run(store).info
    assert (info.status, info.end_ms, info.name) == (RunStatus.FINISHED, 99, "calm-otter-1")


@pytest.mark.parametrize(
    "action",
    [
        actions.update_run("r1", RunStatus.FAILED, None, None),
        actions.log_metric("r1", Point("m", 1.0, 1)),
        actions.log_param("r1", Param("a", "1")),
        actions.log_batch("r1", Batch()),
        actions.set_tag("r1", Tag("a", "1")),
        actions.delete_tag("r1", RUN_NAME_TAG),
        actions.log_inputs("r1", [DatasetInput(Dataset("d", "1"))], []),
        actions.log_outputs("r1", []),
    ],
)
def test_a_deleted_run_refuses_changes(store, action):
    do(store, actions.delete_run("r1", 30))
    before = run(store)
    with pytest.raises(InvalidParameter, match="The run r1 must be in the 'active' state"):
        do(store, action)
    assert run(store) == before
    do(store, actions.restore_run("r1"))
    assert run(store).info.deleted_ms is None


@pytest.mark.parametrize(
    "action",
    [
        actions.delete_run("nobody", 1),
        actions.restore_run("nobody"),
        actions.update_run("nobody", None, None, None),
        actions.log_metric("nobody", Point("m", 1.0, 1)),
        actions.log_batch("nobody", Batch()),
    ],
)
def test_a_run_that_is_not_there_is_told_by_name(store, action):
    with pytest.raises(DoesNotExist, match="Run with id=nobody not found"):
        do(store, action)


def test_a_param_keeps_its_first_value(store):
    for _ in range(2):
        do(store, actions.log_param("r1", Param("depth", "3")))
    with pytest.raises(InvalidParameter, match=r"key='depth' was already logged with value='3'"):
        do(store, actions.log_param("r1", Param("depth", "4")))
    assert run(store).params == (Param("depth", "3"),)


def test_a_long_param_logged_again_is_the_same(store):
    for _ in range(2):
        do(store, actions.log_param("r1", Param("long", "x" * 7_000)))
        do(store, actions.log_batch("r1", Batch(params=[Param("long", "x" * 7_000)])))
    assert run(store).params == (Param("long", "x" * 6_000),)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Batch([Point("m", 2.0, 2)], [Param("depth", "4")], [Tag("a", "2")]), InvalidParameter),
        (Batch([Point("m", 2.0, 2, model_id="m-no")], [], [Tag("a", "2")]), DoesNotExist),
    ],
)
def test_a_batch_is_whole_or_not_at_all(store, bad, error):
    good = Batch([Point("m", 1.0, 1)], [Param("depth", "3")], [Tag("a", "1")])
    do(store, actions.log_batch("r1", good))
    before = run(store)
    with pytest.raises(error):
        do(store, actions.log_batch("r1", bad))
    assert run(store) == before


def test_deleting_a_tag_that_is_not_there_is_an_error(store):
    do(store, actions.set_tag("r1", Tag("a", "1")))
    do(store, actions.delete_tag("r1", "a"))
    with pytest.raises(DoesNotExist, match="No tag with name: a in run with id r1"):
        do(store, actions.delete_tag("r1", "a"))


def model_json(**changes):
    model = {
        "run_id": "r1",
        "artifact_path": "model",
        "utc_time_created": "2024-01-01",
        "model_uuid": "u",
        "flavors": {"sklearn": {"config": {"large": 1}, "version": "1"}, "python_function": {}},
        "signature": "left out",
    }
    return json.dumps({**model, **changes})


def test_logged_models_gather_in_a_tag_without_their_config(store):
    for path in ("one", "two"):
        do(store, actions.record_logged_model("r1", model_json(artifact_path=path)))
    history = json.loads(tag(store, LOGGED_MODELS_TAG))
    assert [entry["artifact_path"] for entry in history] == ["one", "two"]
    assert history[0]["flavors"] == {"sklearn": {"version": "1"}, "python_function": {}}
    assert "signature" not in history[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not json", "is not a valid JSON"),
        ("[]", "is not a JSON object"),
        ('{"run_id": "r1"}', "missing mandatory fields"),
        (model_json(flavors=[]), "flavors must be an object"),
    ],
)
def test_a_model_that_is_not_one_is_refused(text, words):
    with pytest.raises(InvalidParameter, match=words):
        actions.record_logged_model("r1", text)


@pytest.mark.parametrize("history", ["not json", "{}", "5"])
def test_a_model_history_that_somebody_overwrote_is_told_and_kept(store, history):
    do(store, actions.set_tag("r1", Tag(LOGGED_MODELS_TAG, history)))
    with pytest.raises(BadRequest, match="holds no JSON list"):
        do(store, actions.record_logged_model("r1", model_json()))
    assert tag(store, LOGGED_MODELS_TAG) == history


def test_inputs_name_a_dataset_once(store):
    inputs = [DatasetInput(Dataset("d", "1", source=s)) for s in ("here", "there")]
    do(store, actions.log_inputs("r1", inputs, ["m-1", "m-1"]))
    assert [item.dataset.source for item in run(store).dataset_inputs] == ["here"]
    assert run(store).model_inputs == ("m-1",)
