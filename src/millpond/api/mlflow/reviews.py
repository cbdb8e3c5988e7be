"""What Databricks' registry has beside MLflow's: comments, requests to move versions, webhooks."""

import uuid

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import EMPTY_ANSWER, answer, page_answer
from millpond.api.mlflow.registry import RegistryNoun
from millpond.domain import registry
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import TransitionRequest
from millpond.domain.webhooks import Dialect, Webhook, WebhookStatus
from millpond.registry import model_versions, registered_models, reviews, webhooks
from millpond.store.contract import Reader
from millpond.wire import registry as registry_wire
from millpond.wire import reviews as wire
from millpond.wire import webhooks as webhook_wire


class ReviewCalls(RegistryNoun):
    """See ``Calls``. Deletions have their fields in the query or, like MLflow's, in a body."""

    def calls(self) -> list[Route]:
        hooks, requests = "registry-webhooks", "transition-requests"
        return [
            ("POST", "comments/create", self.create_comment),
            ("PATCH", "comments/update", self.update_comment),
            ("DELETE", "comments/delete", self.delete_comment),
            ("POST", f"{requests}/create", self.create_request),
            ("GET", f"{requests}/list", self.list_requests),
            ("POST", f"{requests}/approve", self.approve_request),
            ("POST", f"{requests}/reject", self.reject_request),
            ("DELETE", f"{requests}/delete", self.cancel_request),
            ("POST", "databricks/model-versions/transition-stage", self.transition_stage),
            ("GET", "databricks/registered-models/get", self.get_model),
            ("POST", f"{hooks}/create", self.create_webhook),
            ("GET", f"{hooks}/list", self.list_webhooks),
            ("PATCH", f"{hooks}/update", self.update_webhook),
            ("DELETE", f"{hooks}/delete", self.delete_webhook),
            ("POST", f"{hooks}/test", self.test_webhook),
        ]

    # comments

    async def create_comment(self, request: Request) -> Response:
        asked = await self._message(request, wire.CreateComment)
        number = registry.parse_version(asked.version or "")
        action = reviews.add_comment(
            uuid.uuid4().hex, asked.name or "", number, asked.comment or "", self._now_ms()
        )
        comment = await self._write(request, action)
        return answer({"comment": wire.comment_answer(comment)})

    async def update_comment(self, request: Request) -> Response:
        asked = await self._message(request, wire.UpdateComment)
        action = reviews.change_comment(asked.id or "", asked.comment or "", self._now_ms())
        comment = await self._write(request, action)
        return answer({"comment": wire.comment_answer(comment)})

    async def delete_comment(self, request: Request) -> Response:
        asked = await self._fields(request, wire.NamedById)
        await self._write(request, reviews.delete_comment(asked.id or ""))
        return EMPTY_ANSWER

    # requests to move a version

    async def create_request(self, request: Request) -> Response:
        asked = await self._message(request, wire.CreateTransitionRequest)
        name, number, stage = _place(asked.name, asked.version, asked.stage)
        made = await self._write(
            request,
            reviews.request_transition(name, number, stage, asked.comment, self._now_ms()),
        )
        return answer({"request": wire.request_answer(made)})

    async def list_requests(self, request: Request) -> Response:
        asked = await self._message(request, registry_wire.NamedVersion)
        name, number = asked.name or "", registry.parse_version(asked.version or "")
        registry.check_model_name(name)

        def question(reader: Reader) -> list[TransitionRequest]:
            model_versions.require_version(reader, name, number)
            return reader.transition_requests(name, number)

        found = await self._read(request, question)
        return page_answer("requests", [wire.request_answer(made) for made in found], None)

    async def approve_request(self, request: Request) -> Response:
        asked = await self._message(request, wire.ApproveTransitionRequest)
        name, number, stage = _place(asked.name, asked.version, asked.stage)
        action = reviews.approve_transition(
            name,
            number,
            stage,
            asked.archive_existing_versions,
            asked.comment,
            self._now_ms(),
        )
        activity = await self._write(request, action)
        return answer({"activity": wire.activity_answer(activity)})

    async def reject_request(self, request: Request) -> Response:
        asked = await self._message(request, wire.CreateTransitionRequest)
        name, number, stage = _place(asked.name, asked.version, asked.stage)
        action = reviews.reject_transition(name, number, stage, asked.comment, self._now_ms())
        activity = await self._write(request, action)
        return answer({"activity": wire.activity_answer(activity)})

    async def cancel_request(self, request: Request) -> Response:
        asked = await self._fields(request, wire.DeleteTransitionRequest)
        name, number, stage = _place(asked.name, asked.version, asked.stage)
        action = reviews.cancel_transition(
            name, number, stage, asked.creator, asked.comment, self._now_ms()
        )
        activity = await self._write(request, action)
        return answer({"activity": wire.activity_answer(activity)})

    async def transition_stage(self, request: Request) -> Response:
        asked = await self._message(request, wire.ApproveTransitionRequest)
        name, number, stage = _place(asked.name, asked.version, asked.stage)
        action = model_versions.move_version(
            name,
            number,
            stage,
            asked.archive_existing_versions,
            self._now_ms(),
            comment=asked.comment,
        )
        version = await self._write(request, action)
        return answer({"model_version_databricks": registry_wire.version_answer(version)})

    async def get_model(self, request: Request) -> Response:
        asked = await self._message(request, registry_wire.NamedModel)
        name = asked.name or ""
        registry.check_model_name(name)
        model = await self._read(
            request, lambda reader: registered_models.require_registered_model(reader, name)
        )
        return answer({"registered_model_databricks": wire.databricks_model_answer(model)})

    # webhooks

    async def create_webhook(self, request: Request) -> Response:
        asked = await self._message(request, webhook_wire.CreateRegistryWebhook)
        spec = webhook_wire.require_http_spec(asked.http_url_spec, asked.job_spec)
        now_ms, webhook_id = self._now_ms(), uuid.uuid4().hex
        webhook = Webhook(
            webhook_id=webhook_id,
            dialect=Dialect.DATABRICKS,
            url=spec.url,
            events=tuple(dict.fromkeys(asked.events or [])),
            creation_ms=now_ms,
            last_update_ms=now_ms,
            model=asked.model_name or None,
            description=asked.description,
            status=asked.status or WebhookStatus.ACTIVE,
            sealed=self._registry.seal(webhook_id, spec.secret, spec.authorization),
            checks_certificate=spec.enable_ssl_verification,
        )
        made = await self._write(request, webhooks.create_webhook(webhook))
        return answer({"webhook": webhook_wire.registry_webhook_answer(made)})

    async def list_webhooks(self, request: Request) -> Response:
        asked = await self._message(request, webhook_wire.ListRegistryWebhooks)
        found = await self._read(request, lambda reader: reader.webhooks())
        shown = [
            webhook_wire.registry_webhook_answer(webhook)
            for webhook in found
            if webhook.dialect is Dialect.DATABRICKS
            and (not asked.model_name or webhook.model == asked.model_name)
            and (not asked.events or set(asked.events) & set(webhook.events))
        ]
        return page_answer("webhooks", shown, None)

    async def update_webhook(self, request: Request) -> Response:
        asked = await self._message(request, webhook_wire.UpdateRegistryWebhook)
        spec, webhook_id = asked.http_url_spec, asked.id or ""
        sealed = None
        if spec is not None and (spec.secret or spec.authorization):
            sealed = self._registry.seal(webhook_id, spec.secret, spec.authorization)
        action = webhooks.change_webhook(
            webhook_id,
            self._now_ms(),
            description=asked.description,
            url=spec.url if spec else None,
            events=tuple(dict.fromkeys(asked.events)) if asked.events else None,
            status=asked.status,
            sealed=sealed,
            checks_certificate=spec.enable_ssl_verification if spec else None,
        )
        webhook = await self._write(request, action)
        return answer({"webhook": webhook_wire.registry_webhook_answer(webhook)})

    async def delete_webhook(self, request: Request) -> Response:
        asked = await self._fields(request, wire.NamedById)
        await self._write(request, webhooks.delete_webhook(asked.id or ""))
        return EMPTY_ANSWER

    async def test_webhook(self, request: Request) -> Response:
        asked = await self._message(request, webhook_wire.TestRegistryWebhook)
        webhook_id = asked.id or ""
        webhook = await self._read(
            request, lambda reader: webhooks.require_webhook(reader, webhook_id)
        )
        told = await self._registry.test(webhook, asked.event or webhook.events[0])
        return answer({"webhook": {"status_code": told.status, "body": told.body}})


def _place(name: str | None, version: str | None, stage: str | None) -> tuple[str, int, ModelStage]:
    registry.check_model_name(name or "")
    return name or "", registry.parse_version(version or ""), registry.parse_stage(stage or "")
