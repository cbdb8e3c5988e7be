"""Hypothesis strategies for requests: bodies that are nearly right, and bodies that are not."""

import typing
from enum import Enum

from hypothesis import strategies as st
from msgspec import Struct

from millpond.wire import experiments, metrics, models, registry, reviews, runs, webhooks
from millpond.wire import messages as wire

# The subclasses are known once their modules are loaded.
_MODULES = (experiments, metrics, models, registry, reviews, runs, webhooks)


def _all_below(message_type):
    for below in message_type.__subclasses__():
        yield below
        yield from _all_below(below)


MESSAGES = sorted(set(_all_below(wire.Message)), key=lambda m: m.__name__)

WORDS = st.sampled_from(
    ["", "a", "0", "1", "-1", "5.0", "NaN", "r", "m-1", "loss", "a$b", "a//b", "..", "ü 日本", "😀"]
)
NUMBERS = st.sampled_from([0, 1, -1, 5.0, 1.5, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 1e300, -0.0])
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def bodies(message_type):
    """Objects with some of the fields of a message, most of them of the right type."""
    fields = {
        name: _values(hint) | ANYTHING if n % 3 == 0 else _values(hint)
        for n, (name, hint) in enumerate(wire._fields(message_type).items())
    }
    return _objects(fields, message_type.required) | _objects(fields, ())


def _values(hint):
    if wire._is_list(hint):
        return st.lists(_values(typing.get_args(hint)[0]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Struct):
        fields = {name: _values(inner) for name, inner in wire._fields(hint).items()}
        return _objects(fields, wire._required_fields(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from([*hint.__members__, *(member.value for member in hint), "NOPE", 99])
    return {
        str: WORDS | st.text(max_size=8),
        int: NUMBERS | st.integers(-5, 5),
        float: NUMBERS | st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
    }[hint]


def _objects(fields, required):
    always = {name: fields[name] for name in required}
    sometimes = {name: fields[name] for name in fields if name not in required}
    return st.fixed_dictionaries(always, optional=sometimes)
