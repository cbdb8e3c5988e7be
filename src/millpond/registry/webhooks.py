"""Every write to webhooks. Each function returns the action that the store runs."""

from collections.abc import Callable

import msgspec

from millpond.domain import registry, webhooks
from millpond.domain.webhooks import Webhook, WebhookStatus
from millpond.store.contract import Reader, Transaction


def require_webhook(reader: Reader, webhook_id: str) -> Webhook:
    """The webhook. Raises DoesNotExist."""
    webhook = reader.webhook(webhook_id)
    if webhook is None:
        raise webhooks.not_found(webhook_id)
    return webhook


def create_webhook(webhook: Webhook) -> Callable[[Transaction], Webhook]:
    """Keep a new webhook. Raises DoesNotExist if the model that it is about is not there."""
    _check(webhook)

    def act(tx: Transaction) -> Webhook:
        if webhook.model is not None and tx.registered_model(webhook.model) is None:
            raise registry.model_not_found(webhook.model)
        tx.set_webhook(webhook)
        return webhook

    return act


def change_webhook(
    webhook_id: str,
    now_ms: int,
    *,
    name: str | None = None,
    description: str | None = None,
    url: str | None = None,
    events: tuple[str, ...] | None = None,
    status: WebhookStatus | None = None,
    sealed: bytes | None = None,
    checks_certificate: bool | None = None,
) -> Callable[[Transaction], Webhook]:
    """Change what is given."""
    given = {
        "name": name,
        "description": description,
        "url": url,
        "events": events,
        "status": status,
        "sealed": sealed,
        "checks_certificate": checks_certificate,
    }
    changes = {field: value for field, value in given.items() if value is not None}

    def act(tx: Transaction) -> Webhook:
        old = require_webhook(tx, webhook_id)
        # Later than before, by any clock: clients tell by it that something changed.
        changed_ms = max(now_ms, old.last_update_ms + 1)
        new = msgspec.structs.replace(old, last_update_ms=changed_ms, **changes)
        _check(new)
        tx.set_webhook(new)
        return new

    return act


def delete_webhook(webhook_id: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        require_webhook(tx, webhook_id)
        tx.delete_webhook(webhook_id)

    return act


def _check(webhook: Webhook) -> None:
    if webhook.name:
        webhooks.check_name(webhook.name)
    webhooks.check_url(webhook.url)
    webhooks.check_events(webhook.events, webhook.dialect)
