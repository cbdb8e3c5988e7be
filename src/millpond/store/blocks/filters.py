"""Which runs of a block a filter holds for, as an array of truths.

Texts are compared once each and not once per run.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np

from millpond.domain.filters import (
    And,
    Comparison,
    Entity,
    Field,
    Node,
    Not,
    Number,
    Op,
    Or,
    Text,
    Value,
    like_to_regex,
    satisfies,
)
from millpond.domain.ordering import MISSING, NOT_A_NUMBER, PRESENT
from millpond.store.blocks import columns
from millpond.store.blocks.columns import Array, Column, Numbers, Texts

DATASET_KEYS = ("name", "digest", "context")
_RANGES = {Op.LT, Op.LE, Op.GT, Op.GE}


class Block(Protocol):
    """The columns of one block, as far as they are needed."""

    def column(self, field: Field) -> Column | None:
        """None if no run of the block has a value."""

    def listed(self, comparison: Comparison) -> Array | None:
        """The truths of a comparison that columns know nothing of, None for others."""


def truths(node: Node, block: Block) -> Array:
    match node:
        case And(terms=terms):
            found = truths(terms[0], block)
            for term in terms[1:]:
                # Once nothing is left no other column needs to be looked at.
                if not found.any():
                    break
                found = found & truths(term, block)
            return found
        case Or(terms=terms):
            found = truths(terms[0], block)
            for term in terms[1:]:
                found = found | truths(term, block)
            return found
        case Not(term=term):
            return ~truths(term, block)
        case Comparison():
            listed = block.listed(node)
            return _compared(node, block.column(node.field)) if listed is None else listed


def _compared(comparison: Comparison, column: Column | None) -> Array:
    op = comparison.op
    if column is None:
        return np.full(columns.BLOCK_RUNS, op is Op.IS_NULL)
    if comparison.field.entity is Entity.DATASET:
        assert isinstance(column, Texts)
        return _on_datasets(comparison, column)
    if op is Op.IS_NULL:
        return np.equal(column.ranks, MISSING)
    if op is Op.IS_NOT_NULL:
        return np.not_equal(column.ranks, MISSING)
    if isinstance(column, Numbers):
        return _on_numbers(comparison, column)
    return _on_texts(comparison, column)


def _on_numbers(comparison: Comparison, column: Numbers) -> Array:
    op, value = comparison.op, comparison.value
    if op in (Op.IN, Op.NOT_IN):
        assert isinstance(value, tuple)
        found = np.full(columns.BLOCK_RUNS, False)
        for one in value:
            found |= _number_truths(column.values, Op.EQ, one)
    else:
        assert isinstance(value, Number)
        found = _number_truths(column.values, Op.EQ if op is Op.NE else op, value)
    if op in (Op.NE, Op.NOT_IN):
        # NaN is unequal to every number.
        found = (~found & (column.ranks == PRESENT)) | (column.ranks == NOT_A_NUMBER)
    else:
        found &= column.ranks == PRESENT
    return found


_COMPARE: Mapping[Op, Callable[[Any, Any], Any]] = {
    Op.EQ: operator.eq,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


def _number_truths(values: Array, op: Op, asked: Value) -> Array:
    assert isinstance(asked, Number)
    number = asked.value
    if values.dtype.kind != "f" and isinstance(number, float) and math.isfinite(number):
        # As whole numbers: a double cannot tell great ones apart.
        if op is Op.EQ and not number.is_integer():
            return np.full(len(values), False)
        number = math.ceil(number) if op in (Op.LT, Op.GE) else math.floor(number)
    found: Array = _COMPARE[op](values, number)
    return found


def _on_texts(comparison: Comparison, column: Texts) -> Array:
    op, value = comparison.op, comparison.value
    if op in _RANGES:
        if column.numbers is None:
            return np.full(columns.BLOCK_RUNS, False)
        assert isinstance(value, Number)
        return _spread(_number_truths(column.numbers, op, value), column)
    if op in (Op.EQ, Op.NE, Op.IN, Op.NOT_IN):
        found = np.full(columns.BLOCK_RUNS, False)
        for one in value if isinstance(value, tuple) else (value,):
            assert one is not None
            text = one.text if isinstance(one, Number) else one.value
            # Most blocks lack a rare text, and looking for its bytes is quicker than unpacking.
            # As MessagePack has them, behind their length, they are seldom part of another text.
            if msgspec.msgpack.encode(text) in column.packed:
                code, is_there = column.place(text)
                if is_there:
                    found |= column.codes == code
        return found if op in (Op.EQ, Op.IN) else ~found & (column.codes != column.count)
    assert isinstance(value, Text)
    found = _spread(np.array(_like(op, value.value, column), bool), column)
    return found if op in (Op.LIKE, Op.ILIKE) else ~found & (column.codes != column.count)


def _like(op: Op, pattern: str, column: Texts) -> list[bool]:
    """Which of the texts are like a pattern, minding case or not."""
    texts: Sequence[str]
    if op in (Op.LIKE, Op.NOT_LIKE):
        pieces = pattern.replace("_", "%").split("%")
        if any(piece.encode() not in column.packed for piece in pieces):
            return [False] * column.count
        texts = column.texts
    else:
        texts = [text.lower() for text in column.texts]
        pattern = pattern.lower()
    # A block may have thousands of texts, so the usual patterns do without regular expressions.
    first, *rest = pattern.split("%")
    if "_" not in pattern:
        if not rest:
            return [text == pattern for text in texts]
        if rest == [""]:
            return [text.startswith(first) for text in texts]
        if len(rest) == 2 and not first and not rest[1]:
            middle = rest[0]
            return [middle in text for text in texts]
    matches = like_to_regex(pattern).match
    return [matches(text) is not None for text in texts]


def _on_datasets(comparison: Comparison, column: Texts) -> Array:
    """A run may have many datasets: a text holds those of one, packed by ``dataset_text``."""
    part = DATASET_KEYS.index(comparison.field.key)
    found = []
    for text in column.texts:
        values = [v for triple in _decode_datasets(text) if (v := triple[part]) is not None]
        if comparison.op is Op.IS_NULL:
            found.append(not values)
        elif comparison.op is Op.IS_NOT_NULL:
            found.append(bool(values))
        else:
            found.append(any(satisfies(v, comparison.op, comparison.value) for v in values))
    return _spread(np.array(found, bool), column, comparison.op is Op.IS_NULL)


def dataset_text(triples: list[tuple[str, str, str | None]]) -> str:
    """The (name, digest, context) of a run's datasets as one text."""
    return msgspec.json.encode(triples).decode()


_decode_datasets = msgspec.json.Decoder(list[tuple[str, str, str | None]]).decode


def _spread(of_texts: Array, column: Texts, of_none: bool = False) -> Array:
    """From a truth per text to one per run."""
    found: Array = np.append(of_texts, of_none)[column.codes]
    return found
