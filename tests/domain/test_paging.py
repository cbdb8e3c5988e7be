"""A page token says where a page ended, and is good for its own question only."""

import base64
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.domain.paging import decode_token, encode_token
from millpond.errors import InvalidParameter

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)


@given(st.text(), st.lists(values, max_size=6))
def test_a_position_comes_back_exactly(question, position):
    token = encode_token(question, position)
    assert repr(decode_token(token, question, len(position))) == repr(position)


@pytest.mark.parametrize("value", [math.inf, -math.inf, -0.0, 5e-324])
def test_every_float_that_sorts_comes_back(value):
    assert repr(decode_token(encode_token("q", [value]), "q", 1)) == repr([value])


def test_a_token_is_made_of_letters_that_need_no_escaping_in_a_url_but_for_its_end():
    token = encode_token("q", ["ÿ" * 50, 1.5])
    assert token.rstrip("=").replace("-", "").replace("_", "").isalnum()


def test_a_token_of_another_question_is_refused():
    with pytest.raises(InvalidParameter, match="another order or filter"):
        decode_token(encode_token("one", [1]), "other", 1)
    with pytest.raises(InvalidParameter, match="another order or filter"):
        decode_token(encode_token("one", [1]), "one", 2)


@pytest.mark.parametrize("token", ["", "x", "é", "a b", "====", "\x00"])
def test_what_is_not_base64_is_refused(token):
    with pytest.raises(InvalidParameter, match="nvalid page token"):
        decode_token(token, "q", 1)


@given(st.binary(max_size=40))
def test_any_bytes_are_refused_by_name(data):
    with pytest.raises(InvalidParameter, match="nvalid page token"):
        decode_token(base64.urlsafe_b64encode(data).decode(), "q", 1)


@given(st.data())
def test_a_damaged_token_is_refused(data):
    payload = bytearray(base64.urlsafe_b64decode(encode_token("q", [12345, "run", 0.5])))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidParameter, match="nvalid page token"):
        decode_token(base64.urlsafe_b64encode(bytes(payload)).decode(), "q", 3)
