"""From the tokens on the right of a comparison to its value, or MLflow's words of why not."""

import re

from millpond.domain.filters.ast import Comparison, Field, Number, Op, Reference, Text, Value
from millpond.domain.filters.fields import read_field
from millpond.domain.filters.lexer import (
    NUMBER,
    PATH,
    QUOTED,
    STRING,
    WORD,
    Token,
    quote_key,
    unquote,
    unquote_key,
)
from millpond.domain.filters.pointer import quoted, refusal
from millpond.domain.filters.schemas import COMPARATORS, RANGES, Kind, Schema
from millpond.domain.filters.values import numeric_text
from millpond.errors import InvalidParameter

_INT64 = range(-(2**63), 2**63)
_LIST = "While parsing a list in the query, expected "

_whole = re.compile(r"[+-]?[0-9]{1,19}")
_digits = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


class Operands:
    """Reads the values of one filter, for one search."""

    def __init__(self, text: str, schema: Schema) -> None:
        self._text = text
        self._schema = schema
        self._bare_tokens = (NUMBER, WORD) if schema.bare_text else ()

    def check_op(self, field: Field, op: Op | None, token: Token) -> Op:
        """op, when the field has it; op None is a comparator that does not exist."""
        if op is None or op not in COMPARATORS[self._schema.kind(field)]:
            raise self._bad_comparator(field, token, "")
        return op

    def compare(self, field: Field, op: Op | None, value: Token, comparator: Token) -> Comparison:
        """The comparison with one value; a wrong value is told before a wrong comparator."""
        kind = self._schema.kind(field)
        if self._schema.references and value.kind == PATH:
            other = self._reference(value)
            return Comparison(field, self.check_op(field, op, comparator), other)
        if kind is Kind.NUMBER or kind is Kind.INTEGER:
            number = self._number(field, kind, value)
            return Comparison(field, self.check_op(field, op, comparator), number)
        if kind is Kind.ID or (kind is Kind.LOGGED and value.kind == NUMBER):
            op = self.check_op(field, op, comparator)
            if kind is Kind.LOGGED and (op in RANGES or op in (Op.EQ, Op.NE)):
                return Comparison(field, op, Number(value.text, float(value.text)))
        text = self._string(field, kind, value)
        op = self.check_op(field, op, comparator)
        if op not in RANGES or kind is Kind.MOMENT:
            return Comparison(field, op, text)
        bound = numeric_text(text.value)
        if bound is None:
            reason = f". A range over {field.entity.value}s compares numbers, {quoted(value.text)} "
            raise self._bad_comparator(field, comparator, f"{reason}is none.")
        return Comparison(field, op, Number(text.value, bound))

    def many(self, field: Field, values: list[Token], last: Token) -> tuple[Value, ...]:
        """The values of an IN list; last is its closing parenthesis."""
        if not values:
            message = f"{_LIST}a non-empty list of string values, but got empty list"
            raise refusal(message, self._text, last.start)
        kind = self._schema.kind(field)
        if kind is Kind.NUMBER or kind is Kind.INTEGER:
            return tuple([self._number(field, kind, value) for value in values])
        found: list[Value] = []
        for value in values:
            if value.kind == NUMBER and kind is Kind.LOGGED:
                found.append(Number(value.text, float(value.text)))
            elif value.kind == NUMBER and kind is Kind.STRING and not self._schema.bare_text:
                message = (
                    f"{_LIST}string value, punctuation, or whitespace, "
                    f"but got different type in list: {quoted(value.text)}"
                )
                raise refusal(message, self._text, value.start)
            elif value.kind in (NUMBER, STRING, QUOTED):
                found.append(self._string(field, kind, value))
            else:
                message = f"{_LIST}a non-empty list of string values, but got ill-formed list."
                raise refusal(message, self._text, value.start)
        return tuple(found)

    def _reference(self, token: Token) -> Reference:
        """The field of another record, as in `champion.metrics.auc`."""
        alias, _, written = token.text.partition(".")
        if alias[0] == "`":
            alias = unquote(alias)
        name = unquote_key(written)
        prefix, dot, key = name.partition(".")
        place = token.start + len(token.text) - len(written)
        if dot and prefix in self._schema.prefixes:
            field = read_field(Token(PATH, f"{prefix}.{quote_key(key)}", place), self._schema, name)
        else:
            field = read_field(Token(WORD, name, place), self._schema, self._text)
        return Reference(token.text, alias, field)

    def _number(self, field: Field, kind: Kind, token: Token) -> Number:
        if self._schema.quoted_numbers and token.kind in (STRING, QUOTED):
            found = unquote(token.text)
            if _digits.fullmatch(found):
                return Number(found.strip(), int(found))
            message = f"Invalid value for numeric attribute '{field.key}': {quoted(found)!r}"
            raise refusal(message, self._text, token.start)
        if token.kind != NUMBER:
            what = "metric"
            if kind is Kind.INTEGER:
                what = f"numeric attribute: {field.key}"
            message = f"Expected numeric value type for {what}. Found {quoted(token.text)}"
            raise refusal(message, self._text, token.start)
        if kind is Kind.NUMBER:
            return Number(token.text, float(token.text))
        if _whole.fullmatch(token.text) and (whole := int(token.text)) in _INT64:
            return Number(token.text, whole)
        if self._schema.whole_numbers:
            message = (
                f"Invalid value for numeric attribute '{field.key}': {quoted(token.text)!r}. "
                "It takes a 64-bit integer"
            )
            raise refusal(message, self._text, token.start)
        return Number(token.text, float(token.text))

    def _string(self, field: Field, kind: Kind, token: Token) -> Text:
        if token.kind in (STRING, QUOTED):
            found = unquote(token.text)
        elif token.kind in self._bare_tokens or (kind is Kind.ID and token.kind == NUMBER):
            found = token.text
        else:
            raise self._unquoted(field, token)
        if kind is Kind.ID:
            if _digits.fullmatch(found) is None:
                message = (
                    f"Invalid experiment ID '{quoted(found)}'. Experiment ID must be a valid "
                    "integer."
                )
                raise refusal(message, self._text, token.start)
            return Text(str(int(found)))
        return Text(found)

    def _unquoted(self, field: Field, token: Token) -> InvalidParameter:
        if token.kind == NUMBER or token.text.upper() == "NULL":
            expected = self._schema.wording.expected_string(field.entity)
            message = f"{expected} Got value {quoted(token.text)}"
        else:
            message = (
                "Parameter value is either not quoted or unidentified quote types used for string "
                f"value {quoted(token.text)}. Use either single or double quotes."
            )
        return refusal(message, self._text, token.start)

    def _bad_comparator(self, field: Field, token: Token, reason: str) -> InvalidParameter:
        valid = [op.value for op in COMPARATORS[self._schema.kind(field)]]
        message = self._schema.wording.comparator(field, token.text, valid)
        return refusal(message + reason, self._text, token.start)
