"""What people do to agree on versions of models: gates, locks, comments, webhooks."""

import json
import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.registry.receiver import Receiver
from tests.studio.sample import START_MS

_numbers = iter(range(1000))


@pytest.fixture
def model(client, sample):
    """A model of two versions, of which the second is worse; the first is the champion."""
    name = f"churn {next(_numbers)}"
    client.post("registered-models/create", name=name)
    for auc in (0.9, 0.8):
        made = client.post("runs/create", experiment_id="0", start_time=START_MS)
        run = made["run"]["info"]["run_id"]
        client.post("runs/log-metric", run_id=run, key="auc", value=auc, timestamp=START_MS)
        client.post("model-versions/create", name=name, source=f"runs:/{run}/model", run_id=run)
    client.post("registered-models/alias", name=name, alias="champion", version="1")
    return name


def test_a_gate_is_written_with_its_mistakes_pointed_at_and_then_refuses_a_worse_version(
    studio, client, model
):
    page = studio.open(f"/models/{model}")
    page.get_by_role("button", name="New gate").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Rule").fill("metrics.auc >> 0.85")
    expect(dialog.get_by_role("alert")).to_contain_text("character 13")
    assert dialog.locator(".under span").inner_text() == ">>"
    dialog.get_by_label("Rule").fill("metrics.auc > 0.7 AND metrics.auc > champion.metrics.auc")
    verdict = dialog.get_by_role("table", name="Of the latest version")
    expect(verdict.get_by_role("row").filter(has_text="champion")).to_contain_text("does not hold")
    expect(verdict).to_contain_text("champion.metrics.auc = 0.9")
    dialog.get_by_role("button", name="Set the gate").click()
    gates = page.get_by_role("table", name="Gates")
    expect(gates).to_contain_text("metrics.auc > champion.metrics.auc")

    page.get_by_role("link", name="Version 2").first.click()
    page.get_by_label("New alias").fill("champion")
    aliases = page.get_by_role("region", name="Aliases")
    expect(aliases).to_contain_text("has a gate")
    aliases.get_by_role("button", name="Add").click()
    expect(aliases.get_by_role("alert")).to_contain_text("does not pass the gate of @champion")
    told = aliases.get_by_role("table", name="The gate's verdict")
    expect(told.get_by_role("row").filter(has_text="0.7")).to_contain_text("holds")
    expect(told).to_contain_text("metrics.auc = 0.8")
    found = client.get("registered-models/alias", name=model, alias="champion")
    assert found["model_version"]["version"] == "1"

    page.get_by_role("link", name=model).click()
    page.get_by_role("button", name="Change the gate of champion").click()
    page.get_by_role("dialog").get_by_label("Rule").fill("metrics.auc > 0.75")
    page.get_by_role("dialog").get_by_role("button", name="Change the gate").click()
    expect(gates).to_contain_text("metrics.auc > 0.75")
    page.get_by_role("link", name="Version 2").first.click()
    page.get_by_label("New alias").fill("champion")
    aliases.get_by_role("button", name="Add").click()
    alerts = page.get_by_role("alert")
    moved = alerts.filter(has_text="Moved @champion from version 1")
    expect(aliases.get_by_role("button", name="Take away @champion")).to_be_visible()
    moved.get_by_role("button", name="Undo").click()
    expect(aliases.get_by_role("button", name="Take away @champion")).to_have_count(0)

    page.get_by_role("link", name=model).click()
    page.get_by_role("button", name="Delete the gate of champion").click()
    expect(page.get_by_role("region", name="Gates")).to_contain_text("None: every alias")
    freed = alerts.filter(has_text="@champion may be moved freely")
    freed.get_by_role("button", name="Undo").click()
    expect(gates).to_contain_text("metrics.auc > 0.75")
    expect(page.get_by_role("table", name="Activity")).to_contain_text("set the gate of @champion")


def test_a_version_in_use_is_locked_and_cannot_be_deleted_until_it_is_unlocked(studio, model):
    page = studio.open(f"/models/{model}/versions/2")
    page.get_by_role("button", name="Lock it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Used by").fill("endpoint churn")
    dialog.get_by_label("Reason").fill("takes all of the traffic")
    dialog.get_by_role("button", name="Lock it").click()
    locks = page.get_by_role("table", name="Locks")
    expect(locks).to_contain_text("takes all of the traffic")
    expect(page.get_by_role("region", name="Lineage")).to_contain_text("Used by")
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete the version").click()
    expect(dialog.get_by_role("alert")).to_contain_text("endpoint churn")
    dialog.get_by_role("button", name="Cancel").click()
    locks.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("Nothing says that it uses this version")).to_be_visible()
    expect(page.get_by_role("table", name="Activity")).to_contain_text(
        "unlocked it from endpoint churn"
    )
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete the version").click()
    expect(page.get_by_role("link", name="Version 2")).to_have_count(0)


def test_a_comment_is_made_changed_deleted_and_brought_back(studio, model):
    page = studio.open(f"/models/{model}/versions/1")
    page.get_by_label("Comment", exact=True).fill("Better on the rows of **June**.")
    page.get_by_role("button", name="Comment", exact=True).click()
    said = page.get_by_role("list", name="Comments")
    expect(said.locator("strong").filter(has_text="June")).to_be_visible()
    said.get_by_role("button", name="Change the comment").click()
    page.get_by_label("The comment", exact=True).fill("Worse on the rows of July.")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Worse on the rows of July.")
    said.get_by_role("button", name="Delete the comment").click()
    expect(said.get_by_role("listitem")).to_have_count(0)
    deleted = page.get_by_role("alert").filter(has_text="Deleted the comment")
    deleted.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Worse on the rows of July.")


def test_every_model_has_a_card_with_its_champion(studio, model):
    page = studio.open(f"/models?q={model}")
    card = page.get_by_role("article", name=model)
    expect(card).to_contain_text("@champion: version 1")
    expect(card).to_contain_text("2 versions")
    card.get_by_role("link", name="version 1").click()
    expect(page.get_by_role("heading", name="Version 1", level=1)).to_be_visible()


def test_a_webhook_is_made_tested_turned_off_and_deleted(studio, client, model):
    page = studio.open("/models")
    page.get_by_role("link", name="Webhooks").click()
    with closing(Receiver(200, 503, 200)) as receiver:
        page.get_by_role("button", name="New webhook").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Address").fill(receiver.url)
        dialog.get_by_label("Secret").fill("of alice")
        dialog.get_by_label("Model", exact=True).select_option(model)
        dialog.get_by_label("COMMENT_CREATED").check()
        dialog.get_by_role("button", name="Make it").click()
        row = page.get_by_role("row").filter(has_text=receiver.url)
        expect(row).to_contain_text("signed")
        row.get_by_role("button", name="Test").click()
        expect(page.get_by_role("alert").filter(has_text="It answered 200. heard")).to_be_visible()
        row.get_by_role("button", name="Test").click()
        expect(page.get_by_role("alert").filter(has_text="It answered 503")).to_be_visible()

        client.post("comments/create", name=model, version="1", comment="look")
        (_, headers, body) = receiver.wait_for(3)[-1]
        assert json.loads(body)["comment"] == "look"
        assert any(name.lower() == "x-databricks-signature" for name in headers)
        row.get_by_role("button", name="Log").click()
        log = page.get_by_role("table", name="What it was told")
        expect(log).to_contain_text(re.compile("delivered, 1 attempt"), timeout=10_000)

        row.get_by_role("button", name="Turn off").click()
        expect(row).to_contain_text("disabled")
        row.get_by_role("button", name="Delete").click()
        dialog.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("No webhooks yet")).to_be_visible()
