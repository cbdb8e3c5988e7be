"""Uploads in parts, addresses for downloads, and checksums, over HTTP."""

import base64
import hashlib
import time
from contextlib import closing

import msgspec
import pytest

from millpond.api.http import ClientDisconnected
from millpond.artifacts.contract import CHUNK_BYTES, MultipartUpload, PartTarget, PresignedFile
from millpond.artifacts.folder import FolderStore
from millpond.errors import DoesNotExist, InvalidParameter, PermissionDenied
from tests.artifacts.route_server import MPU, PROXY, Server, put

COMPLETE = f"{MPU}/complete/0/run/artifacts"
BIG = f"{PROXY}/0/run/artifacts/big.bin"


@pytest.fixture
def server(tmp_path):
    with closing(FolderStore(tmp_path / "artifacts")) as store:
        yield Server(store)


def begin(server, name="big.bin", parts=3, **headers):
    body = msgspec.json.encode({"path": f"/home/alice/{name}", "num_parts": parts})
    return server.call("POST", f"{MPU}/create/0/run/artifacts", body, **headers).json


def put_part(server, credential, data, **headers):
    url = "/api/" + credential["url"].partition("/api/")[2]
    answer = server.call("PUT", url, data, **headers)
    tag = answer.headers["etag"]
    return {"part_number": credential["part_number"], "etag": tag, "url": credential["url"]}


def complete(server, begun, parts):
    told = {"path": "big.bin", "upload_id": begun["upload_id"], "parts": parts}
    return server.call("POST", COMPLETE, msgspec.json.encode(told)).json


class StoreWithAddresses:
    """A store whose parts go past the server, as a bucket's do."""

    def __init__(self):
        self.calls = []

    async def create_upload(self, path, parts):
        self.calls.append((path, parts))
        targets = [PartTarget(n, f"https://store/{n}", {"x": "y"}) for n in range(1, parts + 1)]
        return MultipartUpload("up-1", targets)

    async def complete_upload(self, path, upload_id, parts):
        self.calls.append((path, upload_id, [(part.part_number, part.etag) for part in parts]))

    async def abort_upload(self, path, upload_id):
        self.calls.append((path, upload_id))

    async def presign_download(self, path):
        return PresignedFile(f"https://store/{path}", {}, 7)


class TestUploadsInParts:
    BODY = (
        b'{"path":"/home/alice/h.txt","num_parts":2,"upload_id":"u",'
        b'"parts":[{"part_number":1,"etag":"x","url":"u"}]}'
    )

    @pytest.mark.parametrize("step", ["create", "complete", "abort"])
    def test_a_call_that_cannot_be_says_why(self, server, step):
        with pytest.raises(InvalidParameter, match=r"^Missing value for required parameter 'path'"):
            server.call("POST", f"{MPU}/{step}/0/run", b"{}")
        with pytest.raises(InvalidParameter, match=r"^Invalid path$"):
            server.call("POST", f"{MPU}/{step}/..", b"{}")
        if step != "create":
            with pytest.raises(DoesNotExist, match=r"^There is no upload 'u' of '0/run/h.txt'"):
                server.call("POST", f"{MPU}/{step}/0/run", self.BODY)

    def test_a_folder_takes_the_parts_through_the_server(self, server):
        put(server, "0/run/artifacts/big.bin", b"before")
        begun = begin(server)
        size = 3 * CHUNK_BYTES
        data = {n: bytes([64 + n]) * (size if n < 3 else 5) for n in (3, 2, 1)}
        assert [c["part_number"] for c in begun["credentials"]] == [1, 2, 3]
        parts = [put_part(server, begun["credentials"][n - 1], data[n]) for n in data]
        # Sent again, as a client does that did not hear the answer.
        parts[1] = put_part(server, begun["credentials"][1], data[2])
        assert server.call("GET", BIG).body == b"before"
        assert complete(server, begun, parts) == {}
        assert server.call("GET", BIG).body == data[1] + data[2] + data[3]
        with pytest.raises(DoesNotExist):
            complete(server, begun, parts)

    def test_a_part_that_breaks_off_leaves_the_one_that_was_there(self, server):
        begun = begin(server, parts=1)
        part = put_part(server, begun["credentials"][0], b"whole")
        url = begun["credentials"][0]["url"].partition("localhost")[2]
        with pytest.raises(ClientDisconnected):
            server.call("PUT", url, b"half", cut_off=True)
        complete(server, begun, [part])
        assert server.call("GET", BIG).body == b"whole"

    @pytest.mark.parametrize("wrong", ["missing", "tag", "twice", "none"])
    def test_parts_that_are_not_those_that_arrived_make_no_file(self, server, wrong):
        begun = begin(server, parts=2)
        parts = [put_part(server, c, b"x" * 10) for c in begun["credentials"]]
        told = {
            "missing": parts[:1],
            "tag": [parts[0], {**parts[1], "etag": "other"}],
            "twice": [*parts, parts[0]],
            "none": [],
        }[wrong]
        with pytest.raises(InvalidParameter, match="not those that arrived"):
            complete(server, begun, told)
        assert server.call("GET", f"{PROXY}?path=0/run/artifacts").json == {}

    def test_parts_of_several_sizes_are_refused_when_they_come(self, server):
        begun = begin(server, parts=3)
        put_part(server, begun["credentials"][0], b"x" * 10)
        with pytest.raises(InvalidParameter, match="must be of one size: part 2 has 9 bytes"):
            put_part(server, begun["credentials"][1], b"x" * 9)

    def test_an_upload_may_be_one_empty_part(self, server):
        begun = begin(server, parts=1)
        complete(server, begun, [put_part(server, begun["credentials"][0], b"")])
        assert server.call("GET", BIG).body == b""

    @pytest.mark.parametrize(
        "query", ["", "upload_id=x&part_number=1", "upload_id=ID&part_number=9", "upload_id=ID"]
    )
    def test_nobody_sends_a_part_without_the_uploads_id_and_a_number_of_it(self, server, query):
        begun = begin(server)
        url = f"{MPU}/part/0/run/artifacts/big.bin?{query.replace('ID', begun['upload_id'])}"
        with pytest.raises((InvalidParameter, DoesNotExist)):
            server.call("PUT", url, b"x")
        other = f"{MPU}/part/0/run/other?upload_id={begun['upload_id']}&part_number=1"
        with pytest.raises(DoesNotExist):
            server.call("PUT", other, b"x")

    def test_an_address_of_a_part_is_the_one_by_which_the_client_calls_the_server(self, server):
        tail = "/api/2.0/mlflow-artifacts/mpu/part/0/run/artifacts/a%20b?"
        for headers, base in (
            ({"host": "pond:5000"}, "http://pond:5000"),
            ({"host": "pond", "x_forwarded_proto": "https"}, "https://pond"),
            ({"host": "pond", "x_forwarded_proto": "javascript"}, "http://pond"),
        ):
            begun = begin(server, "a b", **headers)
            assert begun["credentials"][0]["url"].startswith(base + tail)

    def test_the_file_goes_by_the_last_part_of_the_clients_path(self):
        server = Server(StoreWithAddresses())
        created = server.call("POST", f"{MPU}/create/0/run/artifacts", self.BODY)
        assert created.json == {
            "upload_id": "up-1",
            "credentials": [
                {"url": f"https://store/{n}", "part_number": n, "headers": {"x": "y"}}
                for n in (1, 2)
            ],
        }
        assert server.call("POST", f"{MPU}/complete/0/run/artifacts", self.BODY).json == {}
        assert server.call("POST", f"{MPU}/abort/0/run/artifacts", self.BODY).json == {}
        path = "0/run/artifacts/h.txt"
        assert server.store.calls == [(path, 2), (path, "u", [(1, "x")]), (path, "u")]

    def test_a_presigned_address_comes_with_the_size(self):
        server = Server(StoreWithAddresses())
        answer = server.call("GET", "/api/2.0/mlflow-artifacts/presigned/0/a")
        assert answer.json == {"url": "https://store/0/a", "headers": {}, "file_size": 7}


class TestAddressesOfFiles:
    ASK = "/api/2.0/mlflow-artifacts/presigned"

    def test_a_folders_file_has_an_address_that_is_good_without_sign_in(self, server):
        put(server, "0/run/a b.txt", b"0123456789")
        told = server.call("GET", f"{self.ASK}/0/run/a b.txt").json
        assert (told["headers"], told["file_size"]) == ({}, 10)
        url = told["url"].removeprefix("http://localhost")
        assert server.call("GET", url, range="bytes=2-4").body == b"234"
        for broken in (
            url.replace("a%20b", "other"),
            url.replace("expires=", "expires=9"),
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.partition("?")[0],
        ):
            with pytest.raises(PermissionDenied):
                server.call("GET", broken)

    def test_an_address_is_not_good_for_ever(self, server, monkeypatch):
        put(server, "0/a")
        told = server.call("GET", f"{self.ASK}/0/a").json
        later = time.time() + 3_700
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(PermissionDenied, match="no longer good"):
            server.call("GET", told["url"].removeprefix("http://localhost"))

    def test_what_is_not_there_has_no_address(self, server):
        with pytest.raises(DoesNotExist):
            server.call("GET", f"{self.ASK}/0/run/h.txt")


class TestChecksums:
    DATA = b"hello"
    SHA = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    MD5 = base64.b64encode(hashlib.md5(b"hello").digest()).decode()

    def test_a_file_that_is_what_was_sent_is_kept(self, server):
        for i, headers in enumerate(
            (
                {"content_md5": self.MD5},
                {"content_digest": f"sha-256=:{self.SHA}:"},
                {"repr_digest": f"crc32c=:abcd:, sha-256=:{self.SHA}:"},
            )
        ):
            assert server.call("PUT", f"{PROXY}/{i}", self.DATA, **headers).status == 200
            assert server.call("GET", f"{PROXY}/{i}").body == self.DATA

    @pytest.mark.parametrize("header", ["content_md5", "content_digest", "repr_digest"])
    def test_a_file_that_changed_on_its_way_is_refused_and_not_kept(self, server, header):
        put(server, "a", b"before")
        value = self.MD5 if header == "content_md5" else f"sha-256=:{self.SHA}:"
        with pytest.raises(InvalidParameter, match="is not what was sent"):
            server.call("PUT", f"{PROXY}/a", b"hellp", **{header: value})
        assert server.call("GET", f"{PROXY}/a").body == b"before"
        with pytest.raises(InvalidParameter, match="holds no checksum"):
            server.call("PUT", f"{PROXY}/a", b"x", content_md5="not base64!")

    def test_who_wants_the_checksum_is_told(self, server):
        wish = {"want_repr_digest": "md5=10, sha-256=5, sha-512=0"}
        for method, body in (("PUT", self.DATA), ("GET", b""), ("HEAD", b"")):
            answer = server.call(method, f"{PROXY}/a", body, **wish)
            assert answer.headers["repr-digest"] == f"sha-256=:{self.SHA}:"
        part = server.call("GET", f"{PROXY}/a", range="bytes=0-1", **wish)
        assert (part.body, part.headers["repr-digest"]) == (b"he", f"sha-256=:{self.SHA}:")
        assert "repr-digest" not in server.call("GET", f"{PROXY}/a").headers
