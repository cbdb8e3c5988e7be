"""The model registry over the native API: what the protocol of MLflow has no call for."""

import uuid
from typing import Annotated

from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter

from millpond.api.model_calls import ModelCalls
from millpond.domain.webhooks import KNOWN_EVENTS
from millpond.wire import model_answers as wire

Name = Annotated[str, PathParameter(description="The registered model's name.")]
Version = Annotated[
    str,
    PathParameter(description="A version: its number, @alias, a stage, or latest."),
]
Alias = Annotated[str, PathParameter(description="An alias of the model.")]
Holder = Annotated[str, QueryParameter(description="What used the version.")]
Stage = Annotated[str, PathParameter(description="None, Staging, Production or Archived.")]
WebhookId = Annotated[str, PathParameter(description="The webhook's id.")]
Filter = Annotated[str, QueryParameter(description="A filter, as for MLflow's search.")]
OrderBy = Annotated[
    list[str] | None, QueryParameter(description="Orderings, as for MLflow's search.")
]
Limit = Annotated[int, QueryParameter(description="How many at most, 1 to 1000.")]
Token = Annotated[str, QueryParameter(description="The token that the page before ended with.")]
Side = Annotated[str, QueryParameter(description="A version: its number, @alias, stage, latest.")]
Other = Annotated[
    str | None, QueryParameter(description="The model of the right version, if it is another.")
]

_MODEL = "/api/v1/models/{name:str}"
_VERSION = f"{_MODEL}/versions/{{version:str}}"
_WEBHOOK = "/api/v1/webhooks/{webhook_id:str}"


def model_handlers(calls: ModelCalls) -> list[HTTPRouteHandler]:
    """The handlers of ``/api/v1/models``."""

    @get("/api/v1/models", summary="Find registered models")
    async def find_models(
        filter_text: Annotated[str, QueryParameter(name="filter")] = "",
        order_by: OrderBy = None,
        limit: Limit = 100,
        page_token: Token = "",
    ) -> wire.ModelPage:
        """Registered models with the newest version of each stage, by name unless ordered."""
        return await calls.find_models(filter_text, order_by or [], limit, page_token)

    @get(_MODEL, summary="Get a registered model")
    async def get_model(name: Name) -> wire.ModelAnswer:
        """One registered model; 404 if there is none of this name."""
        return await calls.get_model(name)

    @get(f"{_MODEL}/versions", summary="Find versions")
    async def find_versions(
        name: Name,
        filter_text: Annotated[str, QueryParameter(name="filter")] = "",
        order_by: OrderBy = None,
        limit: Limit = 100,
        page_token: Token = "",
    ) -> wire.VersionPage:
        """The versions of a model, the newest first unless ordered."""
        return await calls.find_versions(name, filter_text, order_by or [], limit, page_token)

    @get(_VERSION, summary="Get a version")
    async def get_version(name: Name, version: Version) -> wire.VersionDetail:
        """A version with its lineage, metrics, params, locks, requests and comments."""
        return await calls.get_version(name, version)

    @get(f"{_MODEL}/activities", summary="Read what happened to a model")
    async def get_activities(
        name: Name, version: FromQuery[int | None] = None, limit: Limit = 100
    ) -> list[wire.ActivityAnswer]:
        """What was done to a model, or to one version of it, the latest first."""
        return await calls.activities(name, version, limit)

    @get(f"{_MODEL}/compare", summary="Compare two versions")
    async def compare_versions(
        name: Name, left: Side, right: Side, other: Other = None
    ) -> wire.CompareAnswer:
        """Metrics, params, tags, signature and requirements of two versions side by side."""
        return await calls.compare(name, left, other or name, right)

    @put(f"{_MODEL}/aliases/{{alias:str}}", summary="Move an alias")
    async def set_alias(
        name: Name, alias: Alias, data: JSONBody[wire.SetAliasTo]
    ) -> wire.VersionAnswer:
        """Point an alias at a version; 400 if the alias has a gate that it does not pass."""
        return await calls.set_alias(name, alias, data.version)

    @delete(f"{_MODEL}/aliases/{{alias:str}}", summary="Delete an alias", status_code=204)
    async def delete_alias(name: Name, alias: Alias) -> None:
        """Remove an alias; one that is not there is no error."""
        await calls.delete_alias(name, alias)

    return [
        find_models,
        get_model,
        find_versions,
        get_version,
        get_activities,
        compare_versions,
        set_alias,
        delete_alias,
        *_gate_handlers(calls),
        *_review_handlers(calls),
        *_webhook_handlers(calls),
    ]


def _gate_handlers(calls: ModelCalls) -> list[HTTPRouteHandler]:
    @get(f"{_MODEL}/gates", summary="List gates")
    async def list_gates(name: Name) -> list[wire.GateAnswer]:
        """The gates of a model, by alias."""
        return await calls.gates(name)

    @put(f"{_MODEL}/gates/{{alias:str}}", summary="Set a gate")
    async def set_gate(name: Name, alias: Alias, data: JSONBody[wire.SetRule]) -> wire.GateAnswer:
        """Hold every move of an alias to a rule, such as
        `metrics.auc >= 0.9 AND metrics.auc > champion.metrics.auc`."""
        return await calls.set_gate(name, alias, data.rule)

    @delete(f"{_MODEL}/gates/{{alias:str}}", summary="Delete a gate", status_code=204)
    async def delete_gate(name: Name, alias: Alias) -> None:
        """Let an alias be moved freely again."""
        await calls.delete_gate(name, alias)

    @post(f"{_MODEL}/gates/{{alias:str}}/check", summary="Check a gate", status_code=200)
    async def check_gate(
        name: Name, alias: Alias, data: JSONBody[wire.CheckRule]
    ) -> wire.VerdictAnswer:
        """What a gate, or a rule that is to become one, says of a version; nothing is moved."""
        return await calls.check_gate(name, alias, data.version, data.rule)

    return [list_gates, set_gate, delete_gate, check_gate]


def _review_handlers(calls: ModelCalls) -> list[HTTPRouteHandler]:
    @post(f"{_VERSION}/comments", summary="Comment on a version", status_code=201)
    async def add_comment(
        name: Name, version: Version, data: JSONBody[wire.SayComment]
    ) -> wire.CommentAnswer:
        """Say something about a version."""
        return await calls.add_comment(uuid.uuid4().hex, name, version, data.comment)

    @post(f"{_VERSION}/requests", summary="Ask for a stage", status_code=201)
    async def ask_for_stage(
        name: Name, version: Version, data: JSONBody[wire.AskFor]
    ) -> wire.RequestAnswer:
        """Ask for a version to be moved to a stage."""
        return await calls.request(name, version, data.stage, data.comment)

    @post(f"{_VERSION}/requests/{{stage:str}}/approve", summary="Approve", status_code=200)
    async def approve(
        name: Name, version: Version, stage: Stage, data: JSONBody[wire.AnswerRequest]
    ) -> wire.ActivityAnswer:
        """Move a version as it was asked for."""
        return await calls.approve(name, version, stage, data.archive, data.comment)

    @post(f"{_VERSION}/requests/{{stage:str}}/reject", summary="Reject", status_code=200)
    async def reject(
        name: Name, version: Version, stage: Stage, data: JSONBody[wire.AnswerRequest]
    ) -> wire.ActivityAnswer:
        """Answer that a version will not be moved as it was asked for."""
        return await calls.reject(name, version, stage, data.comment)

    @post(f"{_VERSION}/requests/{{stage:str}}/cancel", summary="Cancel", status_code=200)
    async def cancel(
        name: Name, version: Version, stage: Stage, data: JSONBody[wire.AnswerRequest]
    ) -> wire.ActivityAnswer:
        """Take back what one asked for oneself."""
        return await calls.cancel(name, version, stage, data.comment)

    @put(f"{_VERSION}/locks", summary="Lock a version")
    async def lock(name: Name, version: Version, data: JSONBody[wire.LockFor]) -> wire.LockAnswer:
        """Say that a version is in use, so that it cannot be deleted."""
        return await calls.lock(name, version, data.holder, data.reason)

    @delete(f"{_VERSION}/locks", summary="Unlock a version", status_code=204)
    async def unlock(name: Name, version: Version, holder: Holder) -> None:
        """Say that a version is in use no longer."""
        await calls.unlock(name, version, holder)

    return [add_comment, ask_for_stage, approve, reject, cancel, lock, unlock]


def _webhook_handlers(calls: ModelCalls) -> list[HTTPRouteHandler]:
    @get("/api/v1/webhooks", summary="List webhooks")
    async def list_webhooks() -> list[wire.WebhookAnswer]:
        """All webhooks, the newest first."""
        return await calls.webhooks()

    @get("/api/v1/webhooks/events", summary="List events", sync_to_thread=False)
    def list_events() -> list[wire.EventsAnswer]:
        """What a webhook can be told of, in the words of each dialect."""
        return [wire.EventsAnswer(d.value, list(events)) for d, events in KNOWN_EVENTS.items()]

    @post("/api/v1/webhooks", summary="Make a webhook", status_code=201)
    async def make_webhook(data: JSONBody[wire.MakeWebhook]) -> wire.WebhookAnswer:
        """Have an address told what happens in the registry, signed with a secret."""
        return await calls.make_webhook(uuid.uuid4().hex, data)

    @patch(f"{_WEBHOOK}/{{status:str}}", summary="Turn a webhook on or off")
    async def set_status(
        webhook_id: WebhookId,
        status: Annotated[str, PathParameter(description="ACTIVE, DISABLED or TEST_MODE.")],
    ) -> wire.WebhookAnswer:
        """ACTIVE is told, DISABLED is not, TEST_MODE only when someone tests it."""
        return await calls.set_webhook_status(webhook_id, status)

    @delete(_WEBHOOK, summary="Delete a webhook", status_code=204)
    async def delete_webhook(webhook_id: WebhookId) -> None:
        """Remove a webhook, and what it was still to be told."""
        await calls.delete_webhook(webhook_id)

    @post(f"{_WEBHOOK}/test", summary="Test a webhook", status_code=200)
    async def test_webhook(
        webhook_id: WebhookId, data: JSONBody[wire.TestEvent]
    ) -> wire.TestAnswer:
        """Tell a webhook of something that did not happen, and say what it answered."""
        return await calls.test_webhook(webhook_id, data.event)

    @get(f"{_WEBHOOK}/deliveries", summary="Read what a webhook was told")
    async def get_deliveries(
        webhook_id: WebhookId, limit: Limit = 100
    ) -> list[wire.DeliveryAnswer]:
        """The messages of a webhook, the latest first, and what became of them."""
        return await calls.deliveries(webhook_id, limit)

    return [
        list_webhooks,
        list_events,
        make_webhook,
        set_status,
        delete_webhook,
        test_webhook,
        get_deliveries,
    ]
