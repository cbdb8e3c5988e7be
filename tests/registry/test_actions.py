"""What users may do to logged models, and what they are told when they may not."""

from contextlib import closing

import pytest

from millpond.domain.experiments import Stage, Tag
from millpond.domain.models import ModelStatus
from millpond.domain.runs import Param
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.registry import actions
from millpond.store.memory import MemoryStore
from millpond.testing.store_contract.samples import ask, do, start_run
from millpond.tracking.actions import delete_experiment


def create(model_id="m-1", name="net", experiment_id=1, params=(), tags=()):
    return actions.create_model(model_id, experiment_id, name, "agent", "r1", params, tags, 50)


@pytest.fixture
def store():
    with closing(MemoryStore()) as store:
        start_run(store)
        do(store, create(params=[Param("a", "1")], tags=[Tag("t", "1"), Tag("t", "2")]))
        yield store


def model(store, model_id="m-1"):
    return ask(store, lambda r: r.model(model_id))


def test_a_new_model_is_pending_and_keeps_its_files_below_its_experiment(store):
    made = model(store)
    assert made.status is ModelStatus.LOGGED_MODEL_PENDING
    assert made.artifact_uri == "mlflow-artifacts:/1/models/m-1/artifacts"
    assert made.tags == (Tag("t", "2"),)


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_a_name_with_other_characters_is_refused(name):
    with pytest.raises(InvalidParameter, match="cannot contain the following characters"):
        create(name=name)


def test_a_model_needs_an_active_experiment(store):
    with pytest.raises(DoesNotExist, match="No Experiment with id=404 exists"):
        do(store, create("m-2", experiment_id=404))
    do(store, delete_experiment(1, 60))
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        do(store, create("m-2"))


@pytest.mark.parametrize("word", ["READY", "UPLOAD_FAILED"])
def test_finalizing_says_how_the_upload_ended(store, word):
    status = ModelStatus[f"LOGGED_MODEL_{word}"]
    done = do(store, actions.finalize_model("m-1", status, 70))
    assert done == model(store)
    assert (done.status, done.last_update_ms, done.creation_ms) == (status, 70, 50)


@pytest.mark.parametrize("word", ["PENDING", "STATUS_UNSPECIFIED"])
def test_finalizing_as_something_else_is_refused(word):
    with pytest.raises(InvalidParameter, match=f"Invalid model status: LOGGED_MODEL_{word}"):
        actions.finalize_model("m-1", ModelStatus[f"LOGGED_MODEL_{word}"], 70)


def test_a_param_keeps_its_first_value_and_a_batch_is_whole_or_not_at_all(store):
    do(store, actions.log_model_params("m-1", [Param("a", "1"), Param("b", "2"), Param("b", "2")]))
    assert model(store).params == (Param("a", "1"), Param("b", "2"))
    with pytest.raises(InvalidParameter, match=r"key='b' was already logged with value='2'"):
        do(store, actions.log_model_params("m-1", [Param("c", "3"), Param("b", "9")]))
    assert model(store).params == (Param("a", "1"), Param("b", "2"))


def test_a_deleted_model_is_told_to_be_gone(store):
    do(store, actions.delete_model("m-1", 80))
    assert (model(store).stage, model(store).last_update_ms) == (Stage.DELETED, 80)
    for action in (
        actions.finalize_model("m-1", ModelStatus.LOGGED_MODEL_READY, 81),
        actions.log_model_params("m-1", []),
        actions.set_model_tags("m-1", []),
        actions.delete_model_tag("m-1", "t"),
    ):
        with pytest.raises(DoesNotExist, match="Logged model with ID 'm-1' not found"):
            do(store, action)
    assert ask(store, lambda r: actions.require_model(r, "m-1", allow_deleted=True))


def test_deleting_a_tag_that_is_not_there_is_an_error(store):
    do(store, actions.delete_model_tag("m-1", "t"))
    with pytest.raises(DoesNotExist, match="No tag with key 't' found for model with ID 'm-1'"):
        do(store, actions.delete_model_tag("m-1", "t"))
