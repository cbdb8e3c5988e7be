"""Scoring jobs over the native API, with a program in the place of Python."""

import json
import stat
import time

import pytest

from millpond.app import Server
from millpond.settings import load
from tests.asgi import call

# Called as `python -m millpond score --model=... --report=PATH --server=URL`.
PROGRAM = """\
#!/bin/sh
for word in "$@"; do
  case "$word" in
    --report=*) report="${word#--report=}" ;;
    --where=*) where="${word#--where=}" ;;
  esac
done
echo "$@"
case "$where" in
  wait) echo '{"total_rows": 9, "read_rows": 4}' > "$report"; exec sleep 60 ;;
  stubborn) trap "" INT; echo '{"read_rows": 1}' > "$report"; while :; do sleep 0.1; done ;;
  fail) echo "no such model"; exit 1 ;;
esac
echo '{"total_rows": 9, "read_rows": 9, "scored_rows": 5, "run_id": "r1", "is_finished": true}' \\
  > "$report"
"""


def call_json(app, method, path, body=None):
    answer = call(app, method, path, None if body is None else json.dumps(body).encode())
    return answer.status, answer.json


ASKED = {"model": "models:/net@champion", "input": "a.parquet", "output": "b.parquet"}


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program"
    path.write_text(PROGRAM)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def make(tmp_path):
    made = []

    def make_server(python, name="data"):
        settings = load({"data_dir": str(tmp_path / name), "scoring_python": str(python)}, {})
        made.append(Server(settings, now_ms=0))
        return made[-1]

    yield make_server
    for server in made:
        server.close()


@pytest.fixture
def server(make, program):
    return make(program)


def start(server, **more):
    return call_json(server.app, "POST", "/api/v1/scoring", ASKED | more)


def wait(server, job_id, until=lambda job: job["status"] != "running"):
    deadline = time.monotonic() + 20
    while True:
        _, job = call_json(server.app, "GET", f"/api/v1/scoring/{job_id}")
        if until(job):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.02)


def test_a_job_runs_the_program_and_tells_how_it_ended(server, tmp_path):
    status, begun = start(server, where="age > 3", keep=["id", "-x"], workers=2)
    assert (status, begun["input"], begun["ended_ms"] is None) == (201, "a.parquet", True)
    job = wait(server, begun["job_id"])
    assert (job["status"], job["scored_rows"], job["run_id"]) == ("finished", 5, "r1")
    assert job["ended_ms"] >= job["started_ms"]
    folder = tmp_path / "data" / "scoring"
    words = job["message"].split()
    assert words[:3] == ["-m", "millpond", "score"]
    assert f"--input={folder}/a.parquet" in words
    assert "--keep=-x" in words
    assert "--workers=2" in words


def test_a_job_that_fails_says_why(server):
    _, begun = start(server, where="fail")
    job = wait(server, begun["job_id"])
    assert job["status"] == "failed"
    assert job["message"].endswith("no such model")


@pytest.mark.parametrize("where", ["wait", "stubborn"])
def test_a_job_is_cancelled(server, monkeypatch, where):
    monkeypatch.setattr("millpond.api.scoring_jobs._STOP_LIMIT_S", 0.5)
    _, begun = start(server, where=where)
    path = f"/api/v1/scoring/{begun['job_id']}"
    assert wait(server, begun["job_id"], lambda job: job["read_rows"])["status"] == "running"
    assert call_json(server.app, "DELETE", path)[1]["status"] == "cancelled"
    assert call_json(server.app, "DELETE", path)[1]["status"] == "cancelled"
    _, jobs = call_json(server.app, "GET", "/api/v1/scoring")
    assert [job["status"] for job in jobs] == ["cancelled"]


def test_only_so_many_run_at_once(server):
    ids = [start(server, where="wait")[1]["job_id"] for _ in range(4)]
    status, answer = start(server)
    assert status == 429
    assert "4 jobs are running" in answer["message"]
    call_json(server.app, "DELETE", f"/api/v1/scoring/{ids[0]}")
    assert start(server)[0] == 201


def test_a_server_that_ends_stops_its_jobs_and_the_next_one_knows_them(make, program):
    server = make(program)
    _, begun = start(server, where="wait")
    server.close()
    again = make(program)
    assert wait(again, begun["job_id"])["status"] == "cancelled"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"input": "/etc/passwd"}, "Invalid path"),
        ({"output": "../b.parquet"}, "Invalid path"),
        ({"input": "s3://bucket/key"}, "give datastore://NAME/PATH"),
        ({"input": "file:///etc/passwd"}, "give datastore://NAME/PATH"),
        ({"output": ""}, "give datastore://NAME/PATH"),
        ({"model": "/etc"}, "Invalid model"),
        ({"model": "s3://bucket/model"}, "Invalid model"),
    ],
)
def test_what_leads_elsewhere_is_refused(server, asked, words):
    status, answer = start(server, **asked)
    assert status == 400
    assert words in answer["message"]


def test_what_cannot_be_is_refused(make, program, tmp_path):
    server = make("")
    assert start(server)[0] == 501
    for job_id in ("0" * 32, "..%2F..", "nobody"):
        assert call_json(server.app, "GET", f"/api/v1/scoring/{job_id}")[0] == 404
    status, answer = start(make(tmp_path / "nothing", "other"))
    assert status == 501
    assert "cannot be started: No such file" in answer["message"]
