"""From the text of a filter to its tree: recursive descent over the package's grammar."""

import re

from millpond.domain.filters.ast import (
    Comparison,
    Node,
    Not,
    Op,
    Text,
    all_of,
    any_of,
)
from millpond.domain.filters.fields import FIELD_TOKENS, read_field
from millpond.domain.filters.lexer import (
    CLOSE,
    COMMA,
    COMPARATOR,
    END,
    NUMBER,
    OPEN,
    PATH,
    QUOTED,
    STRAY,
    STRING,
    TICKED,
    WORD,
    Token,
    tokens,
)
from millpond.domain.filters.operands import Operands
from millpond.domain.filters.pointer import quoted, refusal
from millpond.domain.filters.schemas import Schema
from millpond.errors import InvalidParameter

MAX_LENGTH = 100_000
"""Characters in a filter or an order_by clause."""
MAX_DEPTH = 30
"""Parentheses, NOTs and NOT BETWEENs inside one another."""
MAX_COMPARISONS = 500
"""Comparisons in a filter, a BETWEEN counting twice: SQL engines bound the size of a condition."""
MAX_VALUES = 10_000
"""Values in all IN lists of a filter: SQL engines bound the parameters of a statement."""
MAX_PATTERN = 10_000
"""Characters in a LIKE pattern: SQL engines bound them."""

_COMPARATORS = {op.value: op for op in (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE)}
_LIKES = {"LIKE": Op.LIKE, "ILIKE": Op.ILIKE}
_NEGATED = {Op.LIKE: Op.NOT_LIKE, Op.ILIKE: Op.NOT_ILIKE, Op.IN: Op.NOT_IN}
_UNKNOWN = frozenset({"RLIKE", "REGEXP"})  # comparators of other searches
_VALUE_TOKENS = frozenset({STRING, QUOTED, NUMBER, WORD, TICKED, PATH})
_CONNECTIVES = frozenset({"AND", "OR"})
# Words that MLflow's parser takes for SQL and not for an unquoted value.
_NO_VALUES = _CONNECTIVES | {"TRUE", "FALSE", "NONE"}
_PIECES = 10

_surrogate = re.compile("[\ud800-\udfff]")


def parse_filter(text: str | None, schema: Schema) -> Node | None:
    """The tree of a filter, None when it is absent or blank.

    Raises InvalidParameter, and nothing else, for what is no filter of this search; the message
    ends with the place (`At character 12`), the filter's text and a caret under the offence.
    """
    if text is None or not text or text.isspace():
        return None
    check_text(text, "filter")
    return _Parser(text, schema).whole()


def check_text(text: str, what: str) -> None:
    """Refuse text too long to read, or that is no Unicode."""
    if len(text) > MAX_LENGTH:
        message = f"The {what} has {len(text)} characters; at most {MAX_LENGTH} are allowed"
        raise refusal(message, text, MAX_LENGTH)
    if not text.isascii() and (match := _surrogate.search(text)):
        message = f"The {what} holds half of a surrogate pair, which is no character"
        raise refusal(message, text, match.start())


class _Parser:
    """One walk over the tokens of one filter."""

    def __init__(self, text: str, schema: Schema) -> None:
        self._text = text
        self._schema = schema
        self._operands = Operands(text, schema)
        self._tokens = tokens(text)
        self._at = 0
        self._clause = 0  # where the clause being read starts, for the message
        self._depth = 0
        self._comparisons = 0
        self._values = 0

    def whole(self) -> Node:
        node = self._disjunction()
        if self._tokens[self._at].kind != END:
            raise self._bad_clause("Expected AND, OR or the end of the filter")
        return node

    def _disjunction(self) -> Node:
        terms = [self._conjunction()]
        while self._took_word("OR"):
            terms.append(self._conjunction())
        return any_of(terms)

    def _conjunction(self) -> Node:
        terms = [self._negation()]
        while self._took_word("AND"):
            terms.append(self._negation())
        return all_of(terms)

    def _negation(self) -> Node:
        self._clause = self._at
        token = self._tokens[self._at]
        if token.kind == OPEN:
            self._at += 1
            self._deeper(token)
            node = self._disjunction()
            if self._tokens[self._at].kind != CLOSE:
                raise self._bad_clause("Expected AND, OR or a closing parenthesis")
            self._at += 1
        elif token.kind == WORD and token.text.upper() == "NOT":
            self._at += 1
            self._deeper(token)
            node = Not(self._negation())
        else:
            node = self._comparison(token)
            # What is wrong from here on is no longer this comparison.
            self._clause = self._at
            return node
        self._depth -= 1
        self._clause = self._at
        return node

    def _comparison(self, left: Token) -> Node:
        if left.kind not in FIELD_TOKENS or self._is_word(left, _CONNECTIVES):
            raise self._bad_left(left)
        self._at += 1
        op_token = self._tokens[self._at]
        self._count_comparison(left)
        if op_token.kind == COMPARATOR or self._is_word(op_token, _UNKNOWN):
            self._at += 1
            right = self._value()
            field = read_field(left, self._schema, self._text)
            op = _COMPARATORS.get(op_token.text)
            return self._operands.compare(field, op, right, op_token)
        negated = self._took_word("NOT")
        word = self._tokens[self._at]
        keyword = word.text.upper() if word.kind == WORD else ""
        self._at += 1
        if keyword in _LIKES:
            return self._like(left, op_token, _LIKES[keyword], negated)
        if keyword == "IN":
            return self._in(left, op_token, negated)
        if keyword == "BETWEEN":
            return self._between(left, op_token, word, negated)
        if keyword == "IS" and not negated:
            return self._is_null(left)
        self._at -= 1
        raise self._bad_clause("Expected a comparator, such as =, LIKE, IN or IS NULL")

    def _like(self, left: Token, op_token: Token, op: Op, negated: bool) -> Node:
        right = self._value()
        field = read_field(left, self._schema, self._text)
        if negated:
            op = _NEGATED[op]
        written = op_token._replace(text=op.value)
        node = self._operands.compare(field, op, right, written)
        if isinstance(node.value, Text) and len(node.value.value) > MAX_PATTERN:
            message = f"A LIKE pattern may have at most {MAX_PATTERN} characters"
            raise refusal(message, self._text, right.start)
        return node

    def _in(self, left: Token, op_token: Token, negated: bool) -> Node:
        if self._tokens[self._at].kind != OPEN:
            raise self._bad_clause("Expected a list of values in parentheses")
        self._at += 1
        listed: list[Token] = []
        separated = True
        while (token := self._tokens[self._at]).kind != CLOSE:
            if token.kind == END or token.kind == STRAY:
                raise self._bad_clause("Expected a closing parenthesis")
            if separated is (token.kind == COMMA):
                message = "While parsing a list in the query, expected a non-empty list of string"
                message += " values, but got ill-formed list."
                raise refusal(message, self._text, token.start)
            if separated:
                listed.append(token)
            separated = not separated
            self._at += 1
        self._at += 1
        self._values += len(listed)
        if self._values > MAX_VALUES:
            message = f"A filter may list at most {MAX_VALUES} values"
            raise refusal(message, self._text, token.start)
        field = read_field(left, self._schema, self._text)
        values = self._operands.many(field, listed, token)
        op = self._operands.check_op(field, _NEGATED[Op.IN] if negated else Op.IN, op_token)
        return Comparison(field, op, values)

    def _between(self, left: Token, op_token: Token, word: Token, negated: bool) -> Node:
        if negated:
            # It is an OR inside this place, as if in parentheses.
            self._deeper(word)
            self._depth -= 1
        self._count_comparison(left)
        low_token = self._value()
        if not self._took_word("AND"):
            raise self._bad_clause("Expected AND and the upper bound of BETWEEN")
        high_token = self._value()
        field = read_field(left, self._schema, self._text)
        written = op_token._replace(text="NOT BETWEEN" if negated else "BETWEEN")
        first, second = (Op.LT, Op.GT) if negated else (Op.GE, Op.LE)
        low = self._operands.compare(field, first, low_token, written)
        high = self._operands.compare(field, second, high_token, written)
        return any_of([low, high]) if negated else all_of([low, high])

    def _is_null(self, left: Token) -> Node:
        op = Op.IS_NOT_NULL if self._took_word("NOT") else Op.IS_NULL
        if not self._took_word("NULL"):
            raise self._bad_clause("Expected NULL or NOT NULL")
        return Comparison(read_field(left, self._schema, self._text), op, None)

    def _value(self) -> Token:
        token = self._tokens[self._at]
        no_values = _CONNECTIVES if self._schema.bare_text else _NO_VALUES
        if token.kind not in _VALUE_TOKENS or self._is_word(token, no_values):
            raise self._bad_clause("Expected a value")
        self._at += 1
        return token

    @staticmethod
    def _is_word(token: Token, words: frozenset[str]) -> bool:
        return token.kind == WORD and token.text.upper() in words

    def _took_word(self, keyword: str) -> bool:
        token = self._tokens[self._at]
        if token.kind == WORD and token.text.upper() == keyword:
            self._at += 1
            return True
        return False

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"The filter nests deeper than {MAX_DEPTH} levels"
            raise refusal(message, self._text, token.start)

    def _count_comparison(self, token: Token) -> None:
        self._comparisons += 1
        if self._comparisons > MAX_COMPARISONS:
            message = f"A filter may have at most {MAX_COMPARISONS} comparisons"
            raise refusal(message, self._text, token.start)

    def _bad_left(self, left: Token) -> InvalidParameter:
        """The refusal of a clause that starts with no field."""
        if left.kind in (STRING, NUMBER) and self._tokens[self._at + 1].kind == COMPARATOR:
            message = (
                f"Invalid comparison clause. Expected 'Identifier' found '{quoted(left.text)}'"
            )
            return refusal(message, self._text, left.start)
        return self._bad_clause("Expected a field, such as metrics.loss or status")

    def _bad_clause(self, expected: str) -> InvalidParameter:
        """The refusal of the token being read; names the pieces of its clause as MLflow does."""
        offence = self._tokens[self._at]
        if offence.text == ";" and self._text[offence.start + 1 :].strip():
            message = (
                f"Search filter contained multiple expression {quoted(self._text)!r}. "
                "Provide AND-ed expression list."
            )
            return refusal(message, self._text, offence.start)
        pieces: list[str] = []
        for place, token in enumerate(self._tokens[self._clause :], self._clause):
            past = place > self._at and self._is_word(token, _CONNECTIVES)
            if token.kind == END or past or len(pieces) == _PIECES:
                break
            pieces.append(quoted(token.text))
        if not pieces:
            pieces.append(self._tokens[max(self._at - 1, 0)].text)
        message = self._schema.wording.clause(pieces, self._text)
        return refusal(f"{message}. {expected}", self._text, offence.start)
