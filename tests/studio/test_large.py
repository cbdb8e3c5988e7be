"""The studio on 100,000 runs, a metric of 10 million points and 50 curves: it works, and how fast
is printed, beside how busy the machine was.

Nothing here is asserted on time; `pytest -rP` shows the figures, and SHOW_FIGURES=1 writes them.
"""

import os
import re
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.stores import FIRST_MS, fill, loss_curve, sample_runs
from tests.server_process import ServerProcess
from tests.studio import timing
from tests.studio.conftest import Studio
from tests.studio.sample import Client

RUNS = 100_000
POINTS = 10_000_000
CURVES, CURVE_POINTS = 50, 10_000
MOST_SCRIPT_BYTES = 400_000
FIRST = next(iter(sample_runs(1, 1)))
_ROWS = ".grid-row"


@pytest.fixture(scope="module")
def large(pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "data"
    fill(folder, sample_runs(RUNS, 1), 1, POINTS)
    server = ServerProcess(folder)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def medium(pages, tmp_path_factory):
    """2,000 runs in the first experiment, 50 long curves in the second."""
    folder = tmp_path_factory.mktemp("medium") / "data"
    fill(folder, sample_runs(2_000, 1), 1)
    server = ServerProcess(folder)
    with closing(Client(server.url)) as client:
        log_curves(client)
    yield server
    server.stop()


def log_curves(client: Client) -> None:
    experiment = client.post("experiments/create", name="curves")["experiment_id"]
    values = loss_curve(CURVE_POINTS * CURVES).reshape(CURVES, CURVE_POINTS)
    for number, curve in enumerate(values):
        run = client.post(
            "runs/create", experiment_id=experiment, run_name=f"curve {number}", start_time=FIRST_MS
        )["run"]["info"]["run_id"]
        for start in range(0, CURVE_POINTS, 1_000):
            points = [
                {"key": "curve", "value": value, "timestamp": FIRST_MS + step, "step": step}
                for step, value in enumerate(curve[start : start + 1_000].tolist(), start)
            ]
            client.post("runs/log-batch", run_id=run, metrics=points)
        client.post("runs/update", run_id=run, status="FINISHED", end_time=FIRST_MS + CURVE_POINTS)


@pytest.fixture
def new_window(chromium):
    """Windows that know nothing yet, each with a cache of its own."""

    @contextmanager
    def open_window(url):
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        studio = Studio(context.new_page(), url)
        studio.page.set_default_timeout(120_000)
        timing.watch(studio.page)
        yield studio
        context.close()
        assert studio.failures == []

    return open_window


@pytest.fixture
def window(new_window, large):
    with new_window(large.url) as window:
        yield window


@pytest.fixture
def figure(record_property):
    def note(what, value):
        load = f"load {os.getloadavg()[0]:.1f}"
        record_property(what, f"{value} ({load})")
        line = f"{what}: {value} ({load})"
        print(line)
        if path := os.environ.get("SHOW_FIGURES"):
            with Path(path).open("a") as file:
                file.write(f"{line}\n")

    return note


@pytest.fixture
def frame_figure(figure):
    def note(what, times):
        figure(f"frame while {what}, median ms", timing.percentile(times, 50))
        figure(f"frame while {what}, 95th percentile ms", timing.percentile(times, 95))

    return note


def report_opening(new_window, figure, url, experiment, what):
    """Open an experiment in browsers that know nothing of it yet."""
    for _ in range(3):
        with new_window(url) as window:
            page = window.open(f"/experiments/{experiment}")
            figure(f"first rows of {what}, ms", round(timing.first_rows_ms(page)))
            figure(f"first paint with {what}, ms", round(timing.first_paint_ms(page)))
            page.get_by_role("status").filter(has_text=" of ").wait_for()
            page.wait_for_load_state("networkidle")


def test_the_demo_is_soon_there_in_a_cold_browser(new_window, server, sample, figure):
    experiment = sample.experiments["digits"]
    report_opening(new_window, figure, server.url, experiment, "the demo")
    with new_window(server.url) as window:
        page = window.open(f"/experiments/{experiment}")
        page.locator("canvas.lines, .bars-list").first.wait_for()
        figure("script before the first chart, bytes", timing.script_bytes(page))
        assert 0 < timing.script_bytes(page) < MOST_SCRIPT_BYTES


def test_two_thousand_runs_are_soon_there_in_a_cold_browser(new_window, medium, figure):
    report_opening(new_window, figure, medium.url, 1, "2,000 runs")


def test_a_hundred_thousand_runs_are_soon_there_in_a_cold_browser(new_window, large, figure):
    report_opening(new_window, figure, large.url, 1, "100,000 runs")


def test_a_hundred_thousand_runs_are_seen_scrolled_sorted_and_filtered(
    window, figure, frame_figure
):
    begun = time.perf_counter()
    page = window.open("/experiments/1?show=table&nest=off")
    status = page.get_by_role("status").filter(has_text="100,000 of 100,000 runs")
    status.wait_for()
    figure("all 100,000 runs, ms", round(1000 * (time.perf_counter() - begun)))

    page.wait_for_timeout(3000)  # the keys of all runs are asked for last
    for by_px, how in [(84, "slowly"), (600, "fast"), (20_000, "in leaps")]:
        frame_figure(f"scrolling {how}", timing.scroll(page, by_px, 90))
    grid = page.get_by_role("grid", name="Runs")
    assert grid.locator(_ROWS).count() < 100
    box = grid.bounding_box()

    def point_at_rows():
        for i in range(60):
            page.mouse.move(box["x"] + 300, box["y"] + 70 + i * 37 % (box["height"] - 90))

    frame_figure("pointing at rows", timing.frames_while(page, point_at_rows))

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
    page = window.open(f"/experiments/1/runs/{FIRST.run_id}")
    chart = page.get_by_role("region", name="loss", exact=True).get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile("10,000,000 points"), timeout=60_000)
    top = page.get_by_role("region", name="loss", exact=True)
    top.get_by_role("button", name="Make loss wide").click()
    values = top.get_by_role("region", name="Values")
    expect(values).to_contain_text("5")  # the spike, which is the most there is
    chart.scroll_into_view_if_needed()
    for share in (0.5, 0.3, 0.7):
        box = chart.bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * share, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (share + 0.1), y, steps=4)
        page.mouse.up()
        expect(chart).not_to_have_attribute("aria-label", re.compile("10,000,000"))
        figure("zoom into 10 million points, ms", round(timing.drawn_ms_after(page, "mouseup")))
        told = chart.get_attribute("aria-label")
        shown = int(re.search(r"of ([\d,]+) points", told)[1].replace(",", ""))
        assert 500_000 < shown < 3_000_000
        chart.dblclick()
        expect(chart).to_have_attribute("aria-label", re.compile("10,000,000"))


def test_fifty_curves_are_drawn_after_a_click_and_brought_forward(
    new_window, medium, figure, frame_figure
):
    for _ in range(3):
        with new_window(medium.url) as window:
            page = window.open("/experiments/2?show=table")
            page.get_by_role("status").filter(has_text="50 of 50 runs").wait_for()
            page.wait_for_timeout(1000)
            page.get_by_role("button", name="Table and charts (2)").click()
            chart = page.get_by_role("region", name="curve", exact=True).get_by_role("img")
            expect(chart).to_have_attribute("aria-label", "curve: 50 lines of 500,000 points")
            figure("50 curves of 10,000 points, ms", round(timing.drawn_ms_after(page, "click")))

            box = chart.bounding_box()

            def point_at_lines(page=page, box=box):
                for i in range(60):
                    page.mouse.move(box["x"] + 80 + 4 * i, box["y"] + 40 + i * 13 % 120)

            frame_figure("pointing at lines", timing.frames_while(page, point_at_lines))
            assert page.locator(".grid-row.hovered").count() <= 1
            rows = page.locator(_ROWS)

            def point_at_rows(page=page, rows=rows):
                boxes = [row.bounding_box() for row in rows.all()[:20]]
                for box in 3 * boxes:
                    page.mouse.move(box["x"] + 250, box["y"] + 14)

            frame_figure("pointing at rows beside lines", timing.frames_while(page, point_at_rows))
            expect(page.locator(".grid-row.hovered")).to_have_count(1)
            expect(page.locator("canvas.lines.pale")).to_have_count(1)
