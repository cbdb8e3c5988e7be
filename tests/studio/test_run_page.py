"""What people do on a run's page: R1 and R3 to R9 of the reference."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.studio.sample import COMMIT, START_MS

BEST = "breast-cancer boosting rate=0.03 depth=2"


def tags_of(client, run):
    found = client.get("runs/get", run_id=run)["run"]["data"]["tags"]
    return {tag["key"]: tag["value"] for tag in found}


@pytest.fixture
def own_run(client, sample):
    """A run of this test alone, in the demo's first experiment."""
    made = client.post(
        "runs/create",
        experiment_id=sample.experiments["diabetes"],
        run_name="scratch",
        start_time=START_MS,
        tags=[{"key": "colour", "value": "blue"}],
    )
    run = made["run"]["info"]["run_id"]
    client.post("runs/update", run_id=run, status="FINISHED", end_time=START_MS + 1)
    yield run
    client.post("runs/delete", run_id=run)


def test_a_run_says_where_it_came_from_when_and_what_went_in_and_out(studio, sample):
    page = studio.open_run(sample, BEST)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("boosting rate=0.03 depth=2")
    banner = page.locator("header.bar")
    expect(banner).to_contain_text("Finished")
    expect(banner).to_contain_text("40.0 s")
    expect(banner).to_contain_text("alice")
    expect(banner).to_contain_text("training.py")
    params = page.get_by_role("table", name="Params")
    expect(params.get_by_role("row").filter(has_text="max_depth")).to_contain_text("2")
    metrics = page.get_by_role("table", name="Metrics")
    expect(metrics).to_contain_text("validation_accuracy")
    row = metrics.get_by_role("row").filter(has_text="train_loss")
    course = row.get_by_role("img", name="train_loss: 200 points")
    assert len(course.locator("path").get_attribute("d")) > 500
    last, least, most = (
        float(cell.get_attribute("title").split(" ")[0].rstrip(","))
        for cell in row.locator("td.right").all()
    )
    assert least <= last <= most
    expect(page.get_by_text("3 metrics of a single value are not drawn")).to_be_visible()
    expect(row.get_by_title(re.compile(", the best"))).to_have_attribute(
        "title", re.compile(f"^{re.escape(str(least))}")
    )
    expect(page.get_by_role("region", name="train_loss").get_by_role("img")).to_have_attribute(
        "aria-label", "train_loss: 1 line of 200 points"
    )


def test_the_version_of_a_run_links_to_its_commit(studio, sample):
    page = studio.open_run(sample, BEST)
    link = page.get_by_role("link", name=COMMIT[:8])
    expect(link).to_have_attribute("href", f"https://git.example.org/alice/demo/commit/{COMMIT}")
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    page.get_by_role("tab", name="Code and environment").click()
    expect(page.get_by_role("tabpanel")).to_contain_text(COMMIT)
    expect(page.get_by_role("tabpanel")).to_contain_text("main")


def test_a_tag_is_added_changed_deleted_and_the_deletion_undone(studio, client, own_run, sample):
    page = studio.open(f"/experiments/{sample.experiments['diabetes']}/runs/{own_run}")
    page.get_by_label("Name of a new tag").fill("size")
    page.get_by_label("Value of a new tag").fill("5")
    page.get_by_role("button", name="Add").click()
    table = page.get_by_role("table", name="Tags")
    expect(table.get_by_role("row").filter(has_text="size")).to_contain_text("5")
    assert tags_of(client, own_run)["size"] == "5"

    page.get_by_role("button", name="Edit size").click()
    page.get_by_label("Value of size").fill("6")
    page.keyboard.press("Enter")
    expect(table.get_by_role("row").filter(has_text="size")).to_contain_text("6")

    page.get_by_role("button", name="Delete colour").click()
    expect(table).not_to_contain_text("colour")
    assert "colour" not in tags_of(client, own_run)
    deleted = page.get_by_role("alert").filter(has_text="Deleted the tag colour")
    deleted.get_by_role("button", name="Undo").click()
    expect(table).to_contain_text("blue")
    assert tags_of(client, own_run)["colour"] == "blue"
    assert tags_of(client, own_run)["size"] == "6"


def test_a_note_is_written_in_markdown_and_does_nothing_but_be_read(
    studio, client, own_run, sample
):
    page = studio.open(f"/experiments/{sample.experiments['diabetes']}/runs/{own_run}")
    page.get_by_role("button", name="Write a note").click()
    text = "## Result\n\n- **good**\n\n<img src=x onerror=\"document.title='!'\"> [x](javascript:a)"
    page.get_by_label("Note, in Markdown").fill(text)
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    assert tags_of(client, own_run)["mlflow.note.content"] == text
    page.get_by_role("button", name="Done").click()
    notes = page.get_by_role("region", name="Notes")
    expect(notes.get_by_role("heading", name="Result")).to_be_visible()
    expect(notes.locator("strong")).to_have_text("good")
    assert notes.locator("[onerror]").count() == 0
    assert notes.locator("a[href^='javascript']").count() == 0
    page.get_by_role("button", name="Edit the note").click()
    page.get_by_label("Note, in Markdown").fill("another thought")
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    with page.expect_response("**/runs/set-tag"):
        page.get_by_role("button", name="As it was").click()
    expect(notes.locator("strong")).to_have_text("good")
    assert tags_of(client, own_run)["mlflow.note.content"] == text


def test_a_run_is_renamed_where_its_name_stands(studio, client, own_run, sample):
    page = studio.open(f"/experiments/{sample.experiments['diabetes']}/runs/{own_run}")
    page.get_by_role("button", name="Rename the run").click()
    page.get_by_label("Rename the run").fill("final answer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("final answer")
    found = client.get("runs/get", run_id=own_run)["run"]["info"]
    assert found["run_name"] == "final answer"


def test_a_model_comes_with_signature_requirements_and_code_to_predict(studio, sample, server):
    page = studio.open_run(sample, BEST, "model")
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_role("table", name="Inputs")).to_contain_text("bmi")
    expect(panel).to_contain_text("scikit-learn==1.9.1")
    code = panel.get_by_role("group", name="Code").first
    expect(code).to_contain_text("mlflow.pyfunc.load_model")
    expect(code).to_contain_text(server.url)
    expect(code).to_contain_text('"bmi": 0.5')
    panel.get_by_role("button", name="Spark").click()
    expect(code).to_contain_text("mlflow.pyfunc.spark_udf")
    panel.get_by_role("button", name="curl").click()
    expect(code).to_contain_text("dataframe_records")

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="pandas").click()
    panel.get_by_role("button", name="Copy code").first.click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    compile(copied, "copied", "exec")
    assert "load_model" in copied


def test_files_are_shown_as_what_they_are(studio, sample):
    page = studio.open_run(sample, BEST, "artifacts")
    preview = page.get_by_role("region", name="Preview")
    picture = preview.get_by_role("img", name="confusion.png")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 96
    files = page.get_by_role("list", name="Files")
    files.get_by_role("button", name="report.md").click()
    expect(preview.get_by_role("cell", name="0.97")).to_be_visible()
    files.get_by_role("button", name="tables").click()
    files.get_by_role("button", name="predictions.csv").click()
    expect(preview.get_by_role("cell", name="a, b")).to_be_visible()
    files.get_by_role("button", name="split.json").click()
    expect(preview).to_contain_text('"train": 455')


def test_a_logged_page_is_shown_but_runs_no_script(studio, sample):
    page = studio.open_run(sample, BEST, "artifacts&file=page.html")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Drift")).to_be_visible()
    expect(page).not_to_have_title("!")
    # The frame's script is refused, and says so in the console: that is what is wanted.
    studio.failures = [one for one in studio.failures if "sandboxed" not in one]


def test_the_data_that_went_in_is_named_with_its_columns(studio, sample):
    page = studio.open_run(sample, BEST, "data")
    panel = page.get_by_role("region", name="training rows")
    expect(panel).to_contain_text("training")
    expect(panel.get_by_role("table", name="Columns of training rows")).to_contain_text("bmi")


def test_a_parent_lists_its_children_and_a_child_leads_to_its_parent(studio, sample):
    page = studio.open_run(sample, "digits sweep")
    page.get_by_role("table", name="Child runs").get_by_role("link").first.click()
    page.get_by_role("link", name="its parent").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("digits sweep")


def test_the_addresses_that_mlflow_prints_lead_to_the_same_run(studio, sample):
    experiment, run = sample.experiments["digits"], sample.runs["digits sweep"]
    page = studio.open(f"/#/experiments/{experiment}/runs/{run}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("digits sweep")
    page = studio.open(f"/runs/{run}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("digits sweep")


def log_code(client, experiment, name, code, tags=(), params=()):
    """A run with a captured script and what it had installed."""
    made = client.post(
        "runs/create",
        experiment_id=experiment,
        run_name=name,
        start_time=START_MS,
        tags=[{"key": key, "value": value} for key, value in dict(tags).items()],
    )
    run = made["run"]["info"]["run_id"]
    client.post(
        "runs/log-batch",
        run_id=run,
        params=[{"key": key, "value": value} for key, value in dict(params).items()],
    )
    root = f"{experiment}/{run}/artifacts"
    client.upload(f"{root}/code/train.py", code.encode())
    client.upload(f"{root}/requirements.txt", b"# nothing beside Python\n")
    client.post("runs/update", run_id=run, status="FINISHED", end_time=START_MS + 1)
    return run


def test_a_run_is_done_again_by_the_commands_that_are_copied(studio, client, tmp_path):
    repository = tmp_path / "demo"
    (repository / "src").mkdir(parents=True)
    script = "import json, os, sys\njson.dump([sys.argv[1:], os.environ['MLFLOW_EXPERIMENT_NAME']]"
    script += ", open('../told.json', 'w'))\n"
    (repository / "src" / "train.py").write_text(script)
    git = ["git", "-C", repository, "-c", "user.name=alice", "-c", "user.email=alice@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    (repository / "src" / "train.py").write_text("raise SystemExit('not what ran')\n")
    subprocess.run([*git, "commit", "-q", "-a", "-m", "second"], check=True)

    experiment = client.post("experiments/create", name="again/it's mine")["experiment_id"]
    tags = {
        "mlflow.source.name": "/home/alice/demo/src/train.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
        "mlflow.source.git.repoURL": str(repository),
    }
    params = {"learning_rate": "0.1", "note": "it's $HOME"}
    run = log_code(client, experiment, "first", script, tags, params)
    page = studio.open(f"/experiments/{experiment}/runs/{run}?tab=code")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("region", name="Reproduce").get_by_text("run-requirements.txt").wait_for()
    page.get_by_role("region", name="Reproduce").get_by_role("button", name="Copy code").click()
    commands = page.evaluate("() => navigator.clipboard.readText()")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PIP_NO_INDEX": "1"}
    environ.pop("PYTHONPATH", None)
    done = subprocess.run(
        ["bash", "-e"], input=commands, cwd=elsewhere, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    flags, name = json.loads((elsewhere / "told.json").read_text())
    assert flags == ["--learning_rate", "0.1", "--note", "it's $HOME"]
    assert name == "again/it's mine"


def test_the_captured_code_of_two_runs_is_compared_line_by_line(studio, client):
    experiment = client.post("experiments/create", name="code/compared")["experiment_id"]
    lines = [f"step_{n} = {n}\n" for n in range(40)]
    before = log_code(client, experiment, "before", "".join(lines), params={"depth": "2"})
    lines[20] = "step_20 = 'another'\n"
    after = log_code(client, experiment, "after", "".join(lines), params={"depth": "3"})
    page = studio.open(f"/experiments/{experiment}/runs/{after}?tab=code")
    expect(page.get_by_role("region", name="Captured files")).to_contain_text("code/train.py")
    page.get_by_label("The other run").select_option("before")
    expect(page).to_have_url(re.compile(f"other={before}"))
    table = page.get_by_role("table", name="Differences")
    expect(table.get_by_role("row").filter(has_text="params.depth")).to_contain_text("23")
    script = page.get_by_role("region", name="Differences of code/train.py")
    expect(script.get_by_role("row")).to_have_count(8)
    expect(script).to_contain_text("removed: step_20 = 20")
    expect(script).to_contain_text("added: step_20 = 'another'")
    expect(page.get_by_role("region", name="Differences of requirements.txt")).to_contain_text(
        "the same"
    )


def test_what_a_running_run_prints_is_followed_without_reading_it_again(studio, client):
    experiment = client.post("experiments/create", name="log/followed")["experiment_id"]
    run = client.post(
        "runs/create", experiment_id=experiment, run_name="talks", start_time=START_MS
    )["run"]["info"]["run_id"]
    address = f"/experiments/{experiment}/runs/{run}?tab=log"
    page = studio.open(address)
    expect(page.get_by_role("heading", name="No output yet")).to_be_visible()
    expect(page.get_by_role("group", name="Code")).to_contain_text(studio.url)

    place = f"{experiment}/{run}/artifacts/logs/train.log"
    text = "".join(f"\x1b[32mepoch {n}\x1b[0m of many\n" for n in range(500))
    client.upload(place, text.encode())
    client.upload(f"{experiment}/{run}/artifacts/stderr.txt", b"10%\r100%\n")
    log = page.get_by_role("log")
    expect(log).to_contain_text("100%", timeout=10_000)
    expect(log).not_to_contain_text("10%100%")
    page.get_by_label("Which log").select_option("logs/train.log")
    expect(log).to_contain_text("epoch 499 of many")
    page.wait_for_function("() => document.querySelector('.lines').scrollTop > 1000")

    sizes = []
    page.on("response", lambda answer: sizes.append(answer.headers.get("content-length")))
    client.upload(place, (text + "epoch 500 of many\n").encode())
    expect(log).to_contain_text("epoch 500 of many")
    page.get_by_text("501 lines").wait_for()
    assert str(len(text)) not in sizes
    assert str(64 + len("epoch 500 of many\n")) in sizes
    page.get_by_label("Find in the log").fill("epoch 50")
    expect(page.get_by_text("2 lines", exact=True)).to_be_visible()

    page.get_by_label("Find in the log").fill("")
    log.evaluate("box => box.scrollTo(0, 0)")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    client.upload(place, b"written anew\n")
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_text("1 line", exact=True)).to_be_visible()
    expect(log).to_have_text("written anew")


def test_a_run_that_kept_no_output_says_so(studio, own_run, sample):
    page = studio.open(f"/experiments/{sample.experiments['diabetes']}/runs/{own_run}?tab=log")
    expect(page.get_by_role("heading", name="No output was kept")).to_be_visible()
