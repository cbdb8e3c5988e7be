"""The registry in the words of the native API: what it answers, and what it is asked.

The SDK reads the same records, so that a program sees what the server said.
"""

from typing import Literal

from msgspec import Struct

from millpond.domain.gates import Check, Gate
from millpond.domain.registry import ModelVersion, RegisteredModel
from millpond.domain.reviews import Activity, Comment, TransitionRequest, VersionLock
from millpond.domain.webhooks import Delivery, Webhook


class VersionAnswer(Struct):
    """A version; ``run_id``, ``run_link`` and ``model_id`` are empty if there is none."""

    name: str
    version: int
    stage: str
    aliases: list[str]
    description: str
    source: str
    storage_location: str
    run_id: str
    run_link: str
    model_id: str
    tags: dict[str, str]
    created_ms: int
    updated_ms: int


class ModelAnswer(Struct):
    """A registered model; ``latest`` has the newest version of each stage."""

    name: str
    description: str
    tags: dict[str, str]
    aliases: dict[str, int]
    last_version: int
    latest: list[VersionAnswer]
    created_ms: int
    updated_ms: int


class ModelPage(Struct):
    """Some models; ``next_page_token`` is empty on the last page."""

    models: list[ModelAnswer]
    next_page_token: str


class VersionPage(Struct):
    """Some versions; ``next_page_token`` is empty on the last page."""

    versions: list[VersionAnswer]
    next_page_token: str


class DatasetAnswer(Struct):
    """A dataset that the run of a version read."""

    name: str
    digest: str
    context: str


class VersionRef(Struct):
    """A version by its name and number."""

    name: str
    version: int


class LineageAnswer(Struct):
    """Where a version comes from, and what else comes from there."""

    run_id: str
    run_name: str
    experiment_id: str
    experiment_name: str
    model_id: str
    logged_model_name: str
    datasets: list[DatasetAnswer]
    siblings: list[VersionRef]


class LockAnswer(Struct):
    """That a version is in use, and by what."""

    version: int
    holder: str
    reason: str
    user: str
    created_ms: int


class CommentAnswer(Struct):
    """What someone said about a version."""

    comment_id: str
    user: str
    comment: str
    created_ms: int
    updated_ms: int


class RequestAnswer(Struct):
    """That someone would like a version in a stage."""

    stage: str
    user: str
    comment: str
    created_ms: int


class VersionDetail(Struct):
    """A version and all that is known of it."""

    version: VersionAnswer
    lineage: LineageAnswer
    metrics: dict[str, float]
    params: dict[str, str]
    locks: list[LockAnswer]
    requests: list[RequestAnswer]
    comments: list[CommentAnswer]


class ActivityAnswer(Struct):
    """One thing that happened to a model, or to a version of it."""

    kind: str
    version: int | None
    user: str
    created_ms: int
    details: dict[str, str]


class NumberRow(Struct):
    """A metric of two versions; None where one has none. ``delta``: how much more right has."""

    key: str
    left: float | None
    right: float | None
    delta: float | None


class TextRow(Struct):
    """A param, tag or requirement of two versions; None where one has none."""

    key: str
    left: str | None
    right: str | None


class SignatureRow(Struct):
    """An input, output or parameter of two versions: its type, None where one has none."""

    part: Literal["input", "output", "param"]
    name: str
    left: str | None
    right: str | None


class CompareAnswer(Struct):
    """Two versions side by side.

    signature, requirements: None if the files of one of them are not this server's to read.
    """

    left: VersionAnswer
    right: VersionAnswer
    metrics: list[NumberRow]
    params: list[TextRow]
    tags: list[TextRow]
    signature: list[SignatureRow] | None
    requirements: list[TextRow] | None


class GateAnswer(Struct):
    """The rule that moving an alias is held to."""

    alias: str
    rule: str
    user: str
    created_ms: int


class VerdictAnswer(Struct):
    """Whether a version passes a gate, and each part of the rule."""

    passes: bool
    checks: list[Check]


class WebhookAnswer(Struct):
    """A webhook; its secret is never told."""

    webhook_id: str
    name: str
    url: str
    events: list[str]
    dialect: str
    model: str | None
    description: str
    status: str
    has_secret: bool
    created_ms: int
    updated_ms: int


class EventsAnswer(Struct):
    """The events that a webhook of a dialect can ask for."""

    dialect: str
    events: list[str]


class DeliveryAnswer(Struct):
    """One message to a webhook, and what became of it."""

    event: str
    status: str
    attempts: int
    answer: str
    created_ms: int
    body: str


class TestAnswer(Struct):
    """What an address said to a test; status 0 if it said nothing."""

    __test__ = False
    status: int
    body: str


class SetRule(Struct, forbid_unknown_fields=True):
    """A gate's rule."""

    rule: str


class CheckRule(Struct, forbid_unknown_fields=True):
    """A version to hold against a gate, or against a rule that is not set yet."""

    version: str
    rule: str | None = None


class SetAliasTo(Struct, forbid_unknown_fields=True):
    """Which version an alias is to point at."""

    version: str


class SayComment(Struct, forbid_unknown_fields=True):
    """What to say about a version."""

    comment: str


class AskFor(Struct, forbid_unknown_fields=True):
    """Which stage a version should go to, and why."""

    stage: str
    comment: str = ""


class AnswerRequest(Struct, forbid_unknown_fields=True):
    """What to say to whoever asked; archive: put the others of the stage into the archive."""

    comment: str = ""
    archive: bool = False


class LockFor(Struct, forbid_unknown_fields=True):
    """What a version is in use by, and why."""

    holder: str
    reason: str = ""


class MakeWebhook(Struct, forbid_unknown_fields=True):
    """A webhook: where it is, what it wants to hear, and in whose words."""

    url: str
    events: list[str]
    name: str = ""
    model: str | None = None
    secret: str = ""
    description: str = ""
    dialect: Literal["databricks", "mlflow"] = "databricks"
    check_certificate: bool = True


class TestEvent(Struct, forbid_unknown_fields=True):
    """What to pretend; the webhook's first event if nothing is said."""

    __test__ = False
    event: str = ""


def version_answer(version: ModelVersion) -> VersionAnswer:
    return VersionAnswer(
        name=version.name,
        version=version.version,
        stage=version.stage.value,
        aliases=list(version.aliases),
        description=version.description or "",
        source=version.source,
        storage_location=version.storage_location,
        run_id=version.run_id,
        run_link=version.run_link,
        model_id=version.model_id,
        tags={tag.key: tag.value for tag in version.tags},
        created_ms=version.creation_ms,
        updated_ms=version.last_update_ms,
    )


def model_answer(model: RegisteredModel) -> ModelAnswer:
    return ModelAnswer(
        name=model.name,
        description=model.description,
        tags={tag.key: tag.value for tag in model.tags},
        aliases={alias.alias: alias.version for alias in model.aliases},
        last_version=model.last_version,
        latest=[version_answer(version) for version in model.latest],
        created_ms=model.creation_ms,
        updated_ms=model.last_update_ms,
    )


def lock_answer(lock: VersionLock) -> LockAnswer:
    return LockAnswer(lock.version, lock.holder, lock.reason, lock.user, lock.creation_ms)


def comment_answer(comment: Comment) -> CommentAnswer:
    return CommentAnswer(
        comment.comment_id,
        comment.user,
        comment.comment,
        comment.creation_ms,
        comment.last_update_ms,
    )


def request_answer(request: TransitionRequest) -> RequestAnswer:
    return RequestAnswer(request.stage.value, request.user, request.comment, request.creation_ms)


def activity_answer(activity: Activity) -> ActivityAnswer:
    details = {name: value for name, value in activity.details.items() if value}
    return ActivityAnswer(
        activity.kind.value, activity.version, activity.user, activity.creation_ms, details
    )


def gate_answer(gate: Gate) -> GateAnswer:
    return GateAnswer(gate.alias, gate.rule, gate.user, gate.creation_ms)


def webhook_answer(webhook: Webhook) -> WebhookAnswer:
    return WebhookAnswer(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        events=list(webhook.events),
        dialect=webhook.dialect.value,
        model=webhook.model,
        description=webhook.description,
        status=webhook.status.value,
        has_secret=bool(webhook.sealed),
        created_ms=webhook.creation_ms,
        updated_ms=webhook.last_update_ms,
    )


def delivery_answer(delivery: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        event=delivery.event,
        status=delivery.status.value,
        attempts=delivery.attempts,
        answer=delivery.answer,
        created_ms=delivery.creation_ms,
        body=delivery.body,
    )
