"""The HTTP side of files, driven as plain ASGI calls: what is sent is what a server would send."""

import asyncio
import os
import re
from contextlib import closing
from urllib.parse import quote

import msgspec
import pytest

from millpond.api.downloads import content_disposition, content_type
from millpond.api.http import ClientDisconnected, Request
from millpond.artifacts.contract import CHUNK_BYTES
from millpond.artifacts.folder import FolderStore
from millpond.errors import BadRequest, DoesNotExist, InvalidParameter, MillpondError, NotSupported
from tests.artifacts.route_server import MPU, PROXY, Server, put

MLFLOW = "/api/2.0/mlflow"
AJAX = "/ajax-api/2.0/mlflow"


@pytest.fixture
def server(tmp_path):
    with closing(FolderStore(tmp_path / "artifacts")) as store:
        yield Server(store)


class TestProxy:
    def test_a_put_file_is_got_back_with_headers_that_keep_a_browser_from_running_it(self, server):
        answer = server.call("PUT", f"{PROXY}/0/run/artifacts/page.html", [b"<b>", b"x</b>"])
        assert (answer.status, answer.headers, answer.body) == (200, {"content-length": "0"}, b"")
        got = server.call("GET", f"{PROXY}/0/run/artifacts/page.html")
        assert (got.status, got.body) == (200, b"<b>x</b>")
        assert got.headers["content-type"] == "text/html"
        assert got.headers["content-length"] == "8"
        assert got.headers["content-disposition"] == "attachment; filename=page.html"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-security-policy"].startswith("sandbox")
        assert got.headers["accept-ranges"] == "bytes"
        assert re.fullmatch(r'"[0-9a-f-]+"', got.headers["etag"])
        assert got.headers["last-modified"].endswith(" GMT")

    def test_the_web_pages_prefix_is_the_same_place(self, server):
        put(server, "a")
        assert server.call("GET", "/ajax-api/2.0/mlflow-artifacts/artifacts/a").body == b"hello"

    def test_head_tells_the_length_and_sends_nothing(self, server):
        put(server, "a.json")
        answer = server.call("HEAD", f"{PROXY}/a.json")
        assert (answer.status, answer.headers["content-length"], answer.body) == (200, "5", b"")

    def test_a_missing_file_is_not_found_by_name(self, server):
        for method in ("GET", "HEAD"):
            with pytest.raises(DoesNotExist, match=r"^No such artifact: '0/none'$"):
                server.call(method, f"{PROXY}/0/none")

    def test_a_folder_is_not_a_download(self, server):
        put(server, "0/sub/x")
        for path in ("0/sub", "0/sub/"):
            with pytest.raises(
                InvalidParameter,
                match=r"^Artifact path refers to a directory, not a file: '0/sub'$",
            ):
                server.call("GET", f"{PROXY}/{path}")

    @pytest.mark.parametrize("path", ["", "0/sub/", "."])
    def test_a_put_needs_a_file_name(self, server, path):
        with pytest.raises(InvalidParameter, match="must include a filename"):
            server.call("PUT", f"{PROXY}/{path}", b"x")

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
    @pytest.mark.parametrize(
        "path", ["../x", "%2e%2e/x", "%252e%252e/x", "/etc/x", "a%00b", "C:/x"]
    )
    def test_a_hostile_path_is_refused_in_mlflows_words(self, server, method, path):
        with pytest.raises(InvalidParameter, match=r"^Invalid path$"):
            server.call(method, f"{PROXY}/{path}")

    def test_a_refused_upload_is_refused_before_its_body_is_read(self, server):
        with pytest.raises(InvalidParameter):
            asyncio.run(server.answer("PUT", f"{PROXY}/../x", body=(), cut_off=True))

    def test_an_upload_that_is_cut_off_leaves_nothing(self, server):
        put(server, "0/a", b"before")
        for size in (10, 3 * CHUNK_BYTES):
            for path in ("0/a", "0/new"):
                with pytest.raises(ClientDisconnected):
                    server.call("PUT", f"{PROXY}/{path}", b"x" * size, cut_off=True)
        listed = server.call("GET", f"{PROXY}?path=0").json
        assert listed == {"files": [{"path": "a", "is_dir": False, "file_size": 6}]}
        assert server.call("GET", f"{PROXY}/0/a").body == b"before"

    def test_large_files_go_both_ways_in_chunks(self, server):
        data = os.urandom(3 * CHUNK_BYTES + 17)
        parts = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
        assert server.call("PUT", f"{PROXY}/big", parts).status == 200
        sent = []
        answer = asyncio.run(server.answer("GET", f"{PROXY}/big", sent=sent))
        assert answer.body == data
        assert max(len(m.get("body", b"")) for m in sent) <= CHUNK_BYTES

    def test_a_listing_is_relative_to_the_folder_asked_for(self, server):
        put(server, "0/run/artifacts/a b\u00e9.json")
        put(server, "0/run/artifacts/empty", b"")
        put(server, "0/run/artifacts/sub/x")
        expected = {
            "files": [
                {"path": "a b\u00e9.json", "is_dir": False, "file_size": 5},
                {"path": "empty", "is_dir": False, "file_size": 0},
                {"path": "sub", "is_dir": True},
            ]
        }
        assert server.call("GET", f"{PROXY}?path=0/run/artifacts").json == expected
        assert server.call("GET", f"{PROXY}?path=0%2Frun%2Fartifacts%2F").json == expected
        for everything in ("", "?path=", "?path=."):
            answer = server.call("GET", f"{PROXY}{everything}")
            assert answer.json == {"files": [{"path": "0", "is_dir": True}]}
            assert answer.headers["content-type"] == "application/json"

    def test_a_listing_of_nothing_is_an_empty_object(self, server):
        put(server, "0/a")
        for path in ("nope", "0/a"):
            assert server.call("GET", f"{PROXY}?path={path}").body == b"{}"

    @pytest.mark.parametrize("path", ["..", "/etc", "a/../..", "%252e%252e"])
    def test_a_listing_does_not_lead_out(self, server, path):
        with pytest.raises(InvalidParameter, match=r"^Invalid path$"):
            server.call("GET", f"{PROXY}?path={path}")

    def test_delete_takes_a_file_a_folder_or_nothing(self, server):
        put(server, "0/a")
        put(server, "0/sub/b")
        for path in ("0/a", "0/sub/", "nope"):
            assert server.call("DELETE", f"{PROXY}/{path}").body == b"{}"
        assert server.call("GET", f"{PROXY}?path=0").json == {}
        assert server.deletions == ["0/a", "0/sub", "nope"]

    def test_delete_never_takes_everything(self, server):
        put(server, "0/a")
        for path in ("", "."):
            with pytest.raises(InvalidParameter):
                server.call("DELETE", f"{PROXY}/{path}")
        assert server.call("GET", f"{PROXY}/0/a").status == 200

    def test_a_reader_who_leaves_stops_the_reading(self, server):
        put(server, "big", b"x" * (16 * CHUNK_BYTES))

        async def story():
            handler, params = server.find("GET", f"{PROXY}/big")
            gone = asyncio.Event()
            sent = []

            async def receive():
                await gone.wait()
                return {"type": "http.disconnect"}

            async def send(message):
                sent.append(message)
                if len(sent) == 3:
                    gone.set()
                await asyncio.sleep(0.001)

            scope = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
            response = await handler(Request(scope, receive, "", params))
            await response.send(send)
            return sent

        assert len(asyncio.run(story())) < 10


class TestConditionsAndRanges:
    @pytest.mark.parametrize(
        ("header", "body", "place"),
        [
            ("bytes=1-2", b"el", "bytes 1-2/5"),
            ("bytes=0-0", b"h", "bytes 0-0/5"),
            ("bytes=3-", b"lo", "bytes 3-4/5"),
            ("bytes=-2", b"lo", "bytes 3-4/5"),
            ("bytes=-99", b"hello", "bytes 0-4/5"),
            ("bytes=1-99", b"ello", "bytes 1-4/5"),
            ("Bytes = 1 - 2", b"el", "bytes 1-2/5"),
        ],
    )
    def test_a_range_is_that_part(self, server, header, body, place):
        put(server, "a")
        answer = server.call("GET", f"{PROXY}/a", range=header)
        assert (answer.status, answer.body) == (206, body)
        assert answer.headers["content-range"] == place
        assert answer.headers["content-length"] == str(len(body))

    @pytest.mark.parametrize("header", ["bytes=5-", "bytes=9-12", "bytes=-0"])
    def test_a_range_past_the_end_is_refused_with_the_size(self, server, header):
        put(server, "a")
        answer = server.call("GET", f"{PROXY}/a", range=header)
        assert (answer.status, answer.body) == (416, b"")
        assert answer.headers["content-range"] == "bytes */5"

    @pytest.mark.parametrize(
        "header",
        [
            "bytes=x",
            "bytes=-",
            "bytes=",
            "lines=1-2",
            "bytes=3-1",
            "bytes=0-1,3-4",
            "bytes=" + "9" * 5000 + "-",
            "bytes=\u00b2-",
        ],
    )
    def test_a_range_that_is_none_or_several_gets_the_whole_file(self, server, header):
        put(server, "a")
        answer = server.call("GET", f"{PROXY}/a", range=header)
        assert (answer.status, answer.body) == (200, b"hello")

    def test_a_range_of_an_empty_file_is_refused(self, server):
        put(server, "a", b"")
        assert server.call("GET", f"{PROXY}/a").body == b""
        assert server.call("GET", f"{PROXY}/a", range="bytes=0-").status == 416

    def test_who_has_the_file_is_not_sent_it_again(self, server):
        put(server, "a")
        first = server.call("GET", f"{PROXY}/a")
        tag, date = first.headers["etag"], first.headers["last-modified"]
        for tags in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer = server.call("GET", f"{PROXY}/a", if_none_match=tags)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["etag"] == tag
            assert "content-length" not in answer.headers
        assert server.call("GET", f"{PROXY}/a", if_none_match='"other"').status == 200
        assert server.call("GET", f"{PROXY}/a", if_modified_since=date).status == 304
        assert server.call("HEAD", f"{PROXY}/a", if_none_match=tag).status == 304
        for old in ("Sat, 01 Jan 2000 00:00:00 GMT", "nonsense"):
            assert server.call("GET", f"{PROXY}/a", if_modified_since=old).status == 200
        put(server, "a", b"other")
        assert server.call("GET", f"{PROXY}/a", if_none_match=tag).status == 200

    def test_a_download_goes_on_only_in_the_same_file(self, server):
        put(server, "a")
        first = server.call("GET", f"{PROXY}/a")
        for same in (first.headers["etag"], first.headers["last-modified"]):
            answer = server.call("GET", f"{PROXY}/a", range="bytes=3-", if_range=same)
            assert (answer.status, answer.body) == (206, b"lo")
        for other in ('"other"', f"W/{first.headers['etag']}", "nonsense"):
            answer = server.call("GET", f"{PROXY}/a", range="bytes=3-", if_range=other)
            assert (answer.status, answer.body) == (200, b"hello")


class TestHeaders:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a.txt", "text/plain"),
            ("a.py", "text/plain"),
            ("a.json", "text/plain"),
            ("a.yaml", "text/plain"),
            ("MLmodel", "text/plain"),
            ("a.html", "text/html"),
            ("a.png", "image/png"),
            ("a.svg", "image/svg+xml"),
            ("a.pkl", "application/octet-stream"),
            ("model", "application/octet-stream"),
        ],
    )
    def test_the_type_is_guessed_by_the_name(self, name, expected):
        assert content_type(name) == expected

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a.txt", "attachment; filename=a.txt"),
            ("a b.txt", 'attachment; filename="a b.txt"'),
            ('a".txt', 'attachment; filename="a\\".txt"'),
            ("a;b=c", 'attachment; filename="a;b=c"'),
            (
                "a b\u00e9.json",
                "attachment; filename=\"a be.json\"; filename*=UTF-8''a%20b%C3%A9.json",
            ),
            (
                "\u65e5\u672c",
                "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC",
            ),
        ],
    )
    def test_the_file_name_survives_the_header(self, name, expected):
        assert content_disposition(name) == expected

    def test_any_name_makes_headers_that_can_be_sent(self, server):
        for name in ("日本語 %.json", "a'b\"c;d", "🙂.png", "a\u200bb", "50%"):
            put(server, f"r/{name}", name.encode())
            assert server.call("GET", f"{PROXY}/{quote(f'r/{name}')}").body == name.encode()


class TestRuns:
    def test_a_listing_names_the_root_and_paths_below_it(self, server):
        assert server.call("GET", f"{MLFLOW}/artifacts/list?run_id=run").json == {
            "root_uri": "mlflow-artifacts:/0/run/artifacts"
        }
        put(server, "0/run/artifacts/dir/n.txt", b"hey")
        assert server.call("GET", f"{AJAX}/artifacts/list?run_uuid=run&page_token=x").json == {
            "root_uri": "mlflow-artifacts:/0/run/artifacts",
            "files": [{"path": "dir", "is_dir": True}],
        }
        for path in ("dir", "dir/", "./dir"):
            answer = server.call("GET", f"{MLFLOW}/artifacts/list?run_id=run&path={path}")
            assert answer.json["files"] == [{"path": "dir/n.txt", "is_dir": False, "file_size": 3}]
        answer = server.call("GET", f"{MLFLOW}/artifacts/list?run_id=run&path=dir/n.txt")
        assert "files" not in answer.json

    @pytest.mark.parametrize(
        ("query", "error", "message"),
        [
            ("run_id=run&path=..", InvalidParameter, "^Invalid path$"),
            ("run_id=nope&path=..", InvalidParameter, "^Invalid path$"),
            ("run_id=nope", DoesNotExist, "^Run with id=nope not found$"),
            ("", InvalidParameter, "^Missing value for required parameter 'run_id'. See the API"),
            ("run_uuid=", InvalidParameter, "^Missing value for required parameter 'run_id'"),
            ("run_id=s3", BadRequest, "'s3://bucket/0/s3/artifacts', outside of this server"),
            ("run_id=local", BadRequest, "'/home/alice/mlruns/0/local/artifacts', outside"),
        ],
    )
    def test_a_listing_that_cannot_be_says_why(self, server, query, error, message):
        with pytest.raises(error, match=message):
            server.call("GET", f"{MLFLOW}/artifacts/list?{query}")

    def test_one_file_of_a_run(self, server):
        put(server, "0/run/artifacts/dir/n.txt", b"hey")
        for query in ("run_id=run&path=dir/n.txt", "run_uuid=run&path=dir%2Fn.txt"):
            answer = server.call("GET", f"/get-artifact?{query}")
            assert (answer.body, answer.headers["content-type"]) == (b"hey", "text/plain")
            assert answer.headers["content-disposition"] == "attachment; filename=n.txt"

    @pytest.mark.parametrize(
        ("query", "error", "message"),
        [
            (
                "run_id=run&path=dir",
                InvalidParameter,
                "directory, not a file: '0/run/artifacts/dir'$",
            ),
            ("run_id=run&path=", InvalidParameter, "refers to a directory"),
            ("run_id=run&path=no", DoesNotExist, "^No such artifact: '0/run/artifacts/no'$"),
            ("run_id=run", InvalidParameter, "'path'"),
            ("path=x", InvalidParameter, "'run_id'"),
            ("run_id=nope&path=x", DoesNotExist, "^Run with id=nope not found$"),
            ("run_id=nope&path=/x", InvalidParameter, "^Invalid path$"),
            ("run_id=local&path=x", BadRequest, "the client reads and writes them there itself"),
        ],
    )
    def test_a_file_of_a_run_that_cannot_be_says_why(self, server, query, error, message):
        put(server, "0/run/artifacts/dir/n.txt", b"hey")
        with pytest.raises(error, match=message):
            server.call("GET", f"/get-artifact?{query}")

    def test_a_folder_of_the_clients_that_lies_in_the_store_is_served(self, server, tmp_path):
        put(server, "7/r/artifacts/a", b"hey")
        for uri in (
            f"{tmp_path}/artifacts/7/r/artifacts",
            f"file://{tmp_path}/artifacts/7/r/artifacts",
            "mlflow-artifacts://host:5000/7/r/artifacts",
            "http://host:5000/api/2.0/mlflow-artifacts/artifacts/7/r/artifacts",
        ):
            server.runs["r"] = uri
            assert server.call("GET", "/get-artifact?run_id=r&path=a").body == b"hey"
            listed = server.call("GET", f"{MLFLOW}/artifacts/list?run_id=r").json
            assert listed["root_uri"] == uri
            assert [file["path"] for file in listed["files"]] == ["a"]

    @pytest.mark.parametrize(
        "uri",
        [
            "/etc",
            "file:///etc",
            "mlflow-artifacts:/../..",
            "mlflow-artifacts:/a/%2e%2e/%2e%2e",
            "http://169.254.169.254/latest",
            "relative",
            "",
            "dbfs:/x",
        ],
    )
    def test_no_address_written_into_a_run_leads_out_of_the_store(self, server, uri):
        server.runs["r"] = uri
        for url in (
            "/get-artifact?run_id=r&path=passwd",
            f"{MLFLOW}/artifacts/list?run_id=r",
        ):
            with pytest.raises(MillpondError) as refusal:
                server.call("GET", url)
            assert refusal.value.error_code in {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}
        with pytest.raises(MillpondError):
            server.call("POST", f"{AJAX}/upload-artifact?run_uuid=r&path=x", b"data")

    def test_a_file_is_uploaded_to_a_run_wherever_its_root_is(self, server):
        server.runs["elsewhere"] = "mlflow-artifacts:/custom/elsewhere/artifacts"
        for run_id in ("run", "elsewhere"):
            url = f"{AJAX}/upload-artifact?run_uuid={run_id}&path=dir/n.txt"
            answer = server.call("POST", url, b"hey")
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["content-type"] == "application/json"
            got = server.call("GET", f"/get-artifact?run_id={run_id}&path=dir/n.txt")
            assert got.body == b"hey"

    @pytest.mark.parametrize(
        ("query", "body", "error", "message"),
        [
            ("path=x", b"1", InvalidParameter, "^Request must specify run_uuid.$"),
            ("run_uuid=&path=x", b"1", InvalidParameter, "^Request must specify run_uuid.$"),
            ("run_uuid=run", b"1", InvalidParameter, "^Request must specify path.$"),
            ("run_uuid=run&path=x", b"", InvalidParameter, "^Request must specify data.$"),
            ("run_uuid=run&path=../x", b"1", InvalidParameter, "^Invalid path$"),
            ("run_uuid=run&path=dir/", b"1", InvalidParameter, "must include a filename"),
            ("run_uuid=nope&path=x", b"1", DoesNotExist, "^Run with id=nope not found$"),
            (
                "run_uuid=run&path=x",
                b"x" * (10 * 1024 * 1024 + 1),
                InvalidParameter,
                "^Artifact size is too large. Max size is 10MB.$",
            ),
        ],
    )
    def test_an_upload_to_a_run_that_cannot_be_says_why(self, server, query, body, error, message):
        with pytest.raises(error, match=message):
            server.call("POST", f"{AJAX}/upload-artifact?{query}", body)

    def test_ten_megabytes_still_fit(self, server):
        body = b"x" * (10 * 1024 * 1024)
        url = f"{AJAX}/upload-artifact?run_uuid=run&path=x"
        assert server.call("POST", url, [body[:100], body[100:]]).status == 200


class TestModels:
    def test_a_models_folder_and_file(self, server):
        put(server, "0/models/m-1/artifacts/q/MLmodel")
        url = f"{MLFLOW}/logged-models/m-1/artifacts/directories"
        assert server.call("GET", url).json == {
            "root_uri": "mlflow-artifacts:/0/models/m-1/artifacts",
            "files": [{"path": "q", "is_dir": True}],
        }
        assert server.call("GET", f"{url}?artifact_directory_path=q").json["files"] == [
            {"path": "q/MLmodel", "is_dir": False, "file_size": 5}
        ]
        file = f"{AJAX}/logged-models/m-1/artifacts/files?artifact_file_path=q/MLmodel"
        assert server.call("GET", file).body == b"hello"

    @pytest.mark.parametrize(
        ("tail", "error", "message"),
        [
            ("m-1/artifacts/directories?artifact_directory_path=..", InvalidParameter, "Invalid"),
            ("m-9/artifacts/directories", DoesNotExist, "^Logged model with ID 'm-9' not found.$"),
            ("m-1/artifacts/files", BadRequest, '^Request must include the "artifact_file_path"'),
            ("m-1/artifacts/files?artifact_file_path=../q", InvalidParameter, "^Invalid path$"),
            ("m-1/artifacts/files?artifact_file_path=zz", DoesNotExist, "artifacts/zz'$"),
            ("m-9/artifacts/files?artifact_file_path=zz", DoesNotExist, "'m-9' not found"),
        ],
    )
    def test_what_cannot_be_says_why(self, server, tail, error, message):
        with pytest.raises(error, match=message):
            server.call("GET", f"{AJAX}/logged-models/{tail}")


class TestAddressesOfRuns:
    @pytest.mark.parametrize(
        ("way", "body", "error", "message"),
        [
            ("up", {}, InvalidParameter, "^Missing value for required parameter 'path'"),
            ("down", {}, InvalidParameter, "^Missing value for required parameter 'run_id'"),
            ("up", {"path": "x"}, InvalidParameter, "^Exactly one of run_id and model_id must"),
            (
                "up",
                {"path": "x", "run_id": "run", "model_id": "m-1"},
                InvalidParameter,
                "^Exactly one of run_id and model_id must be provided.$",
            ),
            (
                "up",
                {"path": "x", "model_id": "m-1"},
                InvalidParameter,
                r"proxied artifact storage \(artifact URI scheme: mlflow-artifacts\)",
            ),
            (
                "down",
                {"path": "x", "run_id": "run"},
                InvalidParameter,
                r"runs with proxied artifact storage \(artifact URI scheme: mlflow-artifacts\)",
            ),
            ("up", {"path": "../x", "run_id": "run"}, InvalidParameter, "^Invalid path$"),
            ("down", {"path": "../x", "run_id": "run"}, InvalidParameter, "^Invalid path$"),
            ("up", {"path": "x", "run_id": "no"}, DoesNotExist, "^Run with id=no not found$"),
            ("down", {"path": "x", "run_id": "no"}, DoesNotExist, "^Run with id=no not found$"),
            ("up", {"path": "x", "run_id": "local"}, NotSupported, "^Presigned upload is not"),
            ("down", {"path": "x", "run_id": "local"}, NotSupported, "^Presigned download is not"),
            (
                "down",
                {"path": "x", "run_id": "run", "expiration": 99999999},
                InvalidParameter,
                r"^expiration must be between 1 and 604800 seconds \(got 99999999\).$",
            ),
            (
                "up",
                {"path": "x", "run_id": "run", "expiration": "zz"},
                InvalidParameter,
                "^Invalid value \"zz\" for parameter 'expiration' supplied:  Hint: Value was of",
            ),
            (
                "down",
                {"path": "x", "run_id": 5},
                InvalidParameter,
                "^Invalid value 5 for parameter 'run_id' supplied:  Hint: Value was of type 'int'",
            ),
        ],
    )
    def test_presigned_addresses_of_runs_are_refused_as_mlflow_does(
        self, server, way, body, error, message
    ):
        url = f"{MLFLOW}/artifacts/presigned-{way}load-url"
        with pytest.raises(error, match=message):
            server.call("POST", url, msgspec.json.encode(body))

    @pytest.mark.parametrize("body", [b"", b"[1]", b"nonsense", b"\xff", b'"{}"', b"null"])
    def test_a_body_that_is_no_object_is_refused(self, server, body):
        with pytest.raises(InvalidParameter, match=r"'path'|must be a JSON object, got list"):
            server.call("POST", f"{MPU}/create/0", body)
