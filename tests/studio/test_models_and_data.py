"""Registered models and datastores, and the filter of runs by them: R11 of the reference."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def model(client, sample):
    """A model with two versions, of runs of the demo."""
    client.post("registered-models/create", name="detector")
    for name in ("boosting rate=0.03 depth=2", "boosting rate=0.3 depth=3"):
        run = sample.runs[f"breast-cancer {name}"]
        outputs = client.get("runs/get", run_id=run)["run"].get("outputs", {})
        logged = [one["model_id"] for one in outputs.get("model_outputs", [])]
        made = {"source": f"runs:/{run}/model"}
        if logged:
            made = {"source": f"models:/{logged[0]}", "model_id": logged[0]}
        client.post("model-versions/create", name="detector", run_id=run, **made)
    return "detector"


def test_runs_are_filtered_by_having_a_model_version(studio, sample, model):
    page = studio.open_experiment(sample.experiments["breast-cancer"], "?show=table&nest=off")
    page.get_by_role("button", name="Model").click()
    page.get_by_role("menuitem", name="With a model version").click()
    expect(page.get_by_text("2 of 11 runs")).to_be_visible()
    page.get_by_role("button", name="Model").click()
    page.get_by_role("menuitem", name="Without a model version").click()
    expect(page.get_by_text("9 of 11 runs")).to_be_visible()


def test_a_run_names_the_versions_that_were_made_from_it(studio, sample, model):
    page = studio.open_run(sample, "breast-cancer boosting rate=0.3 depth=3")
    page.get_by_role("link", name="detector, version 2").click()
    expect(page.get_by_role("heading", name="Version 2", level=1)).to_be_visible()


def test_a_version_is_given_an_alias_and_a_stage_and_says_where_it_came_from(studio, client, model):
    page = studio.open("/models")
    page.get_by_role("link", name=model).click()
    page.get_by_role("link", name="Version 1").click()
    lineage = page.get_by_role("region", name="Lineage")
    expect(lineage).to_contain_text("training rows")
    expect(lineage).to_contain_text("boosting rate=0.03 depth=2")
    page.get_by_label("New alias").fill("champion")
    page.get_by_role("button", name="Add").first.click()
    expect(lineage).to_contain_text("@champion")
    page.get_by_label("Stage", exact=True).select_option("Staging")
    expect(page.get_by_role("alert").filter(has_text="is in Staging")).to_be_visible()
    found = client.get("model-versions/get", name=model, version="1")["model_version"]
    assert (found["current_stage"], found["aliases"]) == ("Staging", ["champion"])
    card = page.get_by_role("region", name="Use it")
    expect(card.get_by_role("group", name="Code").first).to_contain_text(f"models:/{model}/1")
    expect(card.get_by_role("table", name="Inputs")).to_contain_text("bmi")


def test_somebody_asks_for_a_stage_and_somebody_approves(studio, client, model):
    page = studio.open(f"/models/{model}/versions/2")
    page.get_by_role("button", name="Ask to move it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Stage").select_option("Production")
    dialog.get_by_label("Comment").fill("it is better")
    dialog.get_by_role("button", name="Ask").click()
    requests = page.get_by_role("region", name="Requests")
    expect(requests).to_contain_text("it is better")
    requests.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert").filter(has_text="Moved to Production")).to_be_visible()
    found = client.get("model-versions/get", name=model, version="2")["model_version"]
    assert found["current_stage"] == "Production"


def test_two_versions_are_compared_by_what_differs(studio, model):
    page = studio.open(f"/models/{model}")
    page.get_by_label("Choose version 1").check()
    page.get_by_label("Choose version 2").check()
    compared = page.get_by_role("region", name="Versions compared")
    expect(compared.get_by_role("rowheader", name="params.max_depth")).to_be_visible()
    expect(compared.get_by_role("rowheader", name="params.random_state")).to_have_count(0)
    expect(page).to_have_url(re.compile("compare="))


def test_a_datastore_is_browsed_and_takes_an_upload(studio, sample, tmp_path):
    page = studio.open("/data")
    page.get_by_role("table", name="Datastores").get_by_role("link").first.click()
    page.get_by_role("list", name="Files").wait_for()
    note = tmp_path / "note.txt"
    note.write_text("kept by hand")
    page.get_by_label("Files to upload").set_input_files(note)
    expect(page.get_by_role("alert")).to_contain_text("Uploaded 1 file")
    page.get_by_role("list", name="Files").get_by_role("button", name="note.txt").click()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("kept by hand")


def test_all_files_of_a_run_come_as_one_zip(studio, sample):
    page = studio.open_run(sample, "breast-cancer boosting rate=0.3 depth=3", "artifacts")
    with page.expect_download() as download:
        page.get_by_role("link", name="All as a zip").click()
    content = download.value.path().read_bytes()
    assert content[:2] == b"PK"
    assert b"tables/predictions.csv" in content
