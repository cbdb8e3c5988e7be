"""Webhooks: addresses that are told what happens in the registry, and what waits to be told."""

import re
from enum import Enum
from urllib.parse import urlsplit

from msgspec import Struct

from millpond.domain import names
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import Activity, ActivityKind
from millpond.errors import DoesNotExist, InvalidParameter

MAX_PAGE = 1_000
MAX_URL_LENGTH = 2_000
_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?")
_SCHEMES = ("https", "http")


class WebhookStatus(Enum):
    """ACTIVE is told, DISABLED is not, TEST_MODE only when someone tests it."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    TEST_MODE = "TEST_MODE"


class Dialect(Enum):
    """Whose words a webhook is told in: those of the API that it was made with."""

    MLFLOW = "mlflow"
    DATABRICKS = "databricks"


class Webhook(Struct, frozen=True):
    """One address and what it wants to hear.

    events: words of its dialect; model: the one model it is about, None for every one; sealed: its
    secret, encrypted, empty if it has none; checks_certificate: whether the address must have one.
    """

    webhook_id: str
    dialect: Dialect
    url: str
    events: tuple[str, ...]
    creation_ms: int
    last_update_ms: int
    name: str = ""
    model: str | None = None
    description: str = ""
    status: WebhookStatus = WebhookStatus.ACTIVE
    sealed: bytes = b""
    checks_certificate: bool = True


class DeliveryStatus(Enum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Struct, frozen=True):
    """One message to a webhook.

    delivery_id: 0 until it is kept; attempts: how often it was tried; next_ms: when it is due;
    answer: what the last try was told, in short.
    """

    webhook_id: str
    event: str
    body: str
    creation_ms: int
    next_ms: int
    delivery_id: int = 0
    attempts: int = 0
    status: DeliveryStatus = DeliveryStatus.WAITING
    answer: str = ""


# MLflow's events; those of prompts begin with "prompt" where those of models do not.
_MLFLOW_KINDS = {
    ActivityKind.CREATED_MODEL: ("registered_model.created", "prompt.created"),
    ActivityKind.CREATED_VERSION: ("model_version.created", "prompt_version.created"),
    ActivityKind.SET_ALIAS: ("model_version_alias.created", "prompt_alias.created"),
    ActivityKind.DELETED_ALIAS: ("model_version_alias.deleted", "prompt_alias.deleted"),
}
MLFLOW_EVENTS = (
    *(event for pair in _MLFLOW_KINDS.values() for event in pair),
    *("model_version_tag.set", "model_version_tag.deleted"),
    *("prompt_tag.set", "prompt_tag.deleted"),
    *("prompt_version_tag.set", "prompt_version_tag.deleted"),
)
_DATABRICKS_KINDS = {
    ActivityKind.CREATED_MODEL: "REGISTERED_MODEL_CREATED",
    ActivityKind.CREATED_VERSION: "MODEL_VERSION_CREATED",
    ActivityKind.NEW_COMMENT: "COMMENT_CREATED",
}
_TRANSITIONS = (
    ActivityKind.APPLIED_TRANSITION,
    ActivityKind.APPROVED_REQUEST,
    ActivityKind.SYSTEM_TRANSITION,
)
_STAGES = tuple(stage.name for stage in ModelStage if stage is not ModelStage.NONE)
DATABRICKS_EVENTS = (
    *_DATABRICKS_KINDS.values(),
    "MODEL_VERSION_TAG_SET",
    "MODEL_VERSION_TRANSITIONED_STAGE",
    *(f"MODEL_VERSION_TRANSITIONED_TO_{stage}" for stage in _STAGES),
    "TRANSITION_REQUEST_CREATED",
    *(f"TRANSITION_REQUEST_TO_{stage}_CREATED" for stage in _STAGES),
)
KNOWN_EVENTS = {Dialect.MLFLOW: MLFLOW_EVENTS, Dialect.DATABRICKS: DATABRICKS_EVENTS}


def events_of(activity: Activity, dialect: Dialect, of_prompt: bool = False) -> list[str]:
    """What an activity is called in a dialect; several names, or none if it has no word for it."""
    if dialect is Dialect.MLFLOW:
        return _mlflow_events(activity, of_prompt)
    if of_prompt:
        return []
    if activity.kind in _DATABRICKS_KINDS:
        return [_DATABRICKS_KINDS[activity.kind]]
    if activity.kind is ActivityKind.SET_TAG and activity.version is not None:
        return ["MODEL_VERSION_TAG_SET"]
    stage = activity.details.get("to_stage", "").upper()
    if activity.kind in _TRANSITIONS:
        found = ["MODEL_VERSION_TRANSITIONED_STAGE", f"MODEL_VERSION_TRANSITIONED_TO_{stage}"]
    elif activity.kind is ActivityKind.REQUESTED_TRANSITION:
        found = ["TRANSITION_REQUEST_CREATED", f"TRANSITION_REQUEST_TO_{stage}_CREATED"]
    else:
        found = []
    return [event for event in found if event in DATABRICKS_EVENTS]


def _mlflow_events(activity: Activity, of_prompt: bool) -> list[str]:
    if activity.kind in _MLFLOW_KINDS:
        return [_MLFLOW_KINDS[activity.kind][of_prompt]]
    action = {ActivityKind.SET_TAG: "set", ActivityKind.DELETED_TAG: "deleted"}.get(activity.kind)
    if action is None:
        return []
    if activity.version is None:
        # MLflow tells of tags of prompts, and not of those of registered models.
        return [f"prompt_tag.{action}"] if of_prompt else []
    return [f"{'prompt' if of_prompt else 'model'}_version_tag.{action}"]


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"Webhook name {name!r} is invalid. It must start and end with a letter or digit, be "
            "less than 63 characters long, and contain only letters, digits, dots (.), "
            "underscores (_), and hyphens (-)."
        )


def check_url(url: str) -> None:
    """Refuse what is no address on the web. Where it leads is looked at when it is called."""
    if not url.strip():
        raise InvalidParameter(f"Webhook URL cannot be empty or just whitespace: {url!r}")
    names.check_length(url, MAX_URL_LENGTH, "url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidParameter(f"Invalid webhook URL {url!r}: {error!r}") from None
    if parts.scheme not in _SCHEMES:
        raise InvalidParameter(
            f"Invalid webhook URL scheme: {parts.scheme!r}. Allowed schemes are: "
            f"{', '.join(_SCHEMES)}."
        )
    if not host:
        raise InvalidParameter(f"Webhook URL must include a hostname: {url!r}")
    if any(character.isspace() or ord(character) < 32 for character in url):
        raise InvalidParameter(f"Invalid webhook URL {url!r}: it has blanks in it.")


def check_events(events: tuple[str, ...], dialect: Dialect) -> None:
    known = KNOWN_EVENTS[dialect]
    if not events:
        raise names.missing_value("events")
    for event in events:
        if event not in known:
            raise InvalidParameter(
                f"Unknown webhook event '{event}'. There are: {', '.join(known)}."
            )


def not_found(webhook_id: str) -> DoesNotExist:
    return DoesNotExist(f"Webhook with ID {webhook_id} not found.")
