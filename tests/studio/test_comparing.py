"""How runs are compared: R17 to R19 of the reference."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect


def compare(studio, sample, task, view):
    runs = [run for name, run in sample.runs.items() if name.startswith(f"{task} b")]
    asked = {"runs": runs, "experiments": [sample.experiments[task]], "view": view}
    query = "&".join(
        f"{name}={quote(value if isinstance(value, str) else json.dumps(value))}"
        for name, value in asked.items()
    )
    page = studio.open(f"/compare?{query}")
    page.get_by_role("heading", name=f"Comparing {len(runs)} runs").wait_for()
    return page


def is_painted(page, name):
    """Whether anything is drawn on a canvas."""
    return page.get_by_role("img", name=name).evaluate(
        """canvas => {
          const { width, height } = canvas;
          const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
          return pixels.some((value, i) => i % 4 === 3 && value > 60);
        }"""
    )


def test_ticked_runs_of_one_experiment_are_compared(studio, sample):
    page = studio.open_experiment(sample.experiments["digits"])
    page.get_by_label("Choose all runs").check()
    page.get_by_role("button", name="Compare (7)").click()
    expect(page.get_by_role("heading", name="Comparing 7 runs")).to_be_visible()
    expect(page.get_by_role("list", name="Compared runs").get_by_role("listitem")).to_have_count(7)


def test_runs_of_several_experiments_are_in_one_table_and_compared(studio, sample):
    page = studio.open("/experiments")
    page.get_by_label("Choose demo/digits").check()
    page.get_by_label("Choose demo/diabetes").check()
    page.get_by_role("button", name="Compare (2)").click()
    expect(page.get_by_text("18 of 18 runs")).to_be_visible()
    expect(page.get_by_role("columnheader", name=re.compile("Experiment"))).to_be_visible()
    page.get_by_label("Choose digits sweep").check()
    page.get_by_label("Choose diabetes sweep").check()
    page.get_by_role("button", name="Compare (2)").click()
    expect(page.get_by_role("heading", name="Comparing 2 runs")).to_be_visible()


def test_parallel_coordinates_have_the_axes_that_are_chosen_and_keep_what_is_brushed(
    studio, sample
):
    page = compare(studio, sample, "breast-cancer", "parallel")
    plot = page.get_by_role(
        "img", name=re.compile("Parallel coordinates of 6 runs over .*max_depth")
    )
    expect(plot).to_be_visible()
    assert is_painted(page, re.compile("Parallel coordinates"))
    page.get_by_role("group", name="Axes").get_by_label("max_depth").uncheck()
    expect(page.get_by_role("img", name=re.compile("max_depth"))).to_have_count(0)
    axis = page.locator("[data-axis='params.learning_rate']").bounding_box()
    middle = axis["x"] + axis["width"] / 2
    page.mouse.move(middle, axis["y"] + 2)
    page.mouse.down()
    page.mouse.move(middle, axis["y"] + axis["height"] * 0.2, steps=4)
    page.mouse.up()
    expect(page.get_by_text("over 2 runs")).to_be_visible()
    page.get_by_role("tab", name="Scatter").click()
    page.get_by_role("button", name="Clear 1 brush").click()
    page.get_by_role("tab", name="Parallel").click()
    expect(page.get_by_text("over 6 runs")).to_be_visible()


@pytest.mark.parametrize(
    ("view", "label", "selects"),
    [
        ("scatter", "validation_accuracy over learning_rate", ["X", "Y"]),
        ("contour", "max_depth over learning_rate", ["X", "Y", "Colour (Z)"]),
        ("box", "validation_accuracy in groups of learning_rate", ["Groups", "Y"]),
    ],
)
def test_every_plot_is_drawn_of_the_axes_that_are_chosen(studio, sample, view, label, selects):
    page = compare(studio, sample, "breast-cancer", view)
    expect(page.get_by_role("img", name=label)).to_be_visible()
    assert is_painted(page, label)
    for name in selects:
        expect(page.get_by_label(name, exact=True)).to_be_visible()
    page.get_by_label("Y", exact=True).select_option("metrics.training_seconds")
    expect(page.get_by_role("img", name=re.compile("training_seconds"))).to_be_visible()


def test_the_param_that_moves_the_metric_stands_first(studio, sample):
    page = compare(studio, sample, "breast-cancer", "parallel")
    told = page.get_by_role("region", name="Which param moves a metric")
    expect(told.get_by_role("row").first).to_contain_text("learning_rate")


def test_the_table_shows_differences_only_unless_all_is_wanted(studio, sample):
    page = compare(studio, sample, "breast-cancer", "table")
    table = page.get_by_role("table", name="Runs side by side")
    expect(table.get_by_role("rowheader", name="max_depth")).to_be_visible()
    expect(table.get_by_role("rowheader", name="random_state")).to_have_count(0)
    page.get_by_label("Show diff only").uncheck()
    expect(table.get_by_role("rowheader", name="random_state")).to_be_visible()
    expect(table.get_by_role("columnheader")).to_have_count(7)


def test_curves_of_all_compared_runs_are_over_each_other_and_zoom_together(studio, sample):
    page = compare(studio, sample, "breast-cancer", "curves")
    chart = page.get_by_role("region", name="train_loss").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", "train_loss: 6 lines of 1,200 points")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=5)
    page.mouse.up()
    expect(page.get_by_text("zoomed")).to_be_visible()
    expect(chart).not_to_have_attribute("aria-label", "train_loss: 6 lines of 1,200 points")
    page.mouse.dblclick(box["x"] + box["width"] * 0.5, y)
    expect(chart).to_have_attribute("aria-label", "train_loss: 6 lines of 1,200 points")


def test_files_of_the_same_name_are_side_by_side(studio, sample):
    page = compare(studio, sample, "breast-cancer", "artifacts")
    page.get_by_label("File").select_option("confusion.png")
    expect(page.get_by_role("img", name="confusion.png")).to_have_count(6)


def test_a_run_is_dropped_from_the_comparison(studio, sample):
    page = compare(studio, sample, "breast-cancer", "table")
    page.get_by_role("button", name="Drop boosting rate=0.3 depth=3").click()
    expect(page.get_by_role("heading", name="Comparing 5 runs")).to_be_visible()


def test_what_is_brushed_in_one_view_is_kept_in_the_strip_the_curves_and_the_table(studio, sample):
    page = compare(studio, sample, "breast-cancer", "box")
    plot = page.get_by_role("img", name=re.compile("in groups of"))
    box = plot.bounding_box()
    page.get_by_label("Y", exact=True).select_option("params.max_depth")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] * 0.3, steps=4)
    page.mouse.up()
    expect(page.get_by_text("3 of 6 runs inside")).to_be_visible()
    expect(page.locator(".strip .outside")).to_have_count(3)
    page.get_by_role("tab", name="Curves").click()
    chart = page.get_by_role("region", name="train_loss").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", "train_loss: 3 lines of 600 points")
    page.get_by_role("tab", name="Table").click()
    table = page.get_by_role("table", name="Runs side by side")
    expect(table.get_by_role("columnheader")).to_have_count(4)
    page.get_by_role("button", name="Clear 1 brush").click()
    expect(table.get_by_role("columnheader")).to_have_count(7)


def test_the_best_value_of_a_metric_is_marked_in_the_table(studio, sample):
    page = compare(studio, sample, "breast-cancer", "table")
    row = page.locator("[data-column='metrics.training_seconds']")
    row.wait_for()
    values = [float(cell.get_attribute("title")) for cell in row.locator("td").all()]
    best = row.locator("td").filter(has=page.locator(".best"))
    expect(best).to_have_attribute("title", str(min(values)))


def test_compared_runs_are_ordered_by_dragging_and_by_keys_and_dropped(studio, sample):
    page = compare(studio, sample, "breast-cancer", "table")
    strip = page.get_by_role("list", name="Compared runs")

    def order():
        return [name.inner_text() for name in strip.locator("[data-run]").all()]

    page.get_by_role("table", name="Runs side by side").wait_for()
    before = order()
    chips = strip.get_by_role("listitem")
    chips.nth(0).drag_to(chips.nth(2))
    moved = [*before[1:3], before[0], *before[3:]]
    expect(strip.locator("[data-run]").nth(2)).to_have_text(before[0])
    assert order() == moved
    strip.get_by_role("button", name=before[0], exact=True).focus()
    for _ in range(2):
        page.keyboard.press("Alt+ArrowLeft")
    expect(strip.locator("[data-run]").nth(0)).to_have_text(before[0])
    assert order() == before
    page.keyboard.press("Delete")
    expect(page.get_by_role("heading", name="Comparing 5 runs")).to_be_visible()
    expect(strip.get_by_role("button", name=before[1], exact=True)).to_be_focused()


def test_the_address_holds_brushes_and_zoom_so_that_a_link_shows_the_same(studio, sample):
    page = compare(studio, sample, "breast-cancer", "parallel")
    axis = page.locator("[data-axis='params.max_depth']").bounding_box()
    middle = axis["x"] + axis["width"] / 2
    page.mouse.move(middle, axis["y"] + 2)
    page.mouse.down()
    page.mouse.move(middle, axis["y"] + axis["height"] * 0.3, steps=4)
    page.mouse.up()
    expect(page.get_by_text("3 of 6 runs inside")).to_be_visible()
    page.get_by_role("tab", name="Curves").click()
    page.get_by_role("button", name="Log", exact=True).click()
    page.reload()
    expect(page.get_by_text("3 of 6 runs inside")).to_be_visible()
    expect(page.get_by_role("button", name="Log", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    chart = page.get_by_role("region", name="train_loss").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", "train_loss: 3 lines of 600 points")


def test_the_zoom_of_a_runs_charts_is_in_its_address(studio, sample):
    page = studio.open_run(sample, "breast-cancer boosting rate=0.03 depth=2", "charts")
    chart = page.get_by_role("region", name="train_loss").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", "train_loss: 1 line of 200 points")
    box = chart.locator(".u-over").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("range="))
    page.reload()
    expect(page.get_by_text("zoomed")).to_be_visible()
    expect(chart).to_have_attribute("aria-label", re.compile(r"1 line of (9\d|10\d) points"))
    page.get_by_role("tab", name="Overview").click()
    expect(page.get_by_text("zoomed")).to_be_visible()
