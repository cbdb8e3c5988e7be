"""`millpond datastore` on the command line, and places that clients write to themselves."""

import json
import os
import re
import subprocess
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.server_process import MILLPOND, ServerProcess, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("data") / "data") as server:
        yield server


@pytest.fixture
def run(server):
    def run(*words, status=0):
        ran = subprocess.run(
            [MILLPOND, "datastore", *words],
            env={**os.environ, "MLFLOW_TRACKING_URI": server.url, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout if status == 0 else ran.stdout + ran.stderr

    return run


def post(server, call, **body):
    request = Request(
        f"{server.url}/api/2.0/mlflow/{call}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request) as answer:
        return json.load(answer)


def test_a_datastore_lives_and_dies_by_commands(server, run, tmp_path):
    place = server.data_dir / "datastores" / "disk"
    assert "local" in run("list")
    run("register", "disk", str(place), "--description", "Ours")
    assert f"uri: {place}" in run("show", "disk")
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_text("one")
    (tmp_path / "tree" / "deep" / "b.txt").write_text("two!")
    assert "Uploaded 2 files to disk." in run("upload", "disk", str(tmp_path / "tree"), "v1")
    listed = run("browse", "disk", "v1").splitlines()
    assert [line.split() for line in listed] == [["3", "bytes", "a.txt"], ["4", "bytes", "deep/"]]
    assert "deep/b.txt" in run("browse", "disk", "v1", "--recursive")
    assert "Downloaded 2 files" in run("download", "disk", "v1", str(tmp_path / "back"))
    assert (tmp_path / "back" / "deep" / "b.txt").read_text() == "two!"
    run("set-default", "disk")
    assert re.search(r"disk .*default", run("list"))
    assert "is the workspace's default" in run("delete", "disk", status=1)
    run("set-default", "local")
    run("update", "disk", "--description", "Theirs")
    assert "description: Theirs" in run("show", "disk")
    run("delete", "disk")
    assert "There is no datastore 'disk'." in run("show", "disk", status=1)
    assert (place / "v1" / "a.txt").read_text() == "one"


def test_limits_are_shown_and_changed(run):
    assert "largest file: no limit" in run("limits")
    assert "largest file: 5 bytes" in run("limits", "--max-file-bytes", "5")
    said = run("upload", "local", __file__, "x", status=1)
    assert "larger than this workspace allows: 5 bytes" in said
    assert "largest file: no limit" in run("limits", "--max-file-bytes", "-1")


def test_a_check_ends_with_1_until_all_is_well(server, run, tmp_path):
    (tmp_path / "f").write_text("12345")
    gone = "f" * 32
    run("upload", "local", str(tmp_path / "f"), f"0/{gone}/artifacts/f")
    assert f"orphan: 0/{gone} (1 files, 5 bytes)" in run("check", status=1)
    assert f"deleted: 0/{gone}" in run("check", "local", "--repair")
    assert "orphan" not in run("check")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["register", "x", "ftp://host/x"], "A datastore cannot be at 'ftp://host/x'"),
        (["register", "x", "s3://b", "--option", "region"], "'region' is no NAME=VALUE"),
        (["upload", "local", "/no/such/file"], "There is no file or folder /no/such/file"),
        (["download", "local", "nothing"], "There is nothing at 'datastore://local/nothing'"),
        (["show", "nothing", "--server", "http://127.0.0.1:1"], "The server does not answer"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_1(run, words, said):
    shown = run(*words, status=1)
    assert shown.startswith("millpond: ")
    assert said in shown


def test_what_clients_write_into_a_folder_themselves_is_listed_and_served(tmp_path):
    root = tmp_path / "team share"
    server = ServerProcess(tmp_path / "data", "--artifact-root", str(root))
    try:
        made = post(server, "experiments/create", name="e")
        run = post(server, "runs/create", experiment_id=made["experiment_id"])["run"]["info"]
        place = root / made["experiment_id"] / run["run_id"] / "artifacts"
        assert run["artifact_uri"] == str(place)
        (place / "m").mkdir(parents=True)
        (place / "m" / "f.txt").write_text("written by the client")
        (place / "out").symlink_to(tmp_path / "data")
        query = f"run_id={run['run_id']}&path=m"
        with urlopen(f"{server.url}/api/2.0/mlflow/artifacts/list?{query}") as answer:
            listed = json.load(answer)
        assert listed["files"] == [{"path": "m/f.txt", "is_dir": False, "file_size": 21}]
        with urlopen(f"{server.url}/get-artifact?{query}/f.txt") as answer:
            assert answer.read() == b"written by the client"
        with urlopen(f"{server.url}/api/v1/artifacts/zip?uri=runs:/{run['run_id']}") as answer:
            assert answer.read(2) == b"PK"
        with pytest.raises(HTTPError) as refusal:
            urlopen(f"{server.url}/get-artifact?run_id={run['run_id']}&path=out/secret.key")
        refusal.value.close()
    finally:
        assert server.stop() == 0


def test_a_root_that_the_server_does_not_reach_is_the_clients_own(tmp_path):
    (tmp_path / "file").write_text("in the way")
    server = ServerProcess(tmp_path / "data", "--artifact-root", str(tmp_path / "file" / "x"))
    try:
        run = post(server, "runs/create", experiment_id="0")["run"]["info"]
        assert run["artifact_uri"].startswith(str(tmp_path / "file" / "x"))
        assert "what is in the artifact root will not be listed" in server.words
    finally:
        assert server.stop() == 0


def test_a_server_may_begin_with_its_root_on_a_datastore(tmp_path):
    server = ServerProcess(tmp_path / "data", "--artifact-root", "datastore://far/ml")
    try:
        run = post(server, "runs/create", experiment_id="0")["run"]["info"]
        assert run["artifact_uri"].startswith("mlflow-artifacts:/datastores/far/ml/0/")
        with pytest.raises(HTTPError, match="404") as refusal:
            post(server, "experiments/create", name="too early")
        refusal.value.close()
        place = tmp_path / "data" / "datastores" / "far"
        subprocess.run(
            [MILLPOND, "datastore", "register", "far", place, "--server", server.url], check=True
        )
        made = post(server, "experiments/create", name="now")
        assert made["experiment_id"]
    finally:
        assert server.stop() == 0
