"""What stands around the pages: rail, workspace, settings, and the places of what is to come."""

import re
import time

import httpx
import pytest
from playwright.sync_api import expect


def test_the_workspace_is_named_in_the_rail_and_shown_at_a_glance(studio, client, sample):
    experiment = client.post("experiments/create", name="glance/running")["experiment_id"]
    now_ms = time.time_ns() // 1_000_000
    made = client.post(
        "runs/create", experiment_id=experiment, run_name="still going", start_time=now_ms
    )
    run = made["run"]["info"]["run_id"]
    client.upload(f"{experiment}/{run}/artifacts/big.bin", b"0" * 300_000)
    page = studio.open("/experiments")
    page.get_by_role("button", name="Workspace default").click()
    expect(page.get_by_text("has one workspace")).to_be_visible()
    page.get_by_role("menuitem", name="default at a glance").click()
    expect(page).to_have_url(re.compile("/workspaces/default$"))
    figures = page.locator(".figures > div")
    expect(figures.filter(has_text="Experiments").locator("dd")).to_have_text(
        str(len(client.get("experiments/search", max_results=1000)["experiments"]))
    )
    expect(figures.filter(has_text="Running now").locator("dd")).not_to_have_text("0")
    latest = page.get_by_role("table", name="Latest runs")
    expect(latest.get_by_role("row").first).to_contain_text("still going")
    expect(latest.get_by_role("row").first).to_contain_text("glance/running")
    page.get_by_role("button", name="Count", exact=True).click()
    storage = page.get_by_role("table", name="Storage by experiment")
    row = storage.get_by_role("row").filter(has_text="glance/running")
    expect(row).to_contain_text("300 kB")
    expect(page.get_by_role("table", name="Rules of storage")).to_contain_text("no limit")
    expect(page.get_by_role("table", name="Storage by datastore")).to_contain_text("local")
    client.post("runs/update", run_id=run, status="FINISHED")


def test_a_limit_of_storage_is_changed_where_it_stands_and_taken_back(studio, server):
    page = studio.open("/workspaces/default")
    rules = page.get_by_role("table", name="Rules of storage")
    rules.get_by_role("button", name="Change: Largest file").click()
    page.get_by_label("Change: Largest file").fill("a lot")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("500 MB, 2 GB, or no limit")
    rules.get_by_role("button", name="Change: Largest file").click()
    page.get_by_label("Change: Largest file").fill("2.5 GB")
    page.keyboard.press("Enter")
    expect(rules).to_contain_text("2.50 GB")
    assert httpx.get(f"{server.url}/api/v1/storage").json()["max_file_bytes"] == 2_500_000_000
    expect(page.get_by_role("table", name="Audit log")).to_contain_text("max_file_bytes")
    changed = page.get_by_role("alert").filter(has_text="Largest file: 2.50 GB")
    changed.get_by_role("button", name="Undo").click()
    expect(rules).not_to_contain_text("2.50 GB")
    assert httpx.get(f"{server.url}/api/v1/storage").json()["max_file_bytes"] is None


def test_the_list_of_experiments_says_how_many_runs_each_has(studio, sample):
    page = studio.open("/experiments?q=demo/digits")
    row = page.get_by_role("row").filter(has=page.get_by_label("Choose demo/digits"))
    expect(row.get_by_role("cell").nth(1)).to_have_text("7")


@pytest.mark.parametrize(
    ("place", "way"),
    [
        ("Endpoints", "mlflow models serve"),
        ("Jobs", "mlflow run"),
        ("Monitors", "mlflow.log_metrics"),
    ],
)
def test_a_place_of_what_is_to_come_says_so_and_what_to_do_today(studio, place, way):
    page = studio.open("/experiments")
    page.get_by_role("navigation", name="Places").get_by_role("link", name=place).click()
    expect(page.get_by_role("heading", name=place, level=1)).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text("will be here")
    expect(page.get_by_role("group", name="Code").filter(has_text=way)).to_contain_text(way)
    page.reload()
    expect(page.get_by_role("heading", name=place, level=1)).to_be_visible()


def test_times_are_shown_in_the_zone_that_is_chosen_also_after_a_reload(studio, sample):
    page = studio.open("/settings")
    zone = page.get_by_role("combobox", name="Time zone")
    expect(zone).to_contain_text("This browser's, Europe/Berlin")
    zone.select_option("Asia/Tokyo")
    expect(page.get_by_role("region", name="Time zone")).to_contain_text("GMT+9")
    page = studio.open_run(sample, "digits sweep")
    started = page.locator("header.bar time")
    expect(started).to_have_attribute("title", re.compile(r"GMT\+9"))
    expect(started).to_have_attribute("datetime", re.compile("Z$"))


def test_settings_have_a_place_for_sign_in_and_retention_and_explain_the_servers(studio):
    page = studio.open("/settings")
    expect(page.get_by_role("region", name="Sign-in")).to_contain_text("allow_remote")
    retention = page.get_by_role("region", name="Retention")
    expect(retention).to_contain_text("keeps them for ever")
    expect(retention).to_contain_text("--retention-days")
    settings = page.get_by_role("table", name="Settings of the server")
    row = settings.get_by_role("row").filter(has_text="webhook_private_addresses")
    expect(row).to_contain_text("true")
    expect(row).to_contain_text("Webhooks may call addresses of this machine")


@pytest.mark.parametrize(
    ("typed", "option", "heading"),
    [
        ("of the keys v2", "of the keys, version 2", "Version 2"),
        ("demo/dig", "demo/digits", "demo/digits"),
        ("retention", "Retention", "Settings"),
        ("url_prefix", "url_prefix", "Settings"),
        ("monit", "Monitors", "Monitors"),
        ("default", "default", "default"),
    ],
)
def test_one_key_leads_to_versions_settings_and_workspaces_too(
    studio, client, sample, typed, option, heading
):
    if "keys" in typed:
        client.post("registered-models/create", name="of the keys")
        for _ in range(2):
            run = sample.runs["digits sweep"]
            source = f"runs:/{run}/model"
            client.post("model-versions/create", name="of the keys", source=source, run_id=run)
    page = studio.open("/experiments")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to").fill(typed)
    found = page.get_by_role("option").filter(has_text=option)
    found.first.wait_for()
    found.get_by_text(option, exact=True).first.click()
    expect(page.get_by_role("heading", level=1).filter(has_text=heading)).to_be_visible()
    if heading == "Settings":
        expect(page.locator(f"#{'setting-' if '_' in typed else ''}{typed}")).to_be_in_viewport()
