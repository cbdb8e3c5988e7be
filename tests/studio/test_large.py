"""The studio on 100,000 runs and a metric of 10 million points: it works, and how fast is printed.

Nothing here is asserted on time; `pytest -rP` shows the figures, and SHOW_FIGURES=1 writes them.
"""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.stores import fill, sample_runs
from tests.server_process import ServerProcess
from tests.studio.conftest import Studio

RUNS = 100_000
POINTS = 10_000_000
FIRST = next(iter(sample_runs(1, 1)))

_SCROLL = """async () => {
  const grid = document.querySelector('[role=grid]');
  const frames = [];
  let before = performance.now();
  for (let i = 0; i < 90; i++) {
    grid.scrollTop += i < 45 ? 84 : 20000;
    await new Promise(done => requestAnimationFrame(done));
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  frames.sort((one, other) => one - other);
  return frames;
}"""


@pytest.fixture(scope="module")
def large(pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "data"
    fill(folder, sample_runs(RUNS, 1), 1, POINTS)
    server = ServerProcess(folder)
    yield server
    server.stop()


@pytest.fixture
def window(chromium, large):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    studio = Studio(context.new_page(), large.url)
    studio.page.set_default_timeout(120_000)
    yield studio
    context.close()
    assert studio.failures == []


@pytest.fixture
def figure(record_property):
    def note(what, value):
        record_property(what, value)
        print(f"{what}: {value}")
        if path := os.environ.get("SHOW_FIGURES"):
            with Path(path).open("a") as file:
                file.write(f"{what}: {value}\n")

    return note


def test_a_hundred_thousand_runs_are_seen_scrolled_sorted_and_filtered(window, figure):
    begun = time.perf_counter()
    page = window.open("/experiments/1?show=table&nest=off")
    row = page.locator(".grid-row").first
    row.wait_for()
    figure("first rows of 100,000 runs, ms", round(1000 * (time.perf_counter() - begun)))
    status = page.get_by_role("status").filter(has_text="100,000 of 100,000 runs")
    status.wait_for()
    figure("all 100,000 runs, ms", round(1000 * (time.perf_counter() - begun)))

    frames = page.evaluate(_SCROLL)
    figure("frame while scrolling, median ms", round(frames[len(frames) // 2], 1))
    figure("frame while scrolling, 95th percentile ms", round(frames[len(frames) * 95 // 100], 1))
    grid = page.get_by_role("grid", name="Runs")
    assert grid.locator(".grid-row").count() < 100

    grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight }")
    expect(grid.locator(f"[aria-rowindex='{RUNS + 1}']")).to_be_visible()
    expect(grid.locator(f"[aria-rowindex='{RUNS + 1}']")).to_contain_text(FIRST.name)

    grid.evaluate("grid => { grid.scrollTop = 0; grid.scrollLeft = 0 }")
    head = page.get_by_role("columnheader", name=re.compile("acc"))
    begun = time.perf_counter()
    head.get_by_role("button", name="acc", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "descending")
    figure("sorting 100,000 runs, ms", round(1000 * (time.perf_counter() - begun)))

    page.get_by_label("Filter runs").fill(f"attributes.run_id = '{FIRST.run_id}'")
    page.get_by_label("Filter runs").press("Enter")
    page.get_by_role("status").filter(has_text="1 of 100,000 runs").wait_for()
    expect(grid).to_contain_text(FIRST.name)


def test_ten_million_points_are_drawn_with_their_spike_and_zoomed(window, figure):
    answers = []
    window.page.on(
        "requestfinished",
        lambda request: answers.append(request.timing) if "/v1/charts" in request.url else None,
    )
    page = window.open(f"/experiments/1/runs/{FIRST.run_id}")
    chart = page.get_by_role("region", name="loss", exact=True).get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile("10,000,000 points"), timeout=60_000)
    top = page.get_by_role("region", name="loss", exact=True)
    top.get_by_role("button", name="Make loss wide").click()
    values = top.get_by_role("region", name="Values")
    expect(values).to_contain_text("5")  # the spike, which is the most there is
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=4)
    answers.clear()
    begun = time.perf_counter()
    page.mouse.up()
    expect(chart).not_to_have_attribute("aria-label", re.compile("10,000,000"))
    figure("zoom into 10 million points, ms", round(1000 * (time.perf_counter() - begun)))
    told = chart.get_attribute("aria-label")
    shown = int(re.search(r"of ([\d,]+) points", told)[1].replace(",", ""))
    assert 500_000 < shown < 3_000_000
