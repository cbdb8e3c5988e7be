"""Webhooks of the registry, kept by the client of MLflow 3."""

import pytest
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

NEW_VERSION = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
NEW_ALIAS = WebhookEvent(WebhookEntity.MODEL_VERSION_ALIAS, WebhookAction.CREATED)
NEW_MODEL = WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED)
ADDRESS = "https://hooks.example.org/told"


@pytest.fixture
def hook(client, unique):
    made = client.create_webhook(
        name=unique("told").replace(" ", "-"),
        url=ADDRESS,
        events=[NEW_ALIAS, NEW_VERSION],
        description="about churn",
        secret="s3cret",
    )
    yield made
    if any(found.webhook_id == made.webhook_id for found in client.list_webhooks()):
        client.delete_webhook(made.webhook_id)


def known(events):
    return {(event.entity, event.action) for event in events}


def test_a_webhook_is_read_back_without_its_secret(client, hook):
    for found in (hook, client.get_webhook(hook.webhook_id)):
        assert (found.name, found.url, found.secret) == (hook.name, ADDRESS, None)
        assert known(found.events) == known([NEW_ALIAS, NEW_VERSION])
        assert (found.description, found.status) == ("about churn", WebhookStatus.ACTIVE)


def test_webhooks_are_listed_in_pages(client, unique):
    made = {
        client.create_webhook(
            name=f"page-{n}", url=f"{ADDRESS}/{n}", events=[NEW_VERSION]
        ).webhook_id
        for n in range(5)
    }
    try:
        page = client.list_webhooks(max_results=2)
        found = [hook.webhook_id for hook in page]
        while page.token:
            page = client.list_webhooks(max_results=2, page_token=page.token)
            assert 0 < len(page) <= 2
            found += [hook.webhook_id for hook in page]
        assert made <= set(found)
        assert len(found) == len(set(found))
    finally:
        for webhook_id in made:
            client.delete_webhook(webhook_id)


def test_only_what_is_given_is_changed(client, hook):
    changed = client.update_webhook(hook.webhook_id, name="renamed")
    assert (changed.name, changed.url, changed.description) == ("renamed", ADDRESS, "about churn")
    assert known(changed.events) == known(hook.events)
    assert changed.last_updated_timestamp > hook.last_updated_timestamp
    changed = client.update_webhook(
        hook.webhook_id,
        url=f"{ADDRESS}/2",
        events=[NEW_VERSION, NEW_MODEL],
        secret="another",
        status=WebhookStatus.DISABLED,
    )
    assert (changed.name, changed.url) == ("renamed", f"{ADDRESS}/2")
    assert (known(changed.events), changed.status) == (
        known([NEW_VERSION, NEW_MODEL]),
        WebhookStatus.DISABLED,
    )


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("   ", "Webhook URL cannot be empty or just whitespace"),
        ("ftp://hooks.example.org", "Invalid webhook URL scheme"),
        ("http://[hooks", "Invalid webhook URL"),
    ],
)
def test_an_address_that_is_none_is_refused(client, hook, url, refusal):
    with pytest.raises(MlflowException, match=refusal):
        client.update_webhook(hook.webhook_id, url=url)
    assert client.get_webhook(hook.webhook_id).url == ADDRESS


def test_a_webhook_that_is_not_there_is_not_found(client, hook):
    client.delete_webhook(hook.webhook_id)
    for webhook_id in (hook.webhook_id, "nothing"):
        for ask in (
            client.get_webhook,
            client.delete_webhook,
            lambda webhook_id: client.update_webhook(webhook_id, name="new"),
        ):
            with pytest.raises(MlflowException, match=f"Webhook with ID {webhook_id} not found"):
                ask(webhook_id)


def test_the_test_button_says_how_it_went(client, hook):
    # The name leads nowhere, and that is what the answer says.
    result = client.test_webhook(hook.webhook_id)
    assert not result.success
    assert result.error_message
