"""How the studio's pages and files are served: at every address, behind every proxy, and nothing
of another host."""

import gzip
import re

import pytest

from millpond.api.studio import Studio
from tests.asgi import call

PAGE = """<!doctype html><html><head><base href="./" />
<meta name="style-nonce" content="" /></head><body></body></html>"""


async def native(scope, receive, send):
    """Stands for all that the studio does not answer."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"native"})


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "index-abc_1.js").write_bytes(b"let a")
    (tmp_path / "assets" / "index-abc_1.js.gz").write_bytes(gzip.compress(b"let a"))
    (tmp_path / "favicon.svg").write_bytes(b"<svg/>")
    return tmp_path


@pytest.fixture
def studio(pages):
    return Studio(pages, native)


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/", "./"),
        ("/experiments", "./"),
        ("/experiments/1", "../"),
        ("/experiments/1/runs/abc", "../../../"),
        ("/models/a%2Fb/versions/1", "../../../"),
    ],
)
def test_every_address_gets_the_page_with_the_way_back_to_the_root(studio, path, base):
    found = call(studio, "GET", path)
    assert found.status == 200
    assert f'<base href="{base}" />'.encode() in found.body


@pytest.mark.parametrize("path", ["/api/v1/charts", "/docs", "/experimental", "/assets/", "/x"])
def test_all_other_addresses_go_to_the_api(studio, path):
    assert call(studio, "GET", path).status == 418


def test_a_write_to_a_page_goes_to_the_api(studio):
    assert call(studio, "POST", "/experiments", b"{}").status == 418


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2findex.html",
        "/assets/none.js",
    ],
)
def test_only_files_of_the_build_are_assets(studio, path):
    assert call(studio, "GET", path).status == 418


def test_an_asset_is_kept_by_the_browser_for_ever(studio):
    found = call(studio, "GET", "/assets/index-abc_1.js")
    assert found.body == b"let a"
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["content-type"].startswith("text/javascript")


def test_an_asset_goes_compressed_to_who_takes_it_so(studio):
    asked = {"accept-encoding": "gzip, deflate, br"}
    found = call(studio, "GET", "/assets/index-abc_1.js", headers=asked)
    assert found.headers["content-encoding"] == "gzip"
    assert gzip.decompress(found.body) == b"let a"


def test_a_page_is_never_kept(studio):
    assert call(studio, "GET", "/models").headers["cache-control"] == "no-store"


def test_the_policy_names_no_other_host_and_allows_no_script_in_the_page(studio):
    policy = call(studio, "GET", "/").headers["content-security-policy"]
    assert "://" not in policy
    assert re.search(r"script-src 'self';", policy)
    assert "'unsafe" not in policy


def test_the_page_and_its_policy_have_the_same_nonce_and_each_answer_another(studio):
    nonces = set()
    for _ in range(2):
        found = call(studio, "GET", "/")
        [told] = re.findall(r'name="style-nonce" content="([^"]+)"', found.body.decode())
        assert f"'nonce-{told}'" in found.headers["content-security-policy"]
        nonces.add(told)
    assert len(nonces) == 2


def test_the_head_of_a_page_has_its_length_and_no_body(studio):
    found = call(studio, "HEAD", "/experiments")
    assert found.body == b""
    assert int(found.headers["content-length"]) > len(PAGE)


def test_the_prefix_of_a_proxy_without_its_slash_is_sent_to_the_one_with_it(pages):
    found = call(Studio(pages, native, "/team/ml"), "GET", "/team/ml")
    assert (found.status, found.headers["location"]) == (308, "ml/")


def test_without_a_build_the_page_says_how_to_make_one(tmp_path):
    found = call(Studio(tmp_path, native), "GET", "/experiments")
    assert found.status == 503
    assert b"make studio" in found.body
