"""What happens to models: written down, and told to whoever wants to hear it."""

from millpond.domain.registry import ModelVersion, RegisteredModel
from millpond.domain.reviews import Activity, ActivityKind
from millpond.domain.webhooks import Delivery, Webhook, WebhookStatus, events_of
from millpond.store.contract import Transaction
from millpond.wire.webhooks import event_body


def note(
    tx: Transaction,
    kind: ActivityKind,
    name: str,
    version: int | None,
    who: str,
    now_ms: int,
    subject: RegisteredModel | ModelVersion | None = None,
    **details: str,
) -> None:
    """Write down what was just done, and queue a message for every webhook that asked for it.

    All of it is part of the change itself: nothing is told that did not happen, and nothing that
    happened is forgotten.
    """
    activity = Activity(name, version, kind, who, now_ms, details)
    tx.add_activity(activity)
    webhooks = [webhook for webhook in tx.webhooks() if webhook.model in (None, name)]
    if not webhooks:
        return
    model = tx.registered_model(name)
    of_prompt = model is not None and model.is_prompt
    messages = []
    for webhook in webhooks:
        event = _event_for(webhook, activity, of_prompt)
        if event is not None:
            body = event_body(webhook, event, activity, subject, now_ms)
            messages.append(Delivery(webhook.webhook_id, event, body, now_ms, now_ms))
    tx.add_deliveries(messages)


def _event_for(webhook: Webhook, activity: Activity, of_prompt: bool) -> str | None:
    """The first of the activity's names that the webhook asked for."""
    if webhook.status is not WebhookStatus.ACTIVE:
        return None
    names = events_of(activity, webhook.dialect, of_prompt)
    return next((name for name in names if name in webhook.events), None)
