"""Registered models as Python objects, and on the command line."""

import re
from contextlib import closing

import pytest
from typer.testing import CliRunner

from millpond.cli import app
from millpond.errors import BadRequest, DoesNotExist, InUse
from tests.registry.receiver import Receiver


@pytest.fixture
def name(request):
    return f"{request.node.name} é"


@pytest.fixture
def models(workspace):
    return workspace.models


@pytest.fixture
def millpond(process):
    """Runs one command, and gives what it prints; a failure is an AssertionError."""

    def run(*arguments, status=0, **more):
        environ = {"MLFLOW_TRACKING_URI": process.url, "COLUMNS": "200", "TERM": "dumb"}
        done = CliRunner().invoke(app, [*map(str, arguments)], env=environ, **more)
        assert done.exit_code == status, (done.output, done.exception)
        return done.output

    return run


def test_a_model_goes_through_its_life(models, name):
    made = models.create(name, "who leaves", {"team": "blue"})
    assert (made.name, made.description, made.tags) == (name, "who leaves", {"team": "blue"})
    for n in (1, 2):
        assert models.register(name, f"s3://bucket/{n}", tags={"n": str(n)}).version == n
    models.describe(name, "who stays")
    models.describe(name, "better", "latest")
    models.set_tag(name, "rank", "1")
    models.set_tag(name, "ok", "yes", version=1)
    models.delete_tag(name, "team")
    models.delete_tag(name, "n", version="1")
    assert models.set_alias(name, "champion", "latest").aliases == ["champion"]
    assert models.move(name, "@champion", "staging", comment="try").stage == "Staging"
    found = models.version(name, "Staging").version
    assert (found.version, found.description, found.tags) == (2, "better", {"n": "2"})
    assert models.version(name, 1).version.tags == {"ok": "yes"}
    assert [version.version for version in models.versions(name)] == [2, 1]
    (listed,) = models.list(f"name = '{name}'")
    assert (listed.aliases, listed.tags) == ({"champion": 2}, {"rank": "1"})
    assert models.rename(name, f"{name} anew").description == "who stays"
    models.delete(f"{name} anew", 1)
    models.delete_alias(f"{name} anew", "champion")
    models.delete(f"{name} anew")
    with pytest.raises(DoesNotExist, match="not found"):
        models.get(name)


def test_lists_are_as_long_as_there_are_models(models, name):
    for n in range(105):
        models.create(f"{name} {n:03}")
    found = [model.name for model in models.list(f"name LIKE '{name} %'", "name DESC")]
    assert found == [f"{name} {n:03}" for n in reversed(range(105))]


def test_people_agree_on_a_version(models, name):
    models.create(name)
    models.register(name, "s3://bucket/1")
    said = models.comment(name, 1, "fine?")
    models.change_comment(said.comment_id, "fine!")
    assert models.request(name, 1, "Production", "please").stage == "Production"
    assert models.reject(name, 1, "Production", "no").kind == "REJECTED_REQUEST"
    models.request(name, 1, "Staging")
    assert models.cancel(name, 1, "Staging").kind == "CANCELLED_REQUEST"
    models.request(name, 1, "Production")
    assert models.approve(name, 1, "Production", archive=True).details["to_stage"] == "Production"
    detail = models.version(name, 1)
    assert [comment.comment for comment in detail.comments] == ["fine!"]
    models.delete_comment(said.comment_id)
    kinds = [activity.kind for activity in models.activities(name, "latest", limit=2)]
    assert kinds == ["APPROVED_REQUEST", "REQUESTED_TRANSITION"]
    models.lock(name, 1, "endpoint/churn", "live")
    with pytest.raises(InUse, match="endpoint/churn"):
        models.delete(name)
    models.unlock(name, 1, "endpoint/churn")
    models.delete(name)


def test_a_gate_lets_only_better_versions_pass(models, name):
    models.create(name)
    for score in ("0.8", "0.7"):
        models.register(name, "s3://bucket/x", tags={"score": score})
    models.set_gate(name, "champion", "tags.score > champion.tags.score")
    models.set_alias(name, "champion", 1)
    assert not models.check_gate(name, "champion", 2).passes
    assert models.check_gate(name, "champion", 2, "tags.score > 0.5").passes
    with pytest.raises(BadRequest, match="does not pass the gate"):
        models.set_alias(name, "champion", 2)
    assert [gate.rule for gate in models.gates(name)] == ["tags.score > champion.tags.score"]
    models.delete_gate(name, "champion")
    models.set_alias(name, "champion", 2)
    compared = models.compare(name, 1, "@champion")
    assert [(row.key, row.left, row.right) for row in compared.tags] == [("score", "0.8", "0.7")]


def test_webhooks_are_made_tested_and_read(workspace, name):
    with closing(Receiver()) as receiver:
        hooks = workspace.webhooks
        made = hooks.create(receiver.url, ["REGISTERED_MODEL_CREATED"], secret="x")
        assert made.has_secret
        assert hooks.test(made.webhook_id).status == 200
        workspace.models.create(name)
        receiver.wait_for(2)
        assert [hook.webhook_id for hook in hooks.list()] == [made.webhook_id]
        assert hooks.deliveries(made.webhook_id)[0].event == "REGISTERED_MODEL_CREATED"
        assert hooks.set_status(made.webhook_id, "DISABLED").status == "DISABLED"
        hooks.delete(made.webhook_id)
        assert hooks.list() == []


def test_everything_is_on_the_command_line_too(millpond, models, name):
    millpond("model", "create", name, "--description", "who leaves", "--tag", "team=blue")
    for n in (1, 2):
        said = millpond("model", "register", name, f"s3://b/{n}", "--tag", f"score={n}")
        assert said == f"Made version {n} of {name}.\n"
    millpond("model", "describe", name, "better", "--version", "2")
    millpond("model", "tag", name, "team", "rank=1")
    millpond("model", "gate", name, "champion", "--set", "tags.score > champion.tags.score")
    assert "version 2 now" in millpond("model", "promote", name, "latest", "champion")
    refused = millpond("model", "gate", name, "champion", "--check", "1", status=1)
    assert re.search(r"tags\.score: 1 .*│ no .*champion\.tags\.score: 2", refused, re.DOTALL)
    assert "tags.score" in millpond("model", "gate", name)
    assert "differs" in millpond("model", "compare", name, "1", "@champion", "--diff")
    millpond("model", "comment", name, "2", "fine")
    millpond("model", "request", name, "2", "Production")
    millpond("model", "reject", name, "2", "Production", "--comment", "no")
    millpond("model", "request", name, "2", "Staging")
    millpond("model", "cancel", name, "2", "Staging")
    millpond("model", "request", name, "2", "Production")
    millpond("model", "approve", name, "2", "Production", "--archive")
    assert "Staging now" in millpond("model", "stage", name, "2", "Staging")
    shown = millpond("model", "show", name, "@champion")
    assert "better" in shown
    assert "fine" in shown
    assert "approved request" in millpond("model", "activity", name, "--version", "2")
    assert "s3://b/1" in millpond("model", "versions", name)
    assert "champion -> 2" in millpond("model", "list", "--filter", f"name = '{name}'")
    millpond("model", "lock", name, "1", "job")
    millpond("model", "unlock", name, "1", "job")
    millpond("model", "gate", name, "champion", "--delete")
    millpond("model", "unalias", name, "champion")
    millpond("model", "delete", name, "--version", "1")
    millpond("model", "rename", name, f"{name} 2")
    millpond("model", "delete", f"{name} 2")


def test_webhooks_are_on_the_command_line_too(millpond):
    assert "COMMENT_CREATED" in millpond("webhook", "events")
    with closing(Receiver(200, 500)) as receiver:
        event = ("--event", "registered_model.created")
        made = millpond("webhook", "add", receiver.url, *event, "--secret", input="x\n").split()[-1]
        assert receiver.url in millpond("webhook", "list")
        assert millpond("webhook", "test", made) == "200: heard\n"
        assert millpond("webhook", "test", made, status=1) == "500: heard\n"
        millpond("webhook", "disable", made)
        millpond("webhook", "enable", made)
        millpond("webhook", "log", made)
        millpond("webhook", "delete", made)
