"""What a parsed filter is: immutable, hashable nodes, the same for every search and engine."""

import enum
from typing import TypeAlias

import msgspec


class Entity(enum.Enum):
    """The part of a record that a field belongs to; the value is MLflow's word for it."""

    ATTRIBUTE = "attribute"
    METRIC = "metric"
    PARAM = "parameter"
    TAG = "tag"
    DATASET = "dataset"


class Op(enum.Enum):
    """One comparison. The negated forms are operators of their own, not `Not(...)`: they are false
    on a missing field, where `Not(...)` is true."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    NOT_LIKE = "NOT LIKE"
    NOT_ILIKE = "NOT ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"


class Field(msgspec.Struct, frozen=True):
    """What is compared. key is canonical: "start_time" also when the filter says `created`."""

    entity: Entity
    key: str


class Text(msgspec.Struct, frozen=True):
    """A string of the filter, its quotes and escapes taken off."""

    value: str


class Reference(Text, frozen=True):
    """Another record's field instead of a value, where a search has such; value: as written.

    alias: what the other record is called; field: whose value is meant.
    """

    alias: str
    field: Field


class Number(msgspec.Struct, frozen=True):
    """A number of the filter.

    text: as written; what an equality with a param or tag compares.
    value: an int only for an integer attribute, when written whole and of 64 bits; else a float,
    infinite when too large for one, never NaN.
    """

    text: str
    value: int | float


Value: TypeAlias = Text | Number


class Comparison(msgspec.Struct, frozen=True):
    """value: a tuple for IN and NOT IN, None for IS NULL and IS NOT NULL.

    LIKE and its kin hold a `Text`; ranges hold a `Number`, on params and tags too.
    """

    field: Field
    op: Op
    value: Value | tuple[Value, ...] | None


class And(msgspec.Struct, frozen=True):
    """True when every term is. At least two terms, none of them an `And`."""

    terms: "tuple[Node, ...]"


class Or(msgspec.Struct, frozen=True):
    """True when some term is. At least two terms, none of them an `Or`."""

    terms: "tuple[Node, ...]"


class Not(msgspec.Struct, frozen=True):
    """True when its term is not."""

    term: "Node"


Node: TypeAlias = Comparison | And | Or | Not


class OrderKey(msgspec.Struct, frozen=True):
    """One clause of an order_by. Missing values come last in either direction."""

    field: Field
    ascending: bool


def all_of(terms: list[Node]) -> Node:
    """The conjunction of one or more terms, flat."""
    if len(terms) == 1:
        return terms[0]
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.terms) if isinstance(term, And) else flat.append(term)
    return And(tuple(flat))


def any_of(terms: list[Node]) -> Node:
    """The disjunction of one or more terms, flat."""
    if len(terms) == 1:
        return terms[0]
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.terms) if isinstance(term, Or) else flat.append(term)
    return Or(tuple(flat))
