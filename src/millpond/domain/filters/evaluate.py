"""The plain-Python meaning of a filter: the oracle for every engine that compiles one."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from millpond.domain.filters.ast import And, Comparison, Field, Node, Not, Number, Op, Text, Value
from millpond.domain.filters.values import like_to_regex, numeric_text

Recorded: TypeAlias = str | int | float
Lookup: TypeAlias = Callable[[Field], Sequence[Recorded]]
"""All values that a record has for a field, none when it is missing."""

_RANGES: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


def matches(node: Node | None, lookup: Lookup) -> bool:
    """Whether the record behind lookup satisfies the filter; no filter is always satisfied."""
    if node is None:
        return True
    if isinstance(node, Comparison):
        recorded = lookup(node.field)
        if node.op is Op.IS_NULL:
            return not recorded
        if node.op is Op.IS_NOT_NULL:
            return bool(recorded)
        return any(satisfies(value, node.op, node.value) for value in recorded)
    if isinstance(node, Not):
        return not matches(node.term, lookup)
    if isinstance(node, And):
        return all(matches(term, lookup) for term in node.terms)
    return any(matches(term, lookup) for term in node.terms)


def satisfies(recorded: Recorded, op: Op, value: Value | tuple[Value, ...] | None) -> bool:
    """Whether one value that a record has meets a comparison other than IS [NOT] NULL."""
    if value is None:
        return False
    if isinstance(value, tuple):
        listed = any(_equal(recorded, one) for one in value)
        return listed if op is Op.IN else not listed
    if op is Op.EQ:
        return _equal(recorded, value)
    if op is Op.NE:
        return not _equal(recorded, value)
    if isinstance(value, Number):
        number = numeric_text(recorded) if isinstance(recorded, str) else recorded
        return number is not None and _RANGES[op](number, value.value)
    return _is_like(str(recorded), op, value.value)


def _equal(recorded: Recorded, value: Value) -> bool:
    if isinstance(value, Text):
        return recorded == value.value
    # Params and tags are text: a number equals the text it is written as.
    return recorded == (value.text if isinstance(recorded, str) else value.value)


def _is_like(recorded: str, op: Op, pattern: str) -> bool:
    if op in (Op.ILIKE, Op.NOT_ILIKE):
        recorded, pattern = recorded.lower(), pattern.lower()
    found = like_to_regex(pattern).match(recorded) is not None
    return found if op in (Op.LIKE, Op.ILIKE) else not found
