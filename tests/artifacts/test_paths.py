"""Every path of a client ends below the root, or is refused."""

from pathlib import PurePosixPath
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.artifacts.paths import join, safe_path
from millpond.errors import InvalidParameter

HOSTILE = {
    "parent": "..",
    "parent of root": "../x",
    "parent with slash": "../",
    "parents": "../../etc/passwd",
    "parent inside": "a/../b",
    "parent inside twice": "a/../../b",
    "parent at the end": "a/..",
    "parent after a dot": "./../x",
    "parent, escaped dots": "%2e%2e/x",
    "parent, upper-case escapes": "%2E%2E%2Fx",
    "parent, half escaped": ".%2e/x",
    "parent, escaped slash": "..%2fx",
    "parent, inside, escaped": "a/%2e%2e/%2e%2e/b",
    "parent, escaped twice": "%252e%252e%252fx",
    "parent, escaped three times": "%25252e%25252e/x",
    "parent, slash escaped twice": "..%252fx",
    "escaped without end": "%" + "25" * 12 + "2e",
    "parent, padded": ".. /x",
    "parent, padded in front": " ../x",
    "parent, padded with a wide space": "..\u3000/x",
    "parent, full width": "\uff0e\uff0e/x",
    "parent, one-dot leaders": "\u2024\u2024/x",
    "parent, two-dot leader": "\u2025/x",
    "parent, zero-width space": ".\u200b./x",
    "parent, soft hyphen": ".\u00ad./x",
    "parent, word joiner, escaped": ".%E2%81%A0./x",
    "parent, full-width slash": "..\uff0fx",
    "parent, fraction slash": "..\u2044x",
    "parent, division slash": "a\u2215..\u2215x",
    "parent, full-width backslash": "..\uff3cx",
    "parent, set minus": "..\u29f5x",
    "absolute": "/etc/passwd",
    "absolute, alone": "/",
    "absolute, two slashes": "//etc/passwd",
    "absolute, escaped": "%2fetc/passwd",
    "absolute, escaped twice": "%252Fetc/passwd",
    "home of windows": "C:\\Users",
    "drive": "C:/Users",
    "drive alone": "C:",
    "drive, escaped": "C%3A/Users",
    "drive after a dot": "./C:/x",
    "share": "\\\\server\\share",
    "share with slashes": "//server/share",
    "backslash": "a\\b",
    "backslash parents": "..\\..\\x",
    "backslash, escaped": "..%5cx",
    "backslash, escaped twice": "a%255cb",
    "device path": "\\\\?\\C:\\x",
    "file URI": "file:///etc/passwd",
    "file URI, one slash": "file:/etc/passwd",
    "file URI, parent": "file://../x",
    "bucket URI": "s3://bucket/x",
    "fragment": "a#b",
    "fragment, escaped": "path%23fragment",
    "NUL": "a\0b",
    "NUL, escaped": "a%00b",
    "NUL before an ending": "passwd%00.png",
    "NUL, escaped twice": "a%2500.txt",
    "new line": "a\nb",
    "header in a name": "a\r\nSet-Cookie: x",
    "escape": "a\x1b[31m",
    "delete": "a\x7f",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "lone surrogate": "a\udc80b",
    "empty name": "a//b",
    "empty names": "a///b",
    "empty name at the end": "a//",
    "blank name": "a/ /b",
    "blank path": " ",
    "padded dot": "a/. /b",
}


@pytest.mark.parametrize("path", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_path_is_refused_with_mlflows_words(path):
    with pytest.raises(InvalidParameter) as refusal:
        safe_path(path)
    assert refusal.value.message == "Invalid path"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        (".", ""),
        ("./", ""),
        ("a", "a"),
        ("a/", "a"),
        ("./a", "a"),
        ("a/./b", "a/b"),
        ("0/run/artifacts/model/MLmodel", "0/run/artifacts/model/MLmodel"),
        ("dog%step%100%timestamp%1", "dog%step%100%timestamp%1"),
        ("50% off.txt", "50% off.txt"),
        ("a%20b", "a b"),
        ("a%2520b", "a b"),
        ("loss%step%200%timestamp%17", "loss%step 0%timestamp%17"),
        ("a%252Fb", "a/b"),
        ("a%0ab", "a%0ab"),
        ("a%1Fb", "a%1fb"),
        ("ts=00%3A00%3A00/part.parquet", "ts=00:00:00/part.parquet"),
        ("...", "..."),
        ("..a/b..", "..a/b.."),
        (".hidden/.gitignore", ".hidden/.gitignore"),
        ("~/x", "~/x"),
        ("$HOME/x", "$HOME/x"),
        ("a b/c d.txt", "a b/c d.txt"),
        ("metrics:v1/a:b", "metrics:v1/a:b"),
        ("ts=2024-01-01 00:00:00/part-0.parquet", "ts=2024-01-01 00:00:00/part-0.parquet"),
        ("日本語/精度\uff0f再現率.png", "日本語/精度\uff0f再現率.png"),
        ("👩‍🔬.json", "👩‍🔬.json"),
        ("a?b&c=d+e;f", "a?b&c=d+e;f"),
    ],
)
def test_an_honest_path_has_one_spelling(path, expected):
    assert safe_path(path) == expected


@given(st.text() | st.text(alphabet="./%2eEfF5cC\\:a \uff0e\u2025\u200b"))
def test_whatever_is_let_through_stays_below_the_root(path):
    try:
        safe = safe_path(path)
    except InvalidParameter:
        return
    assert safe_path(safe) == safe
    assert safe_path(quote(safe)) == safe
    for reading in (safe, unquote(safe), unquote(unquote(safe))):
        assert not reading.startswith("/")
        assert ".." not in PurePosixPath(reading).parts
    assert "\0" not in safe
    assert "" not in safe.split("/") or safe == ""


def test_the_root_joins_to_nothing():
    assert join("", "a") == "a"
    assert join("a/b", "") == "a/b"
    assert join("a", "b/c") == "a/b/c"
