"""`millpond score` in a user's environment, with registered models of a real server."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from millpond.sdk import Workspace
from millpond.wire.scoring import ScoringAnswer
from tests.acceptance.environments import ROOT, make_environment
from tests.server_process import ServerProcess

pytestmark = pytest.mark.timeout(900)
LIMIT_S = 240


class Job:
    """Runs `millpond score` in a folder."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "scored.log"
        self._python = make_environment("client-flavors") / "python"
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "MILLPOND_"))},
            "MLFLOW_TRACKING_URI": server.url,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            "PYTHONPATH": str(ROOT / "src"),
            "SCORED_LOG": str(self.log),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self._python, "-m", "millpond", "score", *arguments],
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, model: str, source: str, output: str, *more: str, status: int = 0) -> str:
        """What it says when it ends with this status."""
        running = self.start("--model", model, "--input", source, "--output", output, *more)
        said, errors = running.communicate(timeout=LIMIT_S)
        assert running.returncode == status, said + errors
        return said if status == 0 else errors

    def run_script(self, script: Path, *arguments: str) -> None:
        ran = subprocess.run(
            [self._python, script, *arguments],
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def table(self, name: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = pyarrow.parquet.read_table(self.folder / name).to_pydict()
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    python = make_environment("client-flavors") / "python"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT / "src"))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("SCORED_LOG", str(tmp_path_factory.mktemp("log") / "scored.log"))
        data_dir = tmp_path_factory.mktemp("scoring") / "data"
        server = ServerProcess(data_dir, "--scoring-python", str(python))
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.words


@pytest.fixture(scope="module")
def job(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = Job(server, tmp_path_factory.mktemp("job"))
    job.run_script(Path(__file__).with_name("scoring_models.py"), str(job.folder))
    return job


def test_a_table_is_scored_and_the_job_is_a_run(job: Job, server: ServerProcess) -> None:
    more = ("--where", "age > 30", "--report", "report.json")
    said = job("models:/visits@champion", "people.csv", "one.parquet", *more)
    found = job.table("one.parquet")
    source = job.table("people.parquet")
    chosen = [n for n, age in enumerate(source["age"]) if age > 30]
    assert found["id"] == [source["id"][n] for n in chosen]
    expected = [2 * source["age"][n] + source["visits"][n] for n in chosen]
    assert found["prediction"] == pytest.approx(expected)
    match = re.search(r"^(\d+) of 20000 rows scored with models:/visits/1: .* \(run (\w+)\)", said)
    assert match, said
    assert int(match[1]) == len(chosen)
    with Workspace(server.url) as workspace:
        ask = workspace.models._connection.ask
        run = ask("GET", "/api/2.0/mlflow/runs/get", {"run_id": match[2]})["run"]
        assert workspace.models.version("visits", 1).locks == []
        kinds = [activity.kind for activity in workspace.models.activities("visits", 1)]
    assert kinds[:2] == ["UNLOCKED", "LOCKED"]
    assert run["info"]["status"] == "FINISHED"
    metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
    assert (metrics["rows_read"], metrics["rows_scored"]) == (20_000, len(chosen))
    params = {param["key"]: param["value"] for param in run["data"]["params"]}
    assert params["model_uri"] == "models:/visits/1"
    assert params["where"] == "age > 30"
    assert (params["input"], params["output"]) == ("people.csv", "one.parquet")
    (data,) = run["inputs"]["dataset_inputs"]
    assert data["dataset"]["name"] == "people.csv"
    assert data["tags"] == [{"key": "mlflow.data.context", "value": "scoring"}]
    assert len(run["inputs"]["model_inputs"]) == 1
    assert json.loads((job.folder / "report.json").read_text()) == {
        "total_rows": None,
        "read_rows": 20_000,
        "scored_rows": len(chosen),
        "resumed_rows": 0,
        "is_finished": True,
        "model": "models:/visits/1",
        "run_id": match[2],
    }


def test_several_processes_write_what_one_writes(job: Job) -> None:
    for workers in ("1", "3"):
        more = ("--workers", workers, "--chunk-rows", "900", "--keep", "id")
        job("models:/visits/1", "people.parquet", f"by{workers}.parquet", *more)
    one, three = ((job.folder / f"by{n}.parquet").read_bytes() for n in (1, 3))
    assert one == three
    assert list(job.table("by1.parquet")) == ["id", "prediction"]


@pytest.mark.parametrize(("end", "workers"), [("csv", "1"), ("parquet", "2")])
def test_a_killed_job_goes_on_and_ends_as_one_that_was_not(
    job: Job, end: str, workers: str
) -> None:
    asked = ("--chunk-rows", "250", "--where", "visits > 1", "--workers", workers)
    name = f"{end}{workers}"
    job("models:/slow/1", "people.parquet", f"whole-{name}.{end}", *asked)
    job.log.unlink()
    output = f"killed-{name}.{end}"
    arguments = ("--model", "models:/slow/1", "--input", "people.parquet", "--output", output)
    for kept in (8, 40):
        running = job.start(*arguments, *asked)
        deadline = time.monotonic() + LIMIT_S
        # Killed in the middle of the work, whatever it is just doing.
        while len(scored(job)) < kept and running.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        assert not (job.folder / output).exists()
        assert (job.folder / f".{output}.progress").exists()
    said = job("models:/slow/1", "people.parquet", output, *asked)
    assert re.search(r", [1-9]\d* of them before: ", said), said
    whole = (job.folder / f"whole-{name}.{end}").read_bytes()
    assert (job.folder / output).read_bytes() == whole
    assert not (job.folder / f".{output}.progress").exists()
    wanted = sum(visits > 1 for visits in job.table("people.parquet")["visits"])
    # Only what was in hand at the kills was scored again.
    in_hand = 2 * 250 * (4 + 4 * int(workers))
    assert wanted <= sum(scored(job)) <= wanted + in_hand
    job.log.unlink()


def scored(job: Job) -> list[int]:
    """How many rows the slow model was given each time."""
    if not job.log.exists():
        return []
    return [int(line) for line in job.log.read_text().splitlines() if line.strip().isdigit()]


def test_a_row_that_does_not_fit_fails_the_job_by_name(job: Job) -> None:
    lines = (job.folder / "people.csv").read_text().splitlines()
    lines[17_001] = lines[17_001].rpartition(",")[0] + ",often"
    (job.folder / "bad.csv").write_text("\n".join(lines))
    said = job("models:/visits/1", "bad.csv", "bad.parquet", status=1)
    assert "Row 17001 (row 17001 of bad.csv), column 'visits': 'often' is no double" in said
    assert "Traceback" not in said
    assert not (job.folder / "bad.parquet").exists()


def test_what_is_not_there_is_said_in_one_sentence(job: Job) -> None:
    for model, source, words in [
        ("models:/nobody/1", "people.csv", "not found"),
        ("models:/visits@nobody", "people.csv", "alias nobody not found"),
        ("models:/visits/1", "nothing.csv", "There is no nothing.csv"),
    ]:
        said = job(model, source, "never.parquet", status=1)
        assert words in said
        assert "Traceback" not in said


def test_spark_does_the_same_job(job: Job) -> None:
    more = ("--engine", "spark", "--master", "local[2]", "--where", "age > 30")
    said = job("models:/visits@champion", "people.parquet", "by-spark.parquet", *more)
    job("models:/visits/1", "people.parquet", "here.parquet", "--where", "age > 30")
    here, there = job.table("here.parquet"), job.table("by-spark.parquet")
    assert f"{len(here['id'])} of 20000 rows scored with models:/visits/1" in said
    assert dict(zip(there["id"], there["prediction"], strict=True)) == pytest.approx(
        dict(zip(here["id"], here["prediction"], strict=True))
    )


def test_tables_of_datastores_are_read_and_written(job: Job, server: ServerProcess) -> None:
    with Workspace(server.url) as workspace:
        local = workspace.datastores.get("local")
        for part in ("a", "b"):
            local.upload(job.folder / "people.parquet", f"tables/{part}.parquet", False)
        source, output = local.path("tables"), local.path("out/scored.parquet")
        more = ("--chunk-rows", "7000", "--where", "age > 30")
        job("models:/visits/1", source, output, *more)
        assert "is there already" in job("models:/visits/1", source, output, *more, status=1)
        local.download("out/scored.parquet", job.folder / "fetched.parquet", False)
    job("models:/visits/1", "people.parquet", "once.parquet", "--where", "age > 30")
    once, twice = job.table("once.parquet"), job.table("fetched.parquet")
    assert twice == {name: values * 2 for name, values in once.items()}


def finished(workspace: Workspace, job_id: str) -> ScoringAnswer:
    deadline = time.monotonic() + LIMIT_S
    while (found := workspace.scoring_job(job_id)).status == "running":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_the_server_scores_for_the_api(job: Job, server: ServerProcess) -> None:
    folder = server.data_dir / "scoring"
    folder.mkdir(exist_ok=True)
    (folder / "people.parquet").write_bytes((job.folder / "people.parquet").read_bytes())
    job("models:/visits/1", "people.parquet", "asked.parquet", "--where", "age > 30")
    with Workspace(server.url) as workspace:
        begun = workspace.start_scoring(
            "models:/visits@champion", "people.parquet", "out.parquet", where="age > 30"
        )
        done = finished(workspace, begun.job_id)
        assert done.status == "finished", done.message
        assert (done.total_rows, done.read_rows) == (20_000, 20_000)
        run = workspace.models._connection.ask(
            "GET", "/api/2.0/mlflow/runs/get", {"run_id": done.run_id}
        )["run"]
        assert run["info"]["status"] == "FINISHED"
        assert (folder / "out.parquet").read_bytes() == (job.folder / "asked.parquet").read_bytes()
        refused = workspace.start_scoring("models:/visits/1", "people.parquet", "out.parquet")
        failed = finished(workspace, refused.job_id)
        assert failed.status == "failed"
        assert "is there already" in failed.message


def test_a_job_of_the_server_is_cancelled_and_goes_on(job: Job, server: ServerProcess) -> None:
    folder = server.data_dir / "scoring"
    folder.mkdir(exist_ok=True)
    (folder / "slow.csv").write_bytes((job.folder / "people.csv").read_bytes())
    with Workspace(server.url) as workspace:
        begun = workspace.start_scoring(
            "models:/slow/1", "slow.csv", "slow.parquet", chunk_rows=100
        )
        deadline = time.monotonic() + LIMIT_S
        while not workspace.scoring_job(begun.job_id).read_rows:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert workspace.cancel_scoring(begun.job_id).status == "cancelled"
        assert not (folder / "slow.parquet").exists()
        again = workspace.start_scoring(
            "models:/slow/1", "slow.csv", "slow.parquet", chunk_rows=100
        )
        done = finished(workspace, again.job_id)
        assert (done.status, done.read_rows) == ("finished", 20_000), done.message
        assert done.resumed_rows > 0
        assert [found.status for found in workspace.scoring_jobs()][:2] == ["finished", "cancelled"]


SCRIPT = """\
import sys
from millpond.sdk import Workspace
from millpond.wire.scoring import ScoringAnswer

told = []
with Workspace(sys.argv[1]) as workspace:
    done = workspace.score(
        "models:/visits@champion", sys.argv[2], sys.argv[3], where="age > 30",
        watch=lambda tally: told.append(tally.read_rows),
    )
    run = workspace.models._connection.ask(
        "GET", "/api/2.0/mlflow/runs/get", {"run_id": done.run_id}
    )["run"]
assert run["info"]["status"] == "FINISHED", run
assert done.model == "models:/visits/1" and done.read_rows == told[-1] == 20_000, done
"""


def test_a_script_scores_in_its_own_process(job: Job, server: ServerProcess) -> None:
    (job.folder / "script.py").write_text(SCRIPT)
    places = (str(job.folder / "people.parquet"), str(job.folder / "by-script.parquet"))
    job.run_script(job.folder / "script.py", server.url, *places)
    job("models:/visits/1", "people.parquet", "by-hand.parquet", "--where", "age > 30")
    hand, script = ((job.folder / f"by-{n}.parquet").read_bytes() for n in ("hand", "script"))
    assert hand == script
