"""Every path of a client ends below the root, or is refused."""

from pathlib import PurePosixPath
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.artifacts.paths import join, safe_path
from millpond.errors import InvalidParameter
from tests.artifacts.hostile import HOSTILE


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
