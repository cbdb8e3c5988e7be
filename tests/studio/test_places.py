"""The pages around the runs: experiments, models, data, settings, and the ways between them."""

import re

import pytest
from playwright.sync_api import expect

from tests.server_process import ServerProcess
from tests.studio.conftest import ROOT, Studio

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "experiments": "/experiments",
    "runs": "/experiments/{digits}",
    "run": "/experiments/{digits}/runs/{run}",
    "files": "/experiments/{digits}/runs/{run}?tab=artifacts",
    "model of a run": "/experiments/{digits}/runs/{run}?tab=model",
    "code of a run": "/experiments/{digits}/runs/{run}?tab=code&other={other}",
    "log of a run": "/experiments/{digits}/runs/{run}?tab=log",
    "comparison": '/compare?runs=["{run}","{other}"]&experiments=["{digits}"]&view=table',
    "plots": '/compare?runs=["{run}","{other}"]&experiments=["{digits}"]',
    "models": "/models",
    "data": "/data",
    "settings": "/settings",
    "webhooks": "/settings/webhooks",
    "workspace": "/workspaces/default",
    "endpoints": "/endpoints",
    "jobs": "/jobs",
    "monitors": "/monitors",
    "model": "/models/{model}",
    "version": "/models/{model}/versions/1",
}


@pytest.fixture(scope="module")
def model(client, sample):
    """A model with a version, a gate, a comment and a lock."""
    name = "of the places"
    run = sample.runs["digits sweep"]
    client.post("registered-models/create", name=name)
    client.post("model-versions/create", name=name, source=f"runs:/{run}/model", run_id=run)
    client.post("comments/create", name=name, version="1", comment="look")
    client.put(f"models/{name}/gates/champion", rule="tags.reviewed = 'yes'")
    client.put(f"models/{name}/versions/1/locks", holder="endpoint digits")
    return name


def address(sample, name, model):
    names = [one for one in sample.runs if one.startswith("digits p")]
    return PAGES[name].format(
        digits=sample.experiments["digits"],
        run=sample.runs[names[0]],
        other=sample.runs[names[1]],
        model=model,
    )


def settle(page):
    """Wait until the page has what it asked for."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier_that_axe_finds(studio, sample, model, name, scheme):
    page = studio.page
    page.emulate_media(color_scheme=scheme)
    studio.open(address(sample, name, model))
    page.get_by_role("heading", level=1).first.wait_for()
    settle(page)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
          .map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html).join(' | ')}`)"""
    )
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_on_a_phone(studio, sample, model, name):
    page = studio.page
    page.set_viewport_size({"width": 390, "height": 800})
    studio.open(address(sample, name, model))
    page.get_by_role("heading", level=1).first.wait_for()
    settle(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("link", name="Experiments").first).to_be_visible()


def test_experiments_are_made_found_renamed_deleted_and_brought_back(studio, sample):
    page = studio.open("/experiments")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("dialog").get_by_label("Name").fill("team/fresh")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.get_by_role("group", name="Code")).to_contain_text("mlflow.start_run")
    page.get_by_role("button", name="Rename the experiment").click()
    page.get_by_label("Rename the experiment").fill("team/renamed")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("team/renamed"))
    renamed = page.get_by_role("alert").filter(has_text="Renamed the experiment to team/renamed")
    expect(renamed.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link").click()
    page.get_by_label("Find experiments").fill("renamed")
    expect(page.get_by_text("1 of ")).to_be_visible()
    page.get_by_label("Choose team/renamed").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 1 experiment").click()
    expect(page.get_by_text("No experiment has this")).to_be_visible()
    page.get_by_role("button", name="Deleted").click()
    page.get_by_label("Choose team/renamed").check()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Active", exact=True).click()
    expect(page.get_by_label("Choose team/renamed")).to_be_visible()


def test_an_experiment_has_notes_and_tags(studio, client):
    made = client.post("experiments/create", name="noted")
    page = studio.open(f"/experiments/{made['experiment_id']}")
    page.get_by_role("button", name="Notes and tags").click()
    page.get_by_role("button", name="Write a note").click()
    page.get_by_label("Note, in Markdown").fill("What this is **for**")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("region", name="Notes").locator("strong")).to_have_text("for")
    page.get_by_label("Name of a new tag").fill("team")
    page.get_by_label("Value of a new tag").fill("vision")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("table", name="Tags")).to_contain_text("vision")


def test_one_key_leads_anywhere(studio, sample):
    page = studio.open("/settings")
    page.get_by_role("heading", name="Settings", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to").fill("units=64 alpha=0.1")
    page.get_by_role("option", name=re.compile("perceptron units=64 alpha=0.1")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("perceptron units=64 alpha=0.1")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Write a filter")


def test_dark_and_light_are_chosen_and_remembered(studio):
    page = studio.open("/settings")
    page.get_by_role("button", name="Dark").last.click()
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")


def test_what_is_not_there_is_said_with_a_way_out(studio):
    page = studio.open("/experiments/123456789")
    expect(page.get_by_role("alert")).to_contain_text("123456789")
    page = studio.open("/models/nothing/of/this")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    page.get_by_role("link", name="All experiments").click()
    expect(page.get_by_role("heading", name="Experiments")).to_be_visible()


def test_the_studio_works_behind_a_prefix(chromium, pages, tmp_path):
    server = ServerProcess(tmp_path / "data", "--url-prefix", "/team/ml")
    context = chromium.new_context()
    try:
        studio = Studio(context.new_page(), server.url)
        page = studio.open("")
        expect(page.get_by_role("link", name="Default")).to_be_visible()
        page.get_by_role("link", name="Default").click()
        expect(page).to_have_url(re.compile("/team/ml/experiments/0$"))
        page.reload()
        expect(page.get_by_text("No runs yet")).to_be_visible()
        assert studio.failures == []
    finally:
        context.close()
        server.stop()


def test_the_script_before_the_first_chart_is_small(studio, sample):
    sizes = {}

    def note(response):
        if "/assets/" in response.url and response.url.endswith(".js"):
            sizes[response.url] = int(response.headers["content-length"])
            assert response.headers["content-encoding"] == "gzip"

    studio.page.on("response", note)
    page = studio.open(f"/experiments/{sample.experiments['digits']}?show=table")
    page.get_by_role("grid", name="Runs").wait_for()
    assert 0 < sum(sizes.values()) < 400_000
