"""From order_by clauses to order keys. The ties after the last key are the store's."""

from collections.abc import Sequence

from millpond.domain.filters.ast import Entity, Field, OrderKey
from millpond.domain.filters.fields import FIELD_TOKENS, read_field
from millpond.domain.filters.lexer import END, WORD, tokens, unquote_key
from millpond.domain.filters.parser import check_text
from millpond.domain.filters.pointer import quoted, refusal
from millpond.domain.filters.schemas import Schema
from millpond.errors import InvalidParameter

MAX_KEYS = 32
"""Clauses in an order_by: each may cost an SQL engine one join of the few dozen it allows."""


def parse_order_by(clauses: Sequence[str], schema: Schema) -> tuple[OrderKey, ...]:
    """The keys of an order_by; each clause is `field [ASC|DESC]`.

    Raises InvalidParameter, pointing into the clause, for a bad clause, a field that this search
    cannot sort by, and (where the search minds) a field named twice.
    """
    _check_count(len(clauses))
    keys: dict[Field, OrderKey] = {}
    for clause in clauses:
        key = _parse_clause(clause, schema)
        if key.field not in keys:
            keys[key.field] = key
        elif schema.unique_order:
            message = f"`order_by` contains duplicate fields: {quoted(repr(list(clauses)))}"
            raise refusal(message, clause, 0)
    return tuple(keys.values())


def _parse_clause(clause: str, schema: Schema) -> OrderKey:
    check_text(clause, "order_by clause")
    found = tokens(clause)
    first, second = found[0], found[1] if len(found) > 1 else found[0]
    if first.kind not in FIELD_TOKENS:
        raise _not_parsed(clause, first.start)
    ascending = True
    if second.kind != END:
        if second.kind != WORD:
            raise _not_parsed(clause, second.start)
        if found[2].kind != END:
            raise _not_parsed(clause, found[2].start)
        direction = second.text.upper()
        if direction not in ("ASC", "DESC"):
            message = f"Invalid ordering key in order_by clause '{quoted(clause)}'."
            raise refusal(message, clause, second.start)
        ascending = direction == "ASC"
    field = read_field(first, schema, clause, is_order=True)
    if field.entity not in schema.ordered_entities:
        raise refusal(schema.wording.order_entity(field.entity), clause, first.start)
    return OrderKey(field, ascending)


def _not_parsed(clause: str, place: int) -> InvalidParameter:
    message = f"Invalid order_by clause '{quoted(clause)}'. Could not be parsed."
    return refusal(message, clause, place)


def parse_order_fields(fields: Sequence[tuple[str, bool]], schema: Schema) -> tuple[OrderKey, ...]:
    """The keys of an order_by that comes as (field_name, ascending), as for logged models.

    A name is an attribute, or `metrics.` and a key that needs no quotes (it may have them).
    A field named twice counts once. Raises InvalidParameter.
    """
    _check_count(len(fields))
    keys: dict[Field, OrderKey] = {}
    for name, ascending in fields:
        key = OrderKey(_named_field(name, schema), ascending)
        keys.setdefault(key.field, key)
    return tuple(keys.values())


def _named_field(name: str, schema: Schema) -> Field:
    check_text(name, "order_by field name")
    prefix, dot, written = name.partition(".")
    if dot:
        if schema.prefixes.get(prefix) is not Entity.METRIC:
            message = f"Invalid order by field name: {quoted(name)}. Only metrics are supported."
            raise refusal(message, name, 0)
        is_quoted = len(written) > 1 and written[0] == written[-1] and written[0] in "`\"'"
        return Field(Entity.METRIC, unquote_key(written) if is_quoted else written)
    attribute = schema.attributes.get(name.strip())
    if attribute is None:
        valid = ", ".join(sorted(schema.attributes))
        message = f"Invalid order by field name: {quoted(name)}. Valid names are {valid}."
        raise refusal(message, name, 0)
    return Field(Entity.ATTRIBUTE, attribute.key)


def _check_count(count: int) -> None:
    if count > MAX_KEYS:
        raise InvalidParameter(f"`order_by` has {count} fields; at most {MAX_KEYS} are allowed")
