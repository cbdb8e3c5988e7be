"""MLflow's webhooks over the protocol."""

import uuid

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import EMPTY_ANSWER, answer, page_answer
from millpond.api.mlflow.registry import RegistryNoun
from millpond.domain.paging import decode_token, encode_token
from millpond.domain.webhooks import MAX_PAGE, Dialect, Webhook, WebhookStatus
from millpond.errors import InvalidParameter
from millpond.registry import webhooks
from millpond.wire import webhooks as wire

_PAGE_WHEN_UNSET = 100
_QUESTION = "webhooks"


class WebhookCalls(RegistryNoun):
    """See ``Calls``."""

    def calls(self) -> list[Route]:
        return [
            ("POST", "webhooks", self.create_webhook),
            ("GET", "webhooks", self.list_webhooks),
            ("GET", "webhooks/{webhook_id}", self.get_webhook),
            ("PATCH", "webhooks/{webhook_id}", self.update_webhook),
            ("DELETE", "webhooks/{webhook_id}", self.delete_webhook),
            ("POST", "webhooks/{webhook_id}/test", self.test_webhook),
        ]

    async def create_webhook(self, request: Request) -> Response:
        asked = await self._message(request, wire.CreateWebhook)
        now_ms, webhook_id = self._now_ms(), str(uuid.uuid4())
        webhook = Webhook(
            webhook_id=webhook_id,
            dialect=Dialect.MLFLOW,
            url=asked.url or "",
            events=wire.event_words(asked.events or []),
            creation_ms=now_ms,
            last_update_ms=now_ms,
            name=asked.name or "",
            description=asked.description,
            status=asked.status or WebhookStatus.ACTIVE,
            sealed=self._registry.seal(webhook_id, asked.secret),
        )
        made = await self._write(request, webhooks.create_webhook(webhook))
        return answer({"webhook": wire.webhook_answer(made)})

    async def list_webhooks(self, request: Request) -> Response:
        asked = await self._message(request, wire.ListWebhooks)
        limit = asked.max_results or _PAGE_WHEN_UNSET
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidParameter(f"max_results must be between 1 and {MAX_PAGE}.")
        found = await self._read(request, lambda reader: reader.webhooks())
        shown = [webhook for webhook in found if webhook.dialect is Dialect.MLFLOW]
        if asked.page_token:
            # Webhooks are few; they are paged here, behind the last one that was shown.
            created_ms, webhook_id = decode_token(asked.page_token, _QUESTION, 2)
            last = (-created_ms, webhook_id)
            shown = [w for w in shown if (-w.creation_ms, w.webhook_id) > last]
        token = None
        if len(shown) > limit:
            end = shown[limit - 1]
            token = encode_token(_QUESTION, [end.creation_ms, end.webhook_id])
        answers = [wire.webhook_answer(webhook) for webhook in shown[:limit]]
        return page_answer("webhooks", answers, token)

    async def get_webhook(self, request: Request) -> Response:
        webhook = await self._webhook(request)
        return answer({"webhook": wire.webhook_answer(webhook)})

    async def update_webhook(self, request: Request) -> Response:
        asked = await self._message(request, wire.UpdateWebhook)
        webhook = await self._webhook(request)
        sealed = None
        if asked.secret is not None:
            sealed = self._registry.seal(webhook.webhook_id, asked.secret)
        action = webhooks.change_webhook(
            webhook.webhook_id,
            self._now_ms(),
            name=asked.name or None,
            description=asked.description,
            url=asked.url or None,
            events=wire.event_words(asked.events) if asked.events else None,
            status=asked.status,
            sealed=sealed,
        )
        changed = await self._write(request, action)
        return answer({"webhook": wire.webhook_answer(changed)})

    async def delete_webhook(self, request: Request) -> Response:
        webhook = await self._webhook(request)
        await self._write(request, webhooks.delete_webhook(webhook.webhook_id))
        return EMPTY_ANSWER

    async def test_webhook(self, request: Request) -> Response:
        asked = await self._message(request, wire.TestWebhook)
        webhook = await self._webhook(request)
        event = asked.event.word if asked.event else webhook.events[0]
        told = await self._registry.test(webhook, event)
        result: dict[str, object] = {"success": 200 <= told.status < 400}
        if told.status:
            result |= {"response_status": told.status, "response_body": told.body}
        else:
            result["error_message"] = f"Failed to test webhook: {told.body}"
        return answer({"result": result})

    async def _webhook(self, request: Request) -> Webhook:
        webhook_id = request.path_params["webhook_id"]
        return await self._read(
            request, lambda reader: webhooks.require_webhook(reader, webhook_id)
        )
