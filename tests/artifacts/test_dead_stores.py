"""A bucket that dies or hangs in the middle of an upload: a clear answer, no half file, and a retry
that works. The server and the bucket are real processes; the bucket is killed."""

import http.client
import json
import os
import signal
import threading
import time
from urllib.parse import urlsplit

import boto3
import pytest

from millpond.errors import MillpondError
from millpond.sdk import Workspace
from tests.artifacts.stores import S3
from tests.server_process import ServerProcess

MB = 1 << 20
SIZE = 40 * MB
DATA = os.urandom(SIZE)
FILE = "/api/2.0/mlflow-artifacts/artifacts/datastores/bucket/0/run/artifacts/model.bin"
FOLDER = "/api/2.0/mlflow-artifacts/artifacts?path=datastores/bucket/0/run/artifacts"


@pytest.fixture
def bucket():
    """A bucket of this test's own, which it may kill."""
    store = S3()
    yield store
    store.kill()


@pytest.fixture
def server(tmp_path, bucket):
    server = ServerProcess(tmp_path / "data")
    with Workspace(server.url) as workspace:
        record = bucket.datastore("ml")
        workspace.datastores.register("bucket", record.uri, "", record.options, bucket.KEYS)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.words


def connect(server):
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=90)


def upload(server, pause=lambda sent: None):
    """PUT the file in pieces; (status, what was said)."""
    connection = connect(server)
    try:
        connection.putrequest("PUT", FILE)
        connection.putheader("Content-Length", str(SIZE))
        connection.endheaders()
        try:
            for sent in range(0, SIZE, MB):
                pause(sent)
                connection.send(DATA[sent : sent + MB])
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def fetch(server, path):
    connection = connect(server)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_bucket_killed_in_the_middle_of_an_upload_is_said_and_the_retry_works(server, bucket):
    def kill_it(sent):
        if sent == SIZE // 2:
            bucket.kill()

    status, said = upload(server, kill_it)
    assert status == 503
    refusal = json.loads(said)
    assert refusal["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert "The store s3://pond/ml cannot be used now" in refusal["message"]
    assert "Nothing was changed" in refusal["message"]
    # It forgot all it had, as moto does; what a client sees is a bucket with nothing half in it.
    bucket.start()
    bucket.make_bucket()
    assert fetch(server, FOLDER) == (200, b"{}")
    assert fetch(server, FILE)[0] == 404
    assert upload(server) == (200, "")
    assert fetch(server, FILE) == (200, DATA)


def test_a_bucket_that_hangs_for_a_while_delays_an_upload_and_nothing_else(server, bucket):
    def hang(sent):
        if sent == SIZE // 2:
            bucket.signal(signal.SIGSTOP)
            threading.Timer(3, bucket.signal, [signal.SIGCONT]).start()

    began = time.monotonic()
    assert upload(server, hang)[0] == 200
    assert time.monotonic() - began > 2
    assert fetch(server, FILE) == (200, DATA)


def test_a_bucket_that_is_gone_is_said_on_every_call_and_the_rest_goes_on(server, bucket):
    bucket.kill()
    for path in (FILE, FOLDER):
        status, said = fetch(server, path)
        assert status == 503
        assert "s3://pond/ml cannot be used now" in json.loads(said)["message"]
    assert fetch(server, "/health")[0] == 200
    assert fetch(server, FOLDER.replace("datastores/bucket/", ""))[0] == 200


def test_an_upload_that_its_client_gives_up_leaves_no_parts_in_the_bucket(server, bucket):
    connection = connect(server)
    connection.putrequest("PUT", FILE)
    connection.putheader("Content-Length", str(SIZE))
    connection.endheaders()
    connection.send(DATA[: SIZE // 2])
    connection.close()
    client = boto3.client(
        "s3",
        endpoint_url=bucket.url,
        region_name="us-east-1",
        aws_access_key_id="alice",
        aws_secret_access_key="x",
    )
    end = time.monotonic() + 20
    while client.list_multipart_uploads(Bucket="pond").get("Uploads") or not _is_quiet(server):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert fetch(server, FOLDER) == (200, b"{}")


def _is_quiet(server):
    return fetch(server, "/health")[0] == 200


def test_a_bucket_that_refuses_the_credentials_is_not_tried_for_ever(server, bucket, monkeypatch):
    with Workspace(server.url) as workspace:
        store = workspace.datastores.get("bucket")
        nowhere = "s3://no-such-bucket/x"
        workspace.datastores.register("wrong", nowhere, "", store.info.options, bucket.KEYS)
        with pytest.raises(MillpondError) as refusal:
            workspace.datastores.get("wrong").upload(__file__, "x")
    said = str(refusal.value)
    assert nowhere in said
    assert "alices-secret-key" not in said
