"""Datastores as users have them: through the SDK, against a real server."""

import contextlib
import http.server
import json
import os
import socket
import threading
import zipfile
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from millpond.errors import (
    AlreadyExists,
    BadRequest,
    DoesNotExist,
    InvalidParameter,
    PermissionDenied,
    QuotaExceeded,
    RequestTooLarge,
    Unavailable,
)
from millpond.sdk import Workspace, transfers
from tests.server_process import running_server

MB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    allowed = tmp_path_factory.mktemp("allowed")
    data_dir = tmp_path_factory.mktemp("data")
    with running_server(data_dir, "--datastore-folders", str(allowed)) as server:
        server.allowed = allowed
        yield server


@pytest.fixture
def workspace(server):
    with Workspace(server.url) as workspace:
        yield workspace
        workspace.datastores.get("local").set_default()
        workspace.set_limits(max_file_bytes=None, quota_bytes=None)


@pytest.fixture
def disk(server, workspace, request):
    """A datastore of this test's own."""
    name = f"disk-{abs(hash(request.node.name)) % 10**8}"
    return workspace.datastores.register(name, str(server.allowed / name))


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    for path, data in {
        "a.txt": b"one",
        "deep/er/b.bin": os.urandom(3 * MB),
        "deep/é ü 20%.txt": b"names",
        "empty": b"",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def content(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_the_servers_own_folder_is_there_from_the_start_and_cannot_be_changed(workspace):
    local = workspace.datastores.get("local")
    assert (local.kind, local.is_default) == ("folder", True)
    for change in (lambda: local.update(description="mine"), local.delete):
        with pytest.raises(InvalidParameter, match="the server's own folder"):
            change()
    with pytest.raises(AlreadyExists):
        workspace.datastores.register("local", "s3://bucket")


def test_a_datastore_is_registered_shown_changed_and_forgotten(workspace, disk):
    assert disk.name in [store.name for store in workspace.datastores.list()]
    with pytest.raises(AlreadyExists):
        workspace.datastores.register(disk.name, "s3://bucket/x")
    disk.update(description="Ours")
    assert workspace.datastores.get(disk.name).info.description == "Ours"
    disk.delete()
    with pytest.raises(DoesNotExist, match="There is no datastore"):
        workspace.datastores.get(disk.name)
    with pytest.raises(DoesNotExist):
        disk.browse()


@pytest.mark.parametrize(
    ("name", "uri", "options", "credentials", "words"),
    [
        ("Big", "s3://b", {}, {}, "Invalid datastore name"),
        ("../x", "s3://b", {}, {}, "Invalid datastore name"),
        ("x", "relative/path", {}, {}, "cannot be at"),
        ("x", "ftp://host/x", {}, {}, "cannot be at"),
        ("x", "/srv/../etc", {}, {}, "cannot be at"),
        ("x", "s3://", {}, {}, "names no bucket"),
        ("x", "s3://b/../c", {}, {}, "no plain address"),
        ("x", "abfss://container/x", {}, {}, "names no storage account"),
        ("x", "s3://b", {"colour": "red"}, {}, "has no options colour"),
        ("x", "s3://b", {"presigned": "maybe"}, {}, "must be true or false"),
        ("x", "s3://b", {}, {"account_key": "k"}, "has no credentials account_key"),
        ("x", "s3://b", {}, {"access_key_id": "k"}, "go together"),
        ("x", "s3://b", {"endpoint": "ftp://x"}, {}, "no address of a store"),
        ("x", "s3://b", {"endpoint": "http://169.254.169.254/"}, {}, "no address of a store"),
        ("x", "s3://b", {"endpoint": "http://user:pw@x"}, {}, "no address of a store"),
        ("x", "gs://b", {}, {"service_account_key": "s3cret"}, "cannot be opened"),
        ("x", "wasbs://c@a.blob.core.windows.net/", {}, {"account_key": "s3cret!"}, "be opened"),
    ],
)
def test_a_datastore_that_cannot_be_is_refused_with_the_reason(
    workspace, name, uri, options, credentials, words
):
    with pytest.raises(InvalidParameter, match=words) as refusal:
        workspace.datastores.register(name, uri, "", options, credentials)
    assert "s3cret" not in str(refusal.value)


def test_only_folders_that_the_operator_allows_become_datastores(server, workspace, tmp_path):
    (server.allowed / "link").symlink_to("/etc")
    refused = [
        "/etc",
        str(tmp_path),
        str(server.allowed / "link"),
        str(server.data_dir),
        str(server.data_dir / "artifacts"),
        str(server.data_dir / "datastores"),
        str(server.data_dir.parent),
    ]
    for folder in refused:
        with pytest.raises(PermissionDenied, match="datastore_folders"):
            workspace.datastores.register("x", folder)
    own = workspace.datastores.register("own", str(server.data_dir / "datastores" / "own"))
    with pytest.raises(InvalidParameter, match="that of the datastore 'own' overlap"):
        workspace.datastores.register("x", own.uri)
    own.delete()


def test_a_tree_goes_up_and_comes_down_as_it_was(workspace, disk, tree, tmp_path):
    assert disk.upload(tree, "data/v1") == 4
    assert [e["path"] for e in disk.browse("data/v1", recursive=True)] == sorted(content(tree))
    sizes = {e["path"]: e["size_bytes"] for e in disk.browse("data/v1", sizes=True)}
    assert sizes == {"a.txt": 3, "deep": 3 * MB + 5, "empty": 0}
    assert [e["size_bytes"] for e in disk.browse("data")] == [None]
    disk.download("data/v1", tmp_path / "back")
    assert content(tmp_path / "back") == content(tree)
    assert disk.upload(tree / "a.txt", "data/") == 1
    [made] = disk.download("data/a.txt", tmp_path)
    assert (made.name, made.read_bytes()) == ("a.txt", b"one")
    assert disk.delete_files("data/v1/deep") == 3 * MB + 5
    assert [e["path"] for e in disk.browse("data", recursive=True)] == [
        "a.txt",
        "v1/a.txt",
        "v1/empty",
    ]


def test_a_large_file_goes_in_parts(workspace, disk, tmp_path, monkeypatch):
    monkeypatch.setattr(transfers, "_IN_PARTS_BYTES", 4 * MB)
    monkeypatch.setattr(transfers, "_PART_BYTES", MB)
    source = tmp_path / "big.bin"
    source.write_bytes(os.urandom(7 * MB + 5))
    disk.upload(source, "models/big.bin")
    [made] = disk.download("models/big.bin", tmp_path / "back.bin")
    assert made.read_bytes() == source.read_bytes()


def test_new_experiments_go_to_the_default_datastore(server, workspace, disk):
    disk.set_default()
    assert workspace.get_default_datastore().name == disk.name
    experiment = create_experiment(server, name=f"in {disk.name}")
    place = f"mlflow-artifacts:/datastores/{disk.name}/{experiment['experiment_id']}"
    assert experiment["artifact_location"] == place
    with pytest.raises(BadRequest, match="is the workspace's default"):
        disk.delete()
    workspace.datastores.get("local").set_default()
    with pytest.raises(BadRequest, match="Experiments keep their artifacts"):
        disk.delete()


def test_an_experiment_names_its_place_on_any_datastore(server, disk):
    for given, expected in (
        (disk.path("team/one"), f"datastores/{disk.name}/team/one"),
        ("datastore://local/team", "team"),
    ):
        made = create_experiment(server, name=given, artifact_location=given)
        assert made["artifact_location"] == f"mlflow-artifacts:/{expected}"
    for wrong, status in (
        ("datastore://nothing/x", 404),
        ("datastore://local/../x", 400),
        ("datastore://local/%2e%2e/x", 400),
        ("datastore:///x", 400),
    ):
        assert post(server, "experiments/create", name=wrong, artifact_location=wrong)[0] == status


def test_files_of_a_run_are_found_by_every_address(server, workspace, disk, tmp_path):
    made = create_experiment(server, name="addresses", artifact_location=disk.path("e"))
    run = post(server, "runs/create", experiment_id=made["experiment_id"])[1]["run"]["info"]
    run_id = run["run_id"]
    assert run["artifact_uri"] == f"mlflow-artifacts:/datastores/{disk.name}/e/{run_id}/artifacts"
    (tmp_path / "f").write_bytes(b"found")
    disk.upload(tmp_path / "f", f"e/{run_id}/artifacts/m/f")
    for uri in (
        f"runs:/{run_id}/m",
        f"runs:///{run_id}/m",
        f"{run['artifact_uri']}/m",
        disk.path(f"e/{run_id}/artifacts/m"),
        f"{server.url}/api/2.0/mlflow-artifacts/artifacts/datastores/{disk.name}/e/{run_id}/artifacts/m",
        f"{disk.uri}/e/{run_id}/artifacts/m",
        f"file://{disk.uri}/e/{run_id}/artifacts/m",
    ):
        assert [e["path"] for e in workspace.list_files(uri)] == ["f"], uri
    source = f"{run['artifact_uri']}/m"
    for registered in (source, f"runs:/{run_id}/m"):
        name = f"model {registered[:4]}"
        assert post(server, "registered-models/create", name=name)[0] == 200
        version = {"name": name, "source": registered, "run_id": run_id}
        assert post(server, "model-versions/create", **version)[0] == 200
        alias = {"name": name, "alias": "best", "version": "1"}
        assert post(server, "registered-models/alias", **alias)[0] == 200
        for uri in (f"models:/{name}/1", f"models:/{name}@best", f"models:/{name}/latest"):
            assert [e["path"] for e in workspace.list_files(uri)] == ["f"], uri
            [made] = workspace.download(f"{uri}/f", tmp_path / "back")
            assert made.read_bytes() == b"found"
    for uri in (f"runs:/{'0' * 32}/m", "models:/m-nothing/x", "runs:/", "/etc", "s3://b/x", "x"):
        with pytest.raises((DoesNotExist, InvalidParameter, BadRequest)):
            workspace.list_files(uri)


def test_a_folder_comes_as_one_zip(server, disk, tree, tmp_path):
    disk.upload(tree, "t")
    place = tmp_path / "t.zip"
    with urlopen(f"{server.url}/api/v1/artifacts/zip?uri={disk.path('t')}") as answer:
        assert answer.headers["Content-Disposition"] == "attachment; filename=t.zip"
        place.write_bytes(answer.read())
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == content(tree)
        assert all(info.date_time[0] >= 2020 for info in archive.infolist())


def test_a_file_above_the_limit_is_refused_and_said_so(workspace, disk, tmp_path):
    (tmp_path / "f").write_bytes(b"x" * 1000)
    workspace.set_limits(max_file_bytes=999)
    with pytest.raises(RequestTooLarge, match="larger than this workspace allows: 999 bytes"):
        disk.upload(tmp_path / "f", "f")
    assert disk.browse() == []
    workspace.set_limits(max_file_bytes=1000)
    disk.upload(tmp_path / "f", "f")


def test_a_quota_counts_what_is_there_and_what_comes(workspace, disk, tmp_path):
    used = workspace.storage().used_bytes
    (tmp_path / "f").write_bytes(b"x" * 1000)
    workspace.set_limits(quota_bytes=used + 2500)
    disk.upload(tmp_path / "f", "1")
    disk.upload(tmp_path / "f", "2")
    with pytest.raises(QuotaExceeded, match=f"of the {used + 2500} bytes of its quota"):
        disk.upload(tmp_path / "f", "3")
    disk.delete_files("1")
    disk.upload(tmp_path / "f", "3")
    assert workspace.storage().used_bytes == used + 2000
    assert workspace.datastores.get(disk.name).info.used_bytes == 2000


def test_what_is_deleted_or_changed_is_in_the_audit_log(workspace, disk, tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    disk.upload(tmp_path / "f", "a/f")
    workspace.delete_files(disk.path("a/f"))
    latest = workspace.audit_log(2)
    assert latest[0]["action"] == "artifact.delete"
    assert latest[0]["target"] == f"datastores/{disk.name}/a/f"
    assert (latest[1]["action"], latest[1]["target"]) == ("datastore.register", disk.name)
    with pytest.raises(DoesNotExist):
        workspace.delete_files(disk.path("a/f"))
    with pytest.raises(InvalidParameter, match="all there is"):
        workspace.delete_files(disk.path(""))
    assert workspace.audit_log(1) == latest[:1] or workspace.audit_log(1)[0]["target"].endswith("f")


def test_a_check_finds_orphans_and_missing_files_and_deletes_what_it_may(
    server, workspace, disk, tmp_path
):
    made = create_experiment(server, name="checked", artifact_location=disk.path("e"))
    run = post(server, "runs/create", experiment_id=made["experiment_id"])[1]["run"]["info"]
    (tmp_path / "f").write_bytes(b"12345")
    gone, model = "0" * 32, f"m-{'1' * 32}"
    for path in (
        f"e/{run['run_id']}/artifacts/kept",
        f"e/{gone}/artifacts/deep/orphan",
        f"e/{gone}/artifacts/orphan",
        f"e/models/{model}/artifacts/MLmodel",
        f"77/{gone}/artifacts/x",
        "shared/dataset.csv",
        f"shared/{gone}/not-a-run",
        "e/notes.txt",
    ):
        disk.upload(tmp_path / "f", path)
    said = json.dumps([{"path": "t.json", "type": "table"}, {"path": "kept", "type": "table"}])
    tag = {"run_id": run["run_id"], "key": "mlflow.loggedArtifacts", "value": said}
    assert post(server, "runs/set-tag", **tag)[0] == 200
    orphans = [f"77/{gone}", f"e/{gone}", f"e/models/{model}"]
    found = disk.check()
    assert [(o.path, o.files, o.size_bytes) for o in found.orphans] == [
        (orphans[0], 1, 5),
        (orphans[1], 2, 10),
        (orphans[2], 1, 5),
    ]
    assert [(m.run_id, m.path) for m in found.missing] == [(run["run_id"], "t.json")]
    assert (found.files, found.size_bytes, found.deleted_bytes) == (8, 40, 0)
    assert disk.check(repair=True).deleted_bytes == 20
    left = disk.check()
    assert (left.orphans, left.files) == ([], 4)
    assert {e["target"] for e in workspace.audit_log(3)} == {
        f"datastores/{disk.name}/{path}" for path in orphans
    }


class DroppingProxy:
    """Passes bytes to a server and cuts every connection after so many, until it has cut some."""

    def __init__(self, port, cut_after, times):
        self._port, self._cut_after, self.left = port, cut_after, times
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source, sink):
        passed = 0
        try:
            while data := source.recv(65536):
                sink.sendall(data)
                passed += len(data)
                if passed > self._cut_after and self.left > 0:
                    self.left -= 1
                    break
        except OSError:
            pass
        for one in (source, sink):
            # A thread that waits for it wakes up, and the other end hears of it.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def close(self):
        self._listener.close()


def test_a_transfer_goes_on_when_the_line_drops(server, workspace, disk, tmp_path):
    source = tmp_path / "f"
    source.write_bytes(os.urandom(8 * MB))
    proxy = DroppingProxy(server.port, 3 * MB, times=2)
    try:
        with Workspace(proxy.url) as far:
            far.datastores.get(disk.name).upload(source, "f")
            assert proxy.left == 0
            proxy.left = 2
            [made] = far.datastores.get(disk.name).download("f", tmp_path / "back")
            assert proxy.left == 0
    finally:
        proxy.close()
    assert made.read_bytes() == source.read_bytes()


def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable, match="The server does not answer"):
        Workspace(f"http://127.0.0.1:{port}").datastores.list()
    with pytest.raises(InvalidParameter, match="is no address of a server"):
        Workspace("sqlite:///x")


class Liar(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"uri": "", "files": [{"path": "../x", "is_dir": false, "size_bytes": 1}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_a_server_that_lists_a_path_outside_is_not_believed(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as liar:
        threading.Thread(target=liar.serve_forever, daemon=True).start()
        workspace = Workspace(f"http://127.0.0.1:{liar.server_port}")
        with pytest.raises(InvalidParameter, match="would lead out"):
            workspace.download("runs:/x", tmp_path)
        liar.shutdown()


def post(server, call, **body):
    request = Request(
        f"{server.url}/api/2.0/mlflow/{call}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def create_experiment(server, **fields):
    experiment_id = post(server, "experiments/create", **fields)[1]["experiment_id"]
    query = f"experiments/get?experiment_id={experiment_id}"
    with urlopen(f"{server.url}/api/2.0/mlflow/{query}") as answer:
        return json.load(answer)["experiment"]
