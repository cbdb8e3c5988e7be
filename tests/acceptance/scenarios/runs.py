"""Runs, their params and their tags."""

import time

import mlflow
import pytest
from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException

LONG_PARAM, LONG_TAG = 6000, 8000


def test_a_run_begins_and_ends_with_the_fluent_api(client):
    before_ms = int(time.time() * 1000)
    with mlflow.start_run(run_name="első futás", tags={"a": "1"}, description="a *note*") as run:
        running = client.get_run(run.info.run_id)
        assert running.info.status == "RUNNING"
        assert running.info.end_time is None
    ended = client.get_run(run.info.run_id)
    assert ended.info.status == "FINISHED"
    assert before_ms <= ended.info.start_time <= ended.info.end_time
    assert ended.info.run_name == ended.data.tags["mlflow.runName"] == "első futás"
    assert ended.data.tags["a"] == "1"
    assert ended.data.tags["mlflow.note.content"] == "a *note*"
    assert ended.info.artifact_uri.startswith("mlflow-artifacts:/")


def test_a_run_without_a_name_gets_one(client, experiment_id):
    run = client.create_run(experiment_id)
    adjective, noun, number = run.info.run_name.split("-")
    assert adjective
    assert noun
    assert number.isdigit()


def test_a_failing_run_is_marked_as_failed(client):
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        1 / 0  # noqa: B018
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_is_taken_up_again(client):
    with mlflow.start_run() as run:
        mlflow.log_param("first", 1)
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_param("second", 2)
    again = client.get_run(run.info.run_id)
    assert again.data.params == {"first": "1", "second": "2"}
    assert again.info.status == "FINISHED"


def test_nested_runs_know_their_parent(client, experiment_id):
    with mlflow.start_run(run_name="parent") as parent:
        children = []
        for n in range(3):
            with mlflow.start_run(run_name=f"child {n}", nested=True) as child:
                mlflow.log_metric("n", n)
                with mlflow.start_run(nested=True):
                    pass
            children.append(child.info.run_id)
    found = client.search_runs(
        [experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.n"]
    )
    assert [run.info.run_id for run in found] == children
    assert client.get_parent_run(children[0]).info.run_id == parent.info.run_id


def test_a_run_is_renamed_and_ended_by_the_client(client, run_id):
    client.update_run(run_id, status="SCHEDULED", name="new name")
    run = client.get_run(run_id)
    assert (run.info.status, run.info.run_name) == ("SCHEDULED", "new name")
    assert run.data.tags["mlflow.runName"] == "new name"
    client.set_tag(run_id, "mlflow.runName", "newest name")
    assert client.get_run(run_id).info.run_name == "newest name"
    client.set_terminated(run_id, status="KILLED", end_time=1_700_000_000_000)
    run = client.get_run(run_id)
    assert (run.info.status, run.info.end_time) == ("KILLED", 1_700_000_000_000)


def test_a_deleted_run_takes_no_writes_until_it_is_restored(client, run_id, experiment_id):
    mlflow.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment_id]) == []
    for write in (
        lambda: client.log_metric(run_id, "m", 1),
        lambda: client.log_param(run_id, "p", 1),
        lambda: client.set_tag(run_id, "t", 1),
        lambda: client.log_batch(run_id, params=[Param("p", "1")]),
    ):
        with pytest.raises(MlflowException, match="must be in the 'active' state"):
            write()
    client.restore_run(run_id)
    client.log_param(run_id, "p", 1)
    assert [run.data.params for run in client.search_runs([experiment_id])] == [{"p": "1"}]


def test_a_run_that_is_not_there_is_a_404(client):
    for call in (client.get_run, client.delete_run, client.restore_run, client.set_terminated):
        with pytest.raises(MlflowException, match="not found") as refused:
            call("0" * 32)
        assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_params_are_kept_as_text(client):
    with mlflow.start_run() as run:
        assert mlflow.log_param("rate", 0.001) == 0.001
        mlflow.log_params({"layers": [64, 32], "none": None, "empty": "", "flag": True})
        mlflow.log_params({"päram/größe": "naïve ✓ 漢字", "dots.and-dashes_and spaces": "'\"`\\"})
    assert client.get_run(run.info.run_id).data.params == {
        "rate": "0.001",
        "layers": "[64, 32]",
        "none": "None",
        "empty": "",
        "flag": "True",
        "päram/größe": "naïve ✓ 漢字",
        "dots.and-dashes_and spaces": "'\"`\\",
    }


def test_a_param_may_be_said_again_but_not_changed(client):
    with mlflow.start_run() as run:
        mlflow.log_param("rate", 1)
        mlflow.log_param("rate", 1)
        mlflow.log_params({"rate": 1})
        with pytest.raises(MlflowException, match="Changing param values is not allowed"):
            mlflow.log_param("rate", 2)
        with pytest.raises(MlflowException, match="Changing param values is not allowed"):
            client.log_batch(
                run.info.run_id, params=[Param("rate", "2")], tags=[RunTag("with", "it")]
            )
    data = client.get_run(run.info.run_id).data
    assert data.params == {"rate": "1"}
    assert "with" not in data.tags  # nothing of a refused batch is kept


def test_long_values_are_cut_as_mlflow_cuts_them(client, run_id):
    client.log_param(run_id, "long", "ü" * (LONG_PARAM + 500))
    client.set_tag(run_id, "long", "ü" * (LONG_TAG + 500))
    client.log_batch(
        run_id, params=[Param("p", "x" * 9000)], tags=[RunTag("t", "x" * 9000), RunTag("s", "x")]
    )
    data = client.get_run(run_id).data
    assert data.params == {"long": "ü" * LONG_PARAM, "p": "x" * LONG_PARAM}
    assert data.tags["long"] == "ü" * LONG_TAG
    assert data.tags["t"] == "x" * LONG_TAG


@pytest.mark.parametrize("key", ["a$b", "../up", "/root", "a//b", "x" * 251])
def test_a_bad_key_is_refused(client, run_id, key):
    for write in (
        lambda: client.log_metric(run_id, key, 1),
        lambda: client.log_param(run_id, key, 1),
        lambda: client.set_tag(run_id, key, 1),
    ):
        with pytest.raises(MlflowException) as refused:
            write()
        assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_tags_are_set_replaced_and_deleted(client):
    with mlflow.start_run() as run:
        mlflow.set_tag("stage", "draft")
        mlflow.set_tags({"stage": "final", "schlüssel": "värde 🎉", "number": 3})
        mlflow.set_tag("gone", "soon")
        mlflow.delete_tag("gone")
        with pytest.raises(MlflowException, match="No tag with name: gone"):
            mlflow.delete_tag("gone")
    tags = client.get_run(run.info.run_id).data.tags
    assert {key: value for key, value in tags.items() if not key.startswith("mlflow.")} == {
        "stage": "final",
        "schlüssel": "värde 🎉",
        "number": "3",
    }


def test_many_params_and_tags_go_in_one_call(client, run_id):
    params = {f"p{n}": str(n) for n in range(250)}
    tags = {f"t{n}": str(n) for n in range(150)}
    with mlflow.start_run(run_id=run_id):
        mlflow.log_params(params)
    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in list(tags.items())[:100]])
    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in list(tags.items())[100:]])
    data = client.get_run(run_id).data
    assert data.params == params
    assert data.tags.items() >= tags.items()
