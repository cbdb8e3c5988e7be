"""What people do in the table of runs: R2, R10 to R13, R15 and R18 of the reference."""

import csv
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.studio.sample import START_MS


@pytest.fixture
def sweep(client):
    """An experiment of this test alone: a parent, three children, one stranger."""
    made = client.post("experiments/create", name=f"own/{id(client)}-{next(_numbers)}")
    experiment = made["experiment_id"]
    runs = {}
    for number, name in enumerate(["parent", "one", "two", "three", "alone"]):
        tags = [{"key": "color", "value": "blue" if number % 2 else "red"}]
        tags.append({"key": "my custom tag", "value": f"v{number}"})
        tags.append({"key": "size", "value": "5"})
        if 1 <= number <= 3:
            tags.append({"key": "mlflow.parentRunId", "value": runs["parent"]})
        run = client.post(
            "runs/create",
            experiment_id=experiment,
            run_name=name,
            user_id="alice",
            start_time=START_MS + number * 1000,
            tags=tags,
        )["run"]["info"]["run_id"]
        runs[name] = run
        client.post(
            "runs/log-batch",
            run_id=run,
            params=[
                {"key": "elasticNetParam", "value": ["0.5", "0.7"][number % 2]},
                {"key": "model", "value": "=1+1" if name == "one" else "a, b"},
            ],
            metrics=[{"key": "r2", "value": number / 10, "timestamp": START_MS, "step": 0}],
        )
        client.post("runs/update", run_id=run, status="FINISHED", end_time=START_MS + 9000)
    return experiment, runs


_numbers = iter(range(1000))


def names(page):
    """The names in the table, from above."""
    cells = page.get_by_role("grid", name="Runs").locator(".grid-row a")
    rows = [(box["y"], cell.inner_text()) for cell in cells.all() if (box := cell.bounding_box())]
    return [name for _, name in sorted(rows)]


def expect_names(page, wanted):
    expect(page.get_by_role("grid", name="Runs").locator(".grid-row a")).to_have_count(len(wanted))
    assert names(page) == wanted


def filter_by(page, text):
    field = page.get_by_label("Filter runs")
    field.fill(text)
    field.press("Enter")


def test_a_run_of_no_experiment_is_in_the_default_one(studio, client):
    client.post("runs/create", experiment_id="0", run_name="astray", start_time=START_MS)
    page = studio.open("/")
    page.get_by_role("link", name="Default").click()
    expect(page.get_by_role("grid", name="Runs")).to_contain_text("astray")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("metrics.r2 > 0.3", ["alone"]),
        ("params.elasticNetParam = 0.5", ["alone", "two", "parent"]),
        ('tags.color="blue" AND tags.size=5', ["three", "one"]),
        ('tags.`my custom tag` = "v2"', ["two"]),
        ("metrics.r2 <= 0.1 OR tags.color = 'blue'", ["three", "one", "parent"]),
    ],
)
def test_the_filters_of_the_guide_find_their_runs(studio, sweep, text, wanted):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    filter_by(page, text)
    expect(page.get_by_role("status").filter(has_text=f"{len(wanted)} of 5 runs")).to_be_visible()
    expect_names(page, wanted)
    expect(page).to_have_url(re.compile("filter="))


def test_a_filter_is_completed_with_keys_operators_and_values(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    field = page.get_by_label("Filter runs")
    field.press_sequentially("tags.col")
    options = page.get_by_role("listbox", name="Completions")
    expect(options.get_by_role("option").first).to_contain_text("tags.color")
    field.press("Tab")
    expect(options.get_by_role("option", name="=", exact=True)).to_be_visible()
    field.press_sequentially("= ")
    options.get_by_role("option", name="'blue'").click()
    field.press("Escape")
    field.press("Enter")
    expect(field).to_have_value("tags.color = 'blue'")
    expect_names(page, ["three", "one"])


def test_a_bad_filter_is_told_at_its_character_and_the_table_stays(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    page.get_by_label("Filter runs").fill("metrics.r2 >> 0.9")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("character 12")
    assert page.locator(".query .under span").inner_text() == ">>"
    assert len(names(page)) == 5


def test_filters_made_by_clicks_are_written_into_the_field(studio, sweep):
    page = studio.open_experiment(
        sweep[0], '?nest=off&show=table&cols=["attributes.run_name","tags.color"]'
    )
    page.get_by_role("gridcell", name="blue").first.click()
    page.get_by_role("menuitem", name="Only these").click()
    expect(page.get_by_label("Filter runs")).to_have_value("tags.color = 'blue'")
    expect_names(page, ["three", "one"])
    page.get_by_role("button", name="Remove tags.color = 'blue'").click()
    expect_names(page, ["alone", "three", "two", "one", "parent"])
    page.get_by_role("button", name="Time created").click()
    page.get_by_role("menuitem", name="Last hour").click()
    expect(page.get_by_text("No runs match")).to_be_visible()
    expect(page.get_by_label("Filter runs")).to_have_value(re.compile("attributes.start_time >="))


def test_the_dataset_filter_has_the_datasets_of_the_experiment(studio, sample):
    page = studio.open_experiment(sample.experiments["digits"])
    page.get_by_role("button", name="Dataset").click()
    page.get_by_role("menuitem", name="training rows").click()
    expect(page.get_by_label("Filter runs")).to_have_value("datasets.name = 'training rows'")
    expect(page.get_by_text("6 of 7 runs")).to_be_visible()


def test_children_stand_below_their_parent_and_fold(studio, sweep):
    page = studio.open_experiment(sweep[0], "?show=table")
    expect_names(page, ["alone", "parent", "three", "two", "one"])
    page.get_by_role("button", name="Hide children of parent").click()
    expect_names(page, ["alone", "parent"])


def test_a_click_on_a_head_sorts_and_the_link_shows_a_colleague_the_same(studio, sweep):
    page = studio.open_experiment(sweep[0], "?show=table")
    head = page.get_by_role("columnheader", name=re.compile("r2"))
    head.get_by_role("button", name="r2", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect_names(page, ["alone", "three", "two", "one", "parent"])
    head.get_by_role("button", name="r2", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.reload()
    page.get_by_role("grid", name="Runs").wait_for()
    expect_names(page, ["parent", "one", "two", "three", "alone"])


def test_which_way_a_metric_is_better_is_guessed_changed_and_remembered(studio, client, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    best = page.get_by_role("grid", name="Runs").locator(".best")
    expect(best).to_have_text("0.4")
    head = page.get_by_role("columnheader", name=re.compile("r2"))
    head.hover()
    head.get_by_role("button", name="Column r2").click()
    page.get_by_role("menuitem", name="Less is better").click()
    expect(best).to_have_text("0")
    page.reload()
    page.get_by_role("grid", name="Runs").wait_for()
    expect(best).to_have_text("0")
    head.get_by_role("button", name="r2", exact=True).click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    run = sweep[1]["two"]
    client.post("runs/log-metric", run_id=run, key="r2", value=0.9, timestamp=START_MS, step=1)
    page = studio.open(f"/experiments/{sweep[0]}/runs/{run}")
    row = page.get_by_role("table", name="Metrics").get_by_role("row").filter(has_text="r2")
    expect(row.get_by_title("0.2, the best")).to_have_text("0.2")


def test_values_that_are_no_curve_are_bars_with_the_best_first(studio, client, sweep):
    for number, run in enumerate(sweep[1].values()):
        client.post("runs/log-metric", run_id=run, key="loss", value=9 - number, timestamp=START_MS)
    page = studio.open(f"/experiments/{sweep[0]}?show=charts")
    for metric, best in (("loss", "5"), ("r2", "0.4")):
        bars = page.get_by_role("region", name=metric).get_by_role("listitem")
        expect(bars.first).to_contain_text(f"alone{best}")


def test_a_drag_over_the_histogram_of_a_head_filters_by_its_range(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    head = page.get_by_role("columnheader", name=re.compile("r2"))
    bars = head.locator(".bars")
    box = bars.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.6, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 9, y, steps=4)
    page.mouse.up()
    expect(page.get_by_label("Filter runs")).to_have_value(re.compile(r"metrics\.r2 BETWEEN"))
    expect_names(page, ["alone", "three"])


def test_what_is_the_same_in_all_runs_stands_in_one_line(studio, sample):
    candidates = "?nest=off&show=table&filter=tags.role%20=%20'candidate'"
    page = studio.open_experiment(sample.experiments["digits"], candidates)
    expect(page.get_by_text("same in all:")).to_contain_text("random_state = 7")
    expect(page.get_by_role("columnheader", name=re.compile("random_state"))).to_have_count(0)


def test_a_place_on_x_is_marked_in_all_charts_and_pinned_cards_stay_pinned(studio, sample):
    address = f"/experiments/{sample.experiments['breast-cancer']}?show=charts"
    page = studio.open(address)
    charts = [page.get_by_role("region", name=n) for n in ("train_loss", "staged_accuracy")]
    for chart in charts:
        chart.scroll_into_view_if_needed()
        expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("points"))
    boxes = [chart.locator(".u-over").bounding_box() for chart in charts]
    page.mouse.move(boxes[1]["x"] + boxes[1]["width"] * 0.3, boxes[1]["y"] + 40)
    page.mouse.move(boxes[1]["x"] + boxes[1]["width"] * 0.5, boxes[1]["y"] + 40)
    marks = [chart.locator(".u-cursor-x").bounding_box()["x"] for chart in charts]
    parts = [(x + 1 - box["x"]) / box["width"] for x, box in zip(marks, boxes, strict=True)]
    assert parts == [pytest.approx(0.5, abs=0.02)] * 2

    page.get_by_role("button", name="Pin train_loss to the top").click()
    pinned = page.get_by_role("region", name="Pinned")
    expect(pinned.get_by_role("region", name="train_loss")).to_be_visible()
    studio.open(address)
    expect(pinned.get_by_role("region", name="train_loss")).to_be_visible()


def test_columns_are_chosen_moved_pinned_and_kept_in_the_address(studio, sweep):
    page = studio.open_experiment(sweep[0], "?show=table")
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Find a column").fill("custom")
    page.get_by_label("tags.my custom tag").check()
    page.keyboard.press("Escape")
    head = page.get_by_role("columnheader", name=re.compile("my custom tag"))
    expect(head).to_be_visible()
    head.hover()
    head.get_by_role("button", name="Column my custom tag").click()
    page.get_by_role("menuitem", name="Pin to the left").click()
    expect(head).to_have_class(re.compile("pinned"))
    shown = parse_qs(urlsplit(page.url).query)
    assert json.loads(shown["pin"][0]) == ["tags.my custom tag"]
    assert "tags.my custom tag" in json.loads(shown["cols"][0])


def test_runs_are_grouped_with_mean_and_spread(studio, sweep):
    page = studio.open_experiment(sweep[0], "?show=table")
    page.get_by_role("button", name="Group").click()
    page.get_by_role("menuitem", name="color").click()
    red = page.get_by_role("row").filter(has=page.get_by_label("Choose all runs of red"))
    expect(red).to_contain_text("3")
    expect(red.get_by_title(re.compile(r"mean 0\.2\d*, from 0 to 0\.4"))).to_be_visible()


def test_chosen_runs_are_downloaded_in_the_columns_of_the_guide(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    page.get_by_label("Choose one").check()
    page.get_by_label("Choose two").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "runs.csv"
    with download.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == [
        "Run ID", "Name", "Source Type", "Source Name", "User", "Status",
        "elasticNetParam", "model", "r2",
    ]  # fmt: skip
    runs = sweep[1]
    assert rows[1:] == [
        [runs["two"], "two", "", "", "alice", "FINISHED", "0.5", "a, b", "0.2"],
        [runs["one"], "one", "", "", "alice", "FINISHED", "0.7", "'=1+1", "0.1"],
    ]


def test_deleting_a_parent_takes_its_children_unless_unticked_and_restoring_brings_them(
    studio, client, sweep
):
    experiment, runs = sweep
    page = studio.open_experiment(experiment, "?show=table")
    page.get_by_label("Choose parent").check()
    page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("checkbox", name="Delete the 3 runs below too")).to_be_checked()
    dialog.get_by_role("button", name="Delete 4 runs").click()
    expect_names(page, ["alone"])
    assert client.get("runs/get", run_id=runs["two"])["run"]["info"]["lifecycle_stage"] == "deleted"

    page.get_by_role("button", name="State").click()
    page.get_by_role("menuitem", name="Deleted").click()
    expect_names(page, ["parent", "three", "two", "one"])
    page.get_by_label("Choose parent").check()
    page.get_by_role("button", name="Restore").click()
    dialog.get_by_role("button", name="Restore 4 runs").click()
    expect(page.get_by_text("No deleted runs match")).to_be_visible()
    assert client.get("runs/get", run_id=runs["two"])["run"]["info"]["lifecycle_stage"] == "active"


def test_a_parent_can_be_deleted_alone_and_the_deletion_undone(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    page.get_by_label("Choose parent").check()
    page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("checkbox").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Delete 1 run").click()
    expect_names(page, ["alone", "three", "two", "one"])
    page.get_by_role("alert").get_by_role("button", name="Undo").click()
    expect_names(page, ["alone", "three", "two", "one", "parent"])


def test_many_runs_are_tagged_at_once(studio, client, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    page.get_by_label("Choose all runs").check()
    page.get_by_role("toolbar").get_by_role("button", name="Tag").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("reviewed")
    dialog.get_by_label("Value").fill("yes")
    dialog.get_by_role("button", name="Set the tag").click()
    expect(dialog).to_be_hidden()
    found = client.post("runs/search", experiment_ids=[sweep[0]], filter="tags.reviewed = 'yes'")
    assert len(found["runs"]) == 5


def test_a_view_is_saved_for_everyone_and_opened_again(studio, sweep):
    page = studio.open_experiment(sweep[0], "?show=table&nest=off&filter=metrics.r2%20>%200.1")
    expect_names(page, ["alone", "three", "two"])
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save this view").click()
    page.get_by_role("dialog").get_by_label("Name").fill("the good ones")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    studio.open_experiment(sweep[0])
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="the good ones", exact=True).click()
    expect_names(page, ["alone", "three", "two"])
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Delete the view the good ones").click()
    deleted = page.get_by_role("alert").filter(has_text="Deleted the view the good ones")
    deleted.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Views").click()
    expect(page.get_by_role("menuitem", name="the good ones", exact=True)).to_be_visible()


def test_the_table_is_worked_with_keys_alone(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    page.keyboard.press("/")
    expect(page.get_by_label("Filter runs")).to_be_focused()
    page.get_by_role("grid", name="Runs").focus()
    for key in ["ArrowDown", "x", "ArrowDown", "ArrowDown", "Shift+X"]:
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Compare (3)")).to_be_enabled()
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Comparing 3 runs")).to_be_visible()
    page.go_back()
    page.get_by_role("grid", name="Runs").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("alone")


def test_a_running_run_is_drawn_on_while_it_logs_without_asking_for_all_again(studio, client):
    experiment = client.post("experiments/create", name=f"live/{next(_numbers)}")["experiment_id"]
    run = client.post(
        "runs/create", experiment_id=experiment, run_name="going", start_time=START_MS
    )["run"]["info"]["run_id"]

    def log(steps):
        points = [
            {"key": "loss", "value": 1 / (s + 1), "timestamp": START_MS + s, "step": s}
            for s in steps
        ]
        client.post("runs/log-batch", run_id=run, metrics=points)

    log(range(50))
    page = studio.open_experiment(experiment)
    chart = page.get_by_role("region", name="loss").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", "loss: 1 line of 50 points")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    log(range(50, 80))
    expect(chart).to_have_attribute("aria-label", "loss: 1 line of 80 points", timeout=10_000)
    assert [url for url in asked if url.endswith("/api/v1/charts")] == []


def test_a_row_and_its_line_come_forward_together(studio, sample):
    page = studio.open_experiment(sample.experiments["digits"], "?nest=off")
    chart = page.get_by_role("region", name="train_loss", exact=True)
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("6 lines"))
    lines, strong = chart.locator("canvas.lines").all()
    expect(lines).not_to_have_class(re.compile("pale"))
    assert not is_drawn_on(strong)
    row = page.get_by_role("row").filter(has_text="perceptron units=64 alpha=0.1")
    row.hover()
    expect(lines).to_have_class(re.compile("pale"))
    assert is_drawn_on(lines)
    assert is_drawn_on(strong)

    box = chart.get_by_role("img").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    for y in range(10, int(box["height"]), 5):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + y)
        if page.locator(".grid-row.hovered").count():
            break
    named = page.locator(".grid-row.hovered a").inner_text()
    expect(chart.locator(".chart-tip")).to_contain_text(named)
    page.mouse.move(2, 2)
    expect(lines).not_to_have_class(re.compile("pale"))
    expect(page.locator(".grid-row.hovered")).to_have_count(0)
    assert not is_drawn_on(strong)


def is_drawn_on(canvas):
    return canvas.evaluate(
        """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
          .some(byte => byte > 0)"""
    )


def test_what_is_pinned_stays_when_the_table_moves_sideways(studio, sample):
    page = studio.open_experiment(sample.experiments["digits"], "?nest=off")
    places = page.get_by_role("grid", name="Runs").evaluate(
        """async grid => {
          const frame = () => new Promise(requestAnimationFrame);
          const cells = ['.grid-row a', '.head-cell:last-child'].map(s => grid.querySelector(s));
          const found = [];
          const look = () => found.push(cells.map(cell => cell.getBoundingClientRect().left));
          look();
          for (const left of [150, 120, 0]) {
            grid.scrollLeft = left;
            await frame();
            await frame();
            look();
            await new Promise(done => setTimeout(done, 400));
            look();
          }
          return found;
        }"""
    )
    names, heads = zip(*places, strict=True)
    assert set(names) == {names[0]}
    assert [heads[0] - x for x in heads] == [0, 150, 150, 120, 120, 0, 0]


def test_cells_tell_their_exact_value_and_a_click_on_one_does_not_open_the_run(studio, sweep):
    page = studio.open_experiment(sweep[0], "?nest=off&show=table")
    page.get_by_role("gridcell", name="0.4").get_by_text("0.4").hover()
    started = (
        page.get_by_role("row").filter(has_text="alone").get_by_title(re.compile("2026-05-28"))
    )
    expect(started).to_be_visible()
    started.click()
    page.get_by_role("menuitem", name="Copy value").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("grid", name="Runs")).to_be_visible()


def test_a_run_is_hidden_in_the_charts_and_shown_again_in_its_row(studio, sweep):
    page = studio.open_experiment(sweep[0])
    chart = page.get_by_role("region", name="r2", exact=True)
    expect(chart.get_by_role("list", name="r2: 5 values")).to_be_visible()
    page.get_by_role("button", name="Hide alone in charts").click()
    expect(chart.get_by_role("list", name="r2: 4 values")).to_be_visible()
    page.get_by_role("button", name="Show alone in charts").click()
    expect(chart.get_by_role("list", name="r2: 5 values")).to_be_visible()


def test_an_experiment_that_is_opened_asks_for_its_first_runs_once(studio, sweep):
    asked = []
    studio.page.on("request", lambda request: asked.append(request.url.partition("/mlflow/")[2]))
    page = studio.open_experiment(sweep[0], "?nest=off")
    page.get_by_role("status").filter(has_text="5 of 5 runs").wait_for()
    assert asked.count("runs/search") == 1
    assert len([path for path in asked if path.startswith("experiments/get?")]) == 1
