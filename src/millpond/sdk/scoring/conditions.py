"""Which rows of a table a condition holds for: the search grammar over columns."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from millpond.domain.filters import (
    And,
    Attribute,
    Comparison,
    Node,
    Not,
    Number,
    Op,
    Or,
    Schema,
    Text,
    parse_filter,
)
from millpond.domain.filters.schemas import Kind
from millpond.domain.filters.wording import ColumnsWording
from millpond.errors import InvalidParameter

_NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
_COMPARE = {
    Op.EQ: pc.equal,
    Op.NE: pc.not_equal,
    Op.LT: pc.less,
    Op.LE: pc.less_equal,
    Op.GT: pc.greater,
    Op.GE: pc.greater_equal,
}


class Condition:
    """A condition over the columns of a table, such as ``age > 30 AND country IN ('AT', 'CH')``.

    Texts are compared as texts, and with numbers as the numbers that they are. What has no value
    meets no comparison; NOT negates what follows it, and IS NULL asks for what is missing.
    """

    def __init__(self, text: str, columns: Mapping[str, Any]) -> None:
        """columns: the type of each. Raises InvalidParameter, pointing at the character."""
        self._columns = columns
        attributes = {name: Attribute(name, _kind(kind)) for name, kind in columns.items()}
        schema = Schema(
            prefixes={},
            attributes=attributes,
            wording=ColumnsWording(),
            ordered_entities=frozenset(),
        )
        self._node = parse_filter(text, schema)

    def select(self, table: Any) -> Any | None:
        """The places of the rows that it holds for, None for all of them."""
        if self._node is None:
            return None
        return pc.indices_nonzero(self._holds(self._node, table))

    def _holds(self, node: Node, table: Any) -> Any:
        match node:
            case And(terms=terms):
                found = [self._holds(term, table) for term in terms]
                return _all(found, pc.and_)
            case Or(terms=terms):
                found = [self._holds(term, table) for term in terms]
                return _all(found, pc.or_)
            case Not(term=term):
                return pc.invert(self._holds(term, table))
        return self._compare(node, table)

    def _compare(self, node: Comparison, table: Any) -> Any:
        column = column_of(table, node.field.key).combine_chunks()
        if node.op is Op.IS_NULL:
            return pc.is_null(column, nan_is_null=True)
        if node.op is Op.IS_NOT_NULL:
            return pc.invert(pc.is_null(column, nan_is_null=True))
        return pc.fill_null(_met(column, node), False)


def column_of(table: Any, name: str) -> Any:
    """A column; one that these rows of a file happen not to have is without values."""
    if name in table.column_names:
        return table.column(name)
    return pa.chunked_array([pa.nulls(table.num_rows)])


def _met(column: Any, node: Comparison) -> Any:
    op, value = node.op, node.value
    if isinstance(value, tuple):
        found = [_one(column, Op.EQ, item) for item in value]
        listed = _all([pc.fill_null(one, False) for one in found], pc.or_)
        if op is Op.IN:
            return listed
        return pc.and_(pc.invert(listed), pc.invert(pc.is_null(column, nan_is_null=True)))
    if value is None:
        raise AssertionError("only IS NULL has no value")
    return _one(column, op, value)


def _one(column: Any, op: Op, value: Text | Number) -> Any:
    if op in _COMPARE:
        if isinstance(value, Number):
            return _COMPARE[op](as_numbers(column), pa.scalar(float(value.value)))
        if pa.types.is_temporal(column.type):
            return _COMPARE[op](column, _moment(value.value, column.type))
        return _COMPARE[op](as_texts(column), pa.scalar(value.value))
    text = value.value if isinstance(value, Text) else value.text
    # Arrow's patterns have a character that protects, and the grammar's have none.
    pattern = text.replace("\\", "\\\\")
    ignore_case = op in (Op.ILIKE, Op.NOT_ILIKE)
    like = pc.match_like(as_texts(column), pattern, ignore_case=ignore_case)
    return like if op in (Op.LIKE, Op.ILIKE) else pc.invert(like)


def as_numbers(column: Any) -> Any:
    """A column as doubles; a text that is no number is missing."""
    if not _is_text(column.type):
        return pc.cast(column, pa.float64(), safe=False)
    is_number = pc.match_substring_regex(column, _NUMBER)
    texts = pc.if_else(is_number, column, pa.scalar(None, column.type))
    return pc.cast(pc.utf8_trim_whitespace(texts), pa.float64())


def as_texts(column: Any) -> Any:
    return column if _is_text(column.type) else pc.cast(column, pa.string())


def _moment(text: str, kind: Any) -> Any:
    try:
        return pc.cast(pa.scalar(text), kind)
    except pa.ArrowInvalid:
        raise InvalidParameter(
            f"'{text}' is no {kind}: write it like 2026-01-31 or 2026-01-31 12:00:00."
        ) from None


def _kind(kind: Any) -> Kind:
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Kind.NUMBER
    if pa.types.is_temporal(kind):
        return Kind.MOMENT
    return Kind.LOGGED


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _all(found: list[Any], join: Any) -> Any:
    whole = found[0]
    for one in found[1:]:
        whole = join(whole, one)
    return whole
