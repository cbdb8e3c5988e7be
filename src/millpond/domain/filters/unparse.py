"""From a tree back to the text of a filter, for programs that build or change one."""

from millpond.domain.filters.ast import (
    And,
    Comparison,
    Entity,
    Field,
    Node,
    Not,
    Or,
    Reference,
    Text,
    Value,
)
from millpond.domain.filters.lexer import quote_key, quote_text

_PREFIXES = {
    Entity.METRIC: "metrics",
    Entity.PARAM: "params",
    Entity.TAG: "tags",
    Entity.DATASET: "datasets",
}


def unparse(node: Node | None) -> str:
    """A filter that `parse_filter` reads back to the same tree; "" for none.

    The same for every tree that parse_filter makes and every flat one (no And in an And, no Or in
    an Or) within its limits. Not for text with half surrogate pairs, which no filter may hold.
    """
    if node is None:
        return ""
    if isinstance(node, Comparison):
        return _comparison(node)
    if isinstance(node, Not):
        return f"NOT {_inner(node.term)}"
    if isinstance(node, And):
        return " AND ".join(_inner(term) for term in node.terms)
    return " OR ".join(unparse(term) for term in node.terms)


def _inner(node: Node) -> str:
    text = unparse(node)
    return f"({text})" if isinstance(node, And | Or) else text


def _comparison(node: Comparison) -> str:
    left = f"{_field(node.field)} {node.op.value}"
    if node.value is None:
        return left
    if isinstance(node.value, tuple):
        return f"{left} ({', '.join(_value(value) for value in node.value)})"
    return f"{left} {_value(node.value)}"


def _field(field: Field) -> str:
    if field.entity is Entity.ATTRIBUTE:
        return field.key
    return f"{_PREFIXES[field.entity]}.{quote_key(field.key)}"


def _value(value: Value) -> str:
    if isinstance(value, Reference):
        return value.value
    return quote_text(value.value) if isinstance(value, Text) else value.text
