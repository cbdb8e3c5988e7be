"""Webhooks on the wire: what they are told, in MLflow's words and in Databricks'."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from millpond.domain.experiments import Tag
from millpond.domain.metrics import Int64
from millpond.domain.registry import PROMPT_TAG, PROMPT_TEXT_TAG, ModelVersion, RegisteredModel
from millpond.domain.reviews import Activity, ActivityKind
from millpond.domain.webhooks import Dialect, Webhook, WebhookStatus
from millpond.errors import InvalidParameter
from millpond.wire.messages import Filled, Message, Part

Subject = RegisteredModel | ModelVersion | None

_PROMPT_TYPE_TAG = "_mlflow_prompt_type"
_HOW = {
    "MODEL_VERSION_CREATED": "A new version was made",
    "REGISTERED_MODEL_CREATED": "A new model was registered",
    "COMMENT_CREATED": "Someone said something about a version",
    "MODEL_VERSION_TAG_SET": "A version's tag was set",
}


class JobSpec(Part):
    """Databricks' other kind of webhook, which starts a job there."""

    job_id: str = ""
    access_token: str = ""
    workspace_url: str = ""


class HttpUrlSpec(Part):
    url: Filled
    secret: str = ""
    authorization: str = ""
    enable_ssl_verification: bool = True


class CreateRegistryWebhook(Message):
    """Databricks' way to make a webhook."""

    required = ("events",)

    events: list[str] | None = None
    model_name: str = ""
    description: str = ""
    status: WebhookStatus | None = None
    http_url_spec: HttpUrlSpec | None = None
    job_spec: JobSpec | None = None


class ListRegistryWebhooks(Message):
    model_name: str = ""
    events: list[str] = []
    max_results: Int64 | None = None
    page_token: str = ""


class UpdateRegistryWebhook(Message):
    required = ("id",)

    id: str | None = None
    description: str | None = None
    events: list[str] = []
    status: WebhookStatus | None = None
    http_url_spec: HttpUrlSpec | None = None


class TestRegistryWebhook(Message):
    __test__ = False
    required = ("id",)

    id: str | None = None
    event: str = ""


class EventPart(Part):
    """MLflow's event: MODEL_VERSION and CREATED for ``model_version.created``."""

    entity: Filled
    action: Filled

    @property
    def word(self) -> str:
        return f"{self.entity}.{self.action}".lower()


class CreateWebhook(Message):
    """MLflow's way to make a webhook."""

    required = ("name", "url", "events")

    name: str | None = None
    description: str = ""
    url: str | None = None
    events: list[EventPart] | None = None
    secret: str = ""
    status: WebhookStatus | None = None


class UpdateWebhook(Message):
    name: str = ""
    description: str | None = None
    url: str = ""
    events: list[EventPart] = []
    secret: str | None = None
    status: WebhookStatus | None = None


class TestWebhook(Message):
    __test__ = False
    event: EventPart | None = None


class ListWebhooks(Message):
    max_results: Int64 | None = None
    page_token: str = ""


class Credentials(Struct, frozen=True):
    """What a webhook signs with, and what it shows at the door."""

    secret: str = ""
    authorization: str = ""


def event_body(
    webhook: Webhook, event: str, activity: Activity, subject: Subject, now_ms: int
) -> str:
    """The JSON text that tells a webhook of an activity.

    subject: the model or version that it is about, as it is after it.
    """
    if webhook.dialect is Dialect.MLFLOW:
        content = _mlflow_body(event, activity, subject, now_ms)
    else:
        content = _databricks_body(webhook, event, activity, subject, now_ms)
    return json.dumps(content)


def test_body(webhook: Webhook, event: str, now_ms: int) -> str:
    """What a webhook is told when someone tests it."""
    details = {"to_stage": "Production", "from_stage": "Staging", "comment": "A test."}
    details |= {"key": "example_key", "value": "example_value", "alias": "example_alias"}
    activity = Activity("example_model", 1, _example_kind(event), "", now_ms, details)
    return event_body(webhook, event, activity, None, now_ms)


test_body.__test__ = False  # type: ignore[attr-defined]


def headers(
    webhook: Webhook, credentials: Credentials, body: str, delivery: str, now_ms: int
) -> dict[str, str]:
    """What goes with a body: its type, and a signature if the webhook has a secret."""
    found = {"Content-Type": "application/json", "User-Agent": "Millpond"}
    secret = credentials.secret
    if credentials.authorization:
        found["Authorization"] = credentials.authorization
    if webhook.dialect is Dialect.DATABRICKS:
        if secret:
            found["X-Databricks-Signature"] = _digest(secret, body).hex()
        return found
    timestamp = str(now_ms // 1_000)
    found["X-MLflow-Delivery-Id"] = delivery
    found["X-MLflow-Timestamp"] = timestamp
    if secret:
        digest = _digest(secret, f"{delivery}.{timestamp}.{body}")
        found["X-MLflow-Signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return found


def registry_webhook_answer(webhook: Webhook) -> dict[str, Any]:
    """A webhook in Databricks' words; its secret is never told."""
    answer: dict[str, Any] = {
        "id": webhook.webhook_id,
        "events": list(webhook.events),
        "creation_timestamp": webhook.creation_ms,
        "last_updated_timestamp": webhook.last_update_ms,
        "description": webhook.description,
        "status": webhook.status.value,
        "http_url_spec": {
            "url": webhook.url,
            "enable_ssl_verification": webhook.checks_certificate,
        },
    }
    if webhook.model is not None:
        answer["model_name"] = webhook.model
    return answer


def webhook_answer(webhook: Webhook) -> dict[str, Any]:
    """A webhook in MLflow's words; its secret is never told."""
    answer: dict[str, Any] = {"webhook_id": webhook.webhook_id, "name": webhook.name}
    if webhook.description:
        answer["description"] = webhook.description
    return answer | {
        "url": webhook.url,
        "events": [_event_answer(event) for event in webhook.events],
        "status": webhook.status.value,
        "creation_timestamp": webhook.creation_ms,
        "last_updated_timestamp": webhook.last_update_ms,
    }


def _event_answer(event: str) -> dict[str, str]:
    entity, _, action = event.upper().partition(".")
    return {"entity": entity, "action": action}


def event_words(events: Sequence[EventPart]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event.word for event in events))


def require_http_spec(spec: HttpUrlSpec | None, job_spec: JobSpec | None) -> HttpUrlSpec:
    if job_spec is not None:
        raise InvalidParameter(
            "Invalid value for parameter 'job_spec': this server starts no Databricks jobs. Give "
            "'http_url_spec' instead."
        )
    if spec is None:
        raise InvalidParameter("Missing value for required parameter 'http_url_spec'.")
    return spec


def _digest(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _mlflow_body(event: str, activity: Activity, subject: Subject, now_ms: int) -> dict[str, Any]:
    entity, _, action = event.partition(".")
    return {
        "entity": entity,
        "action": action,
        "timestamp": datetime.fromtimestamp(now_ms / 1_000, UTC).isoformat(),
        "data": _mlflow_data(entity, activity, subject),
    }


def _mlflow_data(entity: str, activity: Activity, subject: Subject) -> dict[str, Any]:
    data: dict[str, Any] = {"name": activity.name}
    details = activity.details
    match activity.kind:
        case ActivityKind.CREATED_MODEL:
            data["tags"] = _tags(subject)
            data["description"] = (subject and subject.description) or None
        case ActivityKind.CREATED_VERSION:
            data["version"] = str(activity.version)
            version = subject if isinstance(subject, ModelVersion) else None
            if entity == "prompt_version":
                texts = {tag.key: tag.value for tag in version.tags} if version else {}
                data["template"] = texts.get(PROMPT_TEXT_TAG)
            else:
                data["source"] = version.source if version else details.get("source", "")
                data["run_id"] = (version and version.run_id) or None
            data["tags"] = _tags(subject)
            data["description"] = (subject and subject.description) or None
        case ActivityKind.SET_ALIAS | ActivityKind.DELETED_ALIAS:
            data["alias"] = details.get("alias", "")
            if activity.kind is ActivityKind.SET_ALIAS:
                data["version"] = str(activity.version)
        case _:
            if activity.version is not None:
                data["version"] = str(activity.version)
            data["key"] = details.get("key", "")
            if activity.kind is ActivityKind.SET_TAG:
                data["value"] = details.get("value", "")
    return data


def _tags(subject: Subject) -> dict[str, str]:
    tags: tuple[Tag, ...] = subject.tags if subject else ()
    hidden = (PROMPT_TAG, PROMPT_TEXT_TAG, _PROMPT_TYPE_TAG)
    return {tag.key: tag.value for tag in tags if tag.key not in hidden}


def _databricks_body(
    webhook: Webhook, event: str, activity: Activity, subject: Subject, now_ms: int
) -> dict[str, Any]:
    details = activity.details
    body: dict[str, Any] = {
        "event": event,
        "webhook_id": webhook.webhook_id,
        "event_timestamp": now_ms,
        "model_name": activity.name,
    }
    if activity.version is not None:
        body["version"] = str(activity.version)
    for name in ("from_stage", "to_stage", "comment"):
        if details.get(name):
            body[name] = details[name]
    if "key" in details:
        body["tags"] = [{"key": details["key"], "value": details.get("value", "")}]
    if isinstance(subject, ModelVersion) and subject.run_id:
        body["run_id"] = subject.run_id
    body["text"] = _sentence(event, activity)
    return body


def _sentence(event: str, activity: Activity) -> str:
    who = activity.user or "Someone"
    of_what = f"version {activity.version} of model '{activity.name}'"
    to_stage = activity.details.get("to_stage", "")
    if event.startswith("MODEL_VERSION_TRANSITIONED"):
        from_stage = activity.details.get("from_stage", "")
        return f"{who} moved {of_what} from '{from_stage}' to '{to_stage}'."
    if event.startswith("TRANSITION_REQUEST"):
        return f"{who} asks for {of_what} to be moved to '{to_stage}'."
    return f"{_HOW[event]}: {of_what}." if activity.version else f"{_HOW[event]}: {activity.name}."


def _example_kind(event: str) -> ActivityKind:
    entity, _, action = event.lower().partition(".")
    if entity.endswith("alias"):
        return ActivityKind.SET_ALIAS if action == "created" else ActivityKind.DELETED_ALIAS
    if "tag" in entity:
        return ActivityKind.DELETED_TAG if action == "deleted" else ActivityKind.SET_TAG
    if entity in ("registered_model", "prompt", "registered_model_created"):
        return ActivityKind.CREATED_MODEL
    if entity in ("model_version", "prompt_version", "model_version_created"):
        return ActivityKind.CREATED_VERSION
    if entity == "comment_created":
        return ActivityKind.NEW_COMMENT
    is_request = entity.startswith("transition_request")
    return ActivityKind.REQUESTED_TRANSITION if is_request else ActivityKind.APPLIED_TRANSITION
