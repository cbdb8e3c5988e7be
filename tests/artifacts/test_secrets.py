"""Credentials of datastores: encrypted where they are kept, and told to nobody."""

import http.client
import json
import os
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from millpond.app import Server
from millpond.artifacts.vault import KEY_NAME, Vault, open_vault
from millpond.domain.datastores import Datastore
from millpond.errors import BadRequest, InvalidParameter, MillpondError
from millpond.sdk import Workspace
from millpond.settings import Settings, load
from millpond.wire.datastores import RegisterDatastore, UpdateDatastore
from tests.artifacts.stores import S3
from tests.asgi import call
from tests.server_process import MILLPOND, ServerProcess

SECRET = "q7Jx-the-secret-of-alice-9z"
KEYS = {"access_key_id": "alice", "secret_access_key": SECRET}


def test_what_is_sealed_opens_for_its_owner_alone():
    vault = Vault(b"0123456789abcdef")
    sealed = vault.seal(KEYS, "bucket")
    assert vault.open(sealed, "bucket") == KEYS
    assert SECRET.encode() not in sealed
    assert vault.seal(KEYS, "bucket") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for opener, data, owner in (
        (vault, sealed, "other"),
        (vault, changed, "bucket"),
        (vault, b"", "bucket"),
        (Vault(b"another key of 16"), sealed, "bucket"),
    ):
        with pytest.raises(BadRequest, match="were stored with another secret key"):
            opener.open(data, owner)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    sealed = open_vault(tmp_path, "").seal(KEYS, "bucket")
    assert stat.S_IMODE((tmp_path / KEY_NAME).stat().st_mode) == 0o600
    assert open_vault(tmp_path, "").open(sealed, "bucket") == KEYS
    assert [place.name for place in tmp_path.iterdir()] == [KEY_NAME]


def test_a_key_of_the_settings_is_used_instead_and_must_be_a_secret(tmp_path):
    sealed = open_vault(tmp_path, "a key of the settings").seal(KEYS, "bucket")
    assert open_vault(tmp_path, "a key of the settings").open(sealed, "bucket") == KEYS
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidParameter, match="at least 16 characters"):
        open_vault(tmp_path, "short")
    assert "a key of the settings" not in repr(Settings(secret_key="a key of the settings"))


def test_records_and_messages_do_not_show_credentials():
    for shown in (
        RegisterDatastore("bucket", "s3://b", credentials=KEYS),
        UpdateDatastore(credentials=KEYS),
        Datastore("bucket", "s3://b", 1, 1, sealed=SECRET.encode()),
        Vault(SECRET.encode()),
    ):
        assert SECRET not in repr(shown)


def test_no_answer_log_or_file_has_the_credentials(tmp_path):
    bucket = S3()
    record = bucket.datastore("ml")
    server = ServerProcess(tmp_path / "data", "--log-level", "debug")
    try:
        with Workspace(server.url) as workspace:
            store = workspace.datastores.register("b", record.uri, "", record.options, KEYS)
            assert store.info.has_credentials
            store.upload(__file__, "f")
            bucket.kill()
            said = [repr(store.info), repr(workspace.audit_log())]
            for act in (
                lambda: store.browse("x"),
                lambda: store.update(credentials={**KEYS, "nonsense": SECRET}),
                lambda: store.update(credentials={"access_key_id": SECRET}),
                lambda: workspace.datastores.register("c", "gs://b", credentials=KEYS),
                lambda: workspace.datastores.register("c", "s3://b", credentials={"x": SECRET}),
            ):
                with pytest.raises(MillpondError) as refusal:
                    act()
                said.append(str(refusal.value))
            body = json.dumps({"name": "c", "uri": "s3://b", "credentials": SECRET}).encode()
        said += _raw(server, "POST", "/api/v1/datastores", body)
        said += _raw(server, "GET", "/api/v1/datastores", None)
        said += _raw(server, "GET", "/metrics", None)
    finally:
        bucket.kill()
        assert server.stop() == 0
    assert [words for words in [*said, server.words] if SECRET in words] == []
    kept = [p for p in (tmp_path / "data").rglob("*") if p.is_file()]
    assert kept
    assert [place.name for place in kept if SECRET.encode() in place.read_bytes()] == []


def _raw(server, method, path, body):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    said = [str(answer.headers), answer.read().decode()]
    connection.close()
    return said


def test_credentials_of_another_key_are_said_to_be_so(tmp_path):
    for key in ("the first key of all", "the second key of all"):
        settings = load({"data_dir": tmp_path, "secret_key": key}, environ={})
        with closing(Server(settings, now_ms=1)) as server:
            if key.startswith("the first"):
                asked = {"name": "b", "uri": "s3://pond", "credentials": KEYS}
                body = json.dumps(asked).encode()
                assert call(server.app, "POST", "/api/v1/datastores", body).status == 201
            answer = call(server.app, "GET", "/api/v1/artifacts?uri=datastore://b/x")
    assert answer.status == 400
    assert "stored with another secret key" in answer.json["message"]


def test_keys_of_the_surroundings_are_used_when_none_are_stored(tmp_path):
    bucket = S3()
    record = bucket.datastore("ml")
    environ = {"AWS_ACCESS_KEY_ID": "bob", "AWS_SECRET_ACCESS_KEY": SECRET}
    before = {name: os.environ.get(name) for name in environ}
    os.environ.update(environ)
    try:
        server = ServerProcess(tmp_path / "data")
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    try:
        with Workspace(server.url) as workspace:
            store = workspace.datastores.register("b", record.uri, "", record.options)
            assert not store.info.has_credentials
            store.upload(__file__, "f")
            [made] = store.download("f", tmp_path / "back")
            assert made.read_bytes() == Path(__file__).read_bytes()
    finally:
        bucket.kill()
        assert server.stop() == 0


def test_the_command_reads_a_credential_without_showing_it(tmp_path):
    server = ServerProcess(tmp_path / "data")
    (tmp_path / "key").write_text(f"{SECRET}\n")
    try:
        command = [MILLPOND, "datastore", "register", "b", "s3://pond/x", "--server", server.url]
        command += ["--credential", "access_key_id=alice"]
        command += ["--credential", f"secret_access_key=@{tmp_path / 'key'}"]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        shown = subprocess.run(
            [MILLPOND, "datastore", "show", "b", "--server", server.url],
            capture_output=True,
            text=True,
        )
    finally:
        server.stop()
    assert "has_credentials: True" in shown.stdout
    assert SECRET not in ran.stdout + ran.stderr + shown.stdout + shown.stderr
