"""What keys, names and ids may look like."""

import pytest

from millpond.domain import names
from millpond.errors import InvalidParameter

GOOD_KEYS = ["a", "A_9", "a/b", "a b", "a.b", "a-b", "a:b", "é", "日本", "a..b", "_", "x" * 250]
# Empty keys are the wire's to refuse: it says that the value is missing.
BAD_CHARACTERS = ["a\n", "a;b", "a%b", "a\x00", "a'b", "a`b", "🦆", "a,b", "a(b)"]
BAD_PATHS = ["/a", "a/", "a//b", "./a", "a/./b", "..", ".", "../a", "a/../b", "a/.."]


@pytest.mark.parametrize("key", GOOD_KEYS)
def test_a_good_key_passes(key):
    names.check_key(key, "key")


@pytest.mark.parametrize("key", BAD_CHARACTERS)
def test_a_key_with_other_characters_is_refused(key):
    with pytest.raises(InvalidParameter, match=r"parameter 'params.0..key' supplied: Names may"):
        names.check_key(key, "params[0].key")


@pytest.mark.parametrize("key", BAD_PATHS)
def test_a_key_that_would_be_another_path_is_refused(key):
    with pytest.raises(InvalidParameter, match="must not resolve to other names"):
        names.check_key(key, "key")


def test_a_key_may_have_250_characters():
    with pytest.raises(InvalidParameter, match="'Param key' exceeds the maximum length of 250"):
        names.check_key("x" * 251, "params[0].key", "Param key")
    with pytest.raises(InvalidParameter, match="'key' exceeds the maximum length of 250"):
        names.check_key("é" * 251, "key")


@pytest.mark.parametrize("run_id", ["a", "0" * 32, "A-b_c", "x" * 256])
def test_a_good_run_id_passes(run_id):
    names.check_run_id(run_id)


@pytest.mark.parametrize("run_id", ["", "-a", "_a", "a/b", "../a", "a b", "x" * 257, "a\n"])
def test_a_bad_run_id_is_refused(run_id):
    with pytest.raises(InvalidParameter, match="for parameter 'run_id' supplied"):
        names.check_run_id(run_id)


def test_a_value_is_shown_as_json():
    message = names.invalid_value("field", {"b": [1, "é"], "a": None}).message
    assert message.startswith('Invalid value {"a":null,"b":[1,"')
    assert message.endswith("for parameter 'field' supplied.")
