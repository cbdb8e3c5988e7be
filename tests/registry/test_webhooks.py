"""Webhooks are told what happens, signed, once it has happened, and again until they have heard."""

import base64
import hashlib
import hmac
import json
from contextlib import closing

import pytest

from millpond.app import Server
from millpond.domain.webhooks import DATABRICKS_EVENTS, MLFLOW_EVENTS
from millpond.registry import sending
from millpond.registry.posting import post
from millpond.settings import Settings
from tests.registry.calls import Caller
from tests.registry.receiver import Receiver


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def hook(ask, receiver):
    """Makes a webhook in Databricks' way, and takes it away again."""
    made = []

    def make(*events, **more):
        spec = {"url": receiver.url, **more.pop("spec", {})}
        answer = ask(
            "POST", "registry-webhooks/create", events=list(events), http_url_spec=spec, **more
        )
        made.append(answer["webhook"]["id"])
        return answer["webhook"]

    yield make
    for webhook_id in made:
        ask("DELETE", f"registry-webhooks/delete?id={webhook_id}")


def bodies(receiver, count):
    return [json.loads(body) for _, _, body in receiver.wait_for(count)]


def test_a_webhook_is_told_what_it_asked_for_and_nothing_else(ask, hook, receiver, name):
    made = hook("MODEL_VERSION_TRANSITIONED_STAGE", "COMMENT_CREATED", "MODEL_VERSION_TAG_SET")
    ask.register(name)
    ask("POST", "model-versions/transition-stage", name=name, version="1", stage="Staging")
    ask("POST", "comments/create", name=name, version="1", comment="fine")
    ask("POST", "model-versions/set-tag", name=name, version="1", key="a", value="b")
    ask("POST", "registered-models/set-tag", name=name, key="a", value="b")
    told = {body["event"]: body for body in bodies(receiver, 3)}
    assert set(told) == set(made["events"])
    moved = told["MODEL_VERSION_TRANSITIONED_STAGE"]
    assert (moved["model_name"], moved["version"]) == (name, "1")
    assert (moved["from_stage"], moved["to_stage"]) == ("None", "Staging")
    assert moved["webhook_id"] == made["id"]
    assert told["COMMENT_CREATED"]["comment"] == "fine"
    assert told["MODEL_VERSION_TAG_SET"]["tags"] == [{"key": "a", "value": "b"}]
    assert receiver.told[0][0] == "/hook?a=b"


def test_a_webhook_of_one_model_hears_of_no_other(ask, hook, receiver, name):
    ask("POST", "registered-models/create", name=name)
    hook("MODEL_VERSION_CREATED", model_name=name)
    ask.register(f"{name} other")
    ask("POST", "model-versions/create", name=name, source="s3://bucket/x")
    (told,) = bodies(receiver, 1)
    assert told["model_name"] == name


def test_a_transition_to_one_stage_is_an_event_of_its_own(ask, hook, receiver, name):
    hook("MODEL_VERSION_TRANSITIONED_TO_PRODUCTION", "TRANSITION_REQUEST_TO_STAGING_CREATED")
    ask.register(name)
    for stage in ("Staging", "Production"):
        place = {"name": name, "version": "1", "stage": stage}
        ask("POST", "transition-requests/create", **place)
        ask("POST", "transition-requests/approve", **place)
    told = bodies(receiver, 2)
    assert [body["event"] for body in told] == [
        "TRANSITION_REQUEST_TO_STAGING_CREATED",
        "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
    ]


def test_a_message_is_signed_with_the_secret(ask, hook, receiver, name):
    hook("REGISTERED_MODEL_CREATED", spec={"secret": "s3cret", "authorization": "Bearer me"})
    ask("POST", "registered-models/create", name=name)
    (_, headers, body) = receiver.wait_for(1)[0]
    expected = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-Databricks-Signature"] == expected
    assert headers["Authorization"] == "Bearer me"
    assert headers["Content-Type"] == "application/json"


def test_mlflows_webhook_is_told_in_mlflows_words(ask, receiver, name):
    made = ask(
        "POST",
        "webhooks",
        name="mine",
        url=receiver.url,
        secret="s3cret",
        events=[
            {"entity": "MODEL_VERSION", "action": "CREATED"},
            {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"},
            {"entity": "PROMPT", "action": "CREATED"},
        ],
    )["webhook"]
    assert made["events"][0] == {"entity": "MODEL_VERSION", "action": "CREATED"}
    ask.register(name, tags=[{"key": "a", "value": "b"}])
    ask("POST", "registered-models/alias", name=name, alias="champion", version="1")
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    ask("POST", "registered-models/create", name=f"{name} prompt", tags=tags)
    heard = receiver.wait_for(3)
    told = {json.loads(body)["entity"]: json.loads(body) for _, _, body in heard}
    assert told["model_version"]["data"] == {
        "name": name,
        "version": "1",
        "source": "s3://bucket/1",
        "run_id": None,
        "tags": {"a": "b"},
        "description": None,
    }
    assert told["model_version_alias"]["data"] == {
        "name": name,
        "alias": "champion",
        "version": "1",
    }
    assert told["prompt"]["data"]["name"] == f"{name} prompt"
    (_, headers, body) = heard[0]
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
    digest = hmac.new(b"s3cret", signed, hashlib.sha256).digest()
    assert headers["X-MLflow-Signature"] == f"v1,{base64.b64encode(digest).decode()}"
    ask("DELETE", f"webhooks/{made['webhook_id']}")


def test_mlflows_webhooks_are_listed_changed_and_deleted(ask, receiver):
    made = [
        ask(
            "POST",
            "webhooks",
            name=f"hook-{n}",
            url=receiver.url,
            events=[{"entity": "PROMPT", "action": "CREATED"}],
        )["webhook"]["webhook_id"]
        for n in range(3)
    ]
    page = ask("GET", "webhooks", max_results=2)
    rest = ask("GET", "webhooks", max_results=2, page_token=page["next_page_token"])
    assert "next_page_token" not in rest
    found = [w["webhook_id"] for w in page["webhooks"] + rest["webhooks"]]
    assert sorted(found) == sorted(made)
    changed = ask("PATCH", f"webhooks/{made[0]}", name="other", status="DISABLED", description="é")[
        "webhook"
    ]
    assert (changed["name"], changed["status"], changed["description"]) == (
        "other",
        "DISABLED",
        "é",
    )
    assert changed["url"] == receiver.url
    for webhook_id in made:
        ask("DELETE", f"webhooks/{webhook_id}")
    assert ask.refusal("GET", f"webhooks/{made[0]}", 404) == (
        f"Webhook with ID {made[0]} not found."
    )


@pytest.mark.parametrize("event", [*DATABRICKS_EVENTS, *MLFLOW_EVENTS])
def test_every_event_can_be_tested(ask, receiver, event):
    dialect = "databricks" if event.isupper() else "mlflow"
    made = ask("POST", "/api/v1/webhooks", 201, url=receiver.url, events=[event], dialect=dialect)
    told = ask("POST", f"/api/v1/webhooks/{made['webhook_id']}/test", event=event)
    assert told == {"status": 200, "body": "heard"}
    (body,) = bodies(receiver, 1)
    told_event = body.get("event") or f"{body['entity']}.{body['action']}"
    assert told_event == event
    ask("DELETE", f"/api/v1/webhooks/{made['webhook_id']}", 204)


def test_the_events_that_there_are_are_listed_in_both_dialects(ask):
    listed = {one["dialect"]: one["events"] for one in ask("GET", "/api/v1/webhooks/events")}
    assert listed == {"databricks": list(DATABRICKS_EVENTS), "mlflow": list(MLFLOW_EVENTS)}


def test_a_test_says_what_went_wrong(ask, hook):
    failing = Receiver(503)
    with closing(failing):
        made = hook("COMMENT_CREATED", spec={"url": failing.url})
        told = ask("POST", "registry-webhooks/test", id=made["id"])["webhook"]
        assert told == {"status_code": 503, "body": "heard"}
    gone = ask("POST", "registry-webhooks/test", id=made["id"])["webhook"]
    assert gone["status_code"] == 0
    assert "Refused" in gone["body"]
    ask.refusal("POST", "registry-webhooks/test", id=made["id"], event="NOTHING")


def test_a_disabled_webhook_hears_nothing(ask, hook, receiver, name):
    made = hook("REGISTERED_MODEL_CREATED", status="DISABLED")
    ask("POST", "registered-models/create", name=name)
    ask("PATCH", "registry-webhooks/update", id=made["id"], status="ACTIVE")
    ask("POST", "registered-models/create", name=f"{name} 2")
    (told,) = bodies(receiver, 1)
    assert told["model_name"] == f"{name} 2"


def test_a_refused_change_tells_nobody(ask, hook, receiver, name):
    hook("REGISTERED_MODEL_CREATED")
    ask("POST", "registered-models/create", name=name)
    ask("POST", "registered-models/create", 400, name=name)
    ask("POST", "registered-models/create", name=f"{name} last")
    assert [body["model_name"] for body in bodies(receiver, 2)] == [name, f"{name} last"]


def test_a_webhook_that_does_not_answer_is_told_again(ask, monkeypatch, name):
    monkeypatch.setattr(sending, "_FIRST_PAUSE_MS", 50)
    with closing(Receiver(500, 503, 200)) as slow:
        made = ask(
            "POST",
            "/api/v1/webhooks",
            201,
            url=slow.url,
            events=["REGISTERED_MODEL_CREATED"],
            secret="x",
        )
        assert made["has_secret"] is True
        ask("POST", "registered-models/create", name=name)
        told = slow.wait_for(3)
        assert len({body for _, _, body in told}) == 1
        path = f"/api/v1/webhooks/{made['webhook_id']}"
        for _ in range(100):
            (delivery,) = ask("GET", f"{path}/deliveries")
            if delivery["status"] == "delivered":
                break
        assert (delivery["attempts"], delivery["answer"]) == (3, "200 heard")
        ask("DELETE", path, 204)


def test_pauses_grow_up_to_an_hour():
    pauses = [sending.pause_ms(attempts) for attempts in range(1, 11)]
    assert pauses[:4] == [1_000, 4_000, 16_000, 64_000]
    assert pauses[-1] == 3_600_000


def test_a_message_outlives_the_server(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", webhook_private_addresses=True)
    with closing(Receiver(500)) as deaf:
        with closing(Server(settings, 1)) as server:
            ask = Caller(server.app)
            made = ask(
                "POST",
                "/api/v1/webhooks",
                201,
                url=deaf.url,
                events=["REGISTERED_MODEL_CREATED"],
                secret="s3cret",
            )
            ask("POST", "registered-models/create", name="churn")
            deaf.wait_for(1)
        heard = deaf.told[0][1]["X-Databricks-Signature"]
        deaf._statuses = [200]
        with closing(Server(settings, 2)):
            assert deaf.wait_for(2)[1][1]["X-Databricks-Signature"] == heard
    assert made["webhook_id"]
    secret_is_shown = b"s3cret" in (tmp_path / "data" / "millpond.db").read_bytes()
    assert not secret_is_shown


def test_private_addresses_are_called_only_if_the_server_is_told_so(receiver):
    told = post(receiver.url, b"{}", {}, allows_private=False)
    assert told.status == 0
    assert "webhook_private_addresses" in told.body
    assert receiver.told == []
    for url in (
        "http://localhost:1/",
        "http://169.254.169.254/",
        "http://[::1]/",
        "http://10.0.0.1/",
    ):
        assert post(url, b"{}", {}, allows_private=False).status == 0


def test_redirects_are_not_followed(receiver):
    with closing(Receiver(302)) as elsewhere:
        assert post(elsewhere.url, b"{}", {}, allows_private=True).status == 302
        assert not post(elsewhere.url, b"{}", {}, allows_private=True).is_good


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"events": ["COMMENT_CREATED"]}, "http_url_spec"),
        ({"events": [], "http_url_spec": {"url": "http://x"}}, "events"),
        ({"events": ["NOPE"], "http_url_spec": {"url": "http://x"}}, "Unknown webhook event"),
        ({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": "ftp://x"}}, "scheme"),
        ({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": "http:///a"}}, "hostname"),
        ({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": "http://a b/"}}, "blanks"),
        ({"events": ["COMMENT_CREATED"], "job_spec": {"job_id": "1"}}, "job_spec"),
    ],
)
def test_what_is_no_webhook_is_refused(ask, fields, words):
    assert words in ask.refusal("POST", "registry-webhooks/create", **fields)
