"""From the written name of a field to the `Field` that it means in one search."""

from millpond.domain.filters.ast import Entity, Field
from millpond.domain.filters.lexer import PATH, QUOTED, TICKED, WORD, Token, unquote, unquote_key
from millpond.domain.filters.pointer import quoted, refusal
from millpond.domain.filters.schemas import Schema

FIELD_TOKENS = frozenset({PATH, WORD, TICKED, QUOTED})


def read_field(token: Token, schema: Schema, text: str, is_order: bool = False) -> Field:
    """The field that a token of FIELD_TOKENS names. Raises InvalidParameter for unknown names."""
    if token.kind == WORD:
        return _attribute(token.text, schema, text, token.start, is_order)
    prefix, dot, written = token.text.partition(".")
    if not dot or (token.kind != PATH and not schema.prefixes):
        return _attribute(unquote(token.text), schema, text, token.start, is_order)
    if len(prefix) > 2 and prefix[0] == prefix[-1] == "`":
        prefix = prefix[1:-1]
    entity = schema.prefixes.get(prefix)
    # A dot inside the quotes of an attribute ("params.a") starts no key: MLflow cuts there too.
    if entity is None or token.kind != PATH:
        raise refusal(schema.wording.entity(prefix), text, token.start)
    key = unquote_key(written)
    place = token.start + len(token.text) - len(written)
    if entity is Entity.ATTRIBUTE:
        return _attribute(key, schema, text, place, is_order)
    if entity is Entity.DATASET and key not in schema.dataset_keys:
        valid = "{" + ", ".join(f"'{name}'" for name in schema.dataset_keys) + "}"
        message = f"Invalid dataset key '{quoted(key)}' specified. Valid keys are '{valid}'"
        raise refusal(message, text, place)
    return Field(entity, key)


def _attribute(name: str, schema: Schema, text: str, place: int, is_order: bool) -> Field:
    attribute = schema.attributes.get(name)
    if attribute is None:
        told = schema.wording.order_attribute if is_order else schema.wording.attribute
        raise refusal(told(name, tuple(schema.attributes)), text, place)
    return Field(Entity.ATTRIBUTE, attribute.key)
