"""Pages of a search: a token remembers the last row that was seen, never a row count."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from millpond.errors import InvalidParameter

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """Some rows of an answer, and the token to ask for the rows after them, if there are any."""

    items: Sequence[T]
    next_token: str | None = None


def encode_token(question: str, position: Sequence[Any]) -> str:
    """An opaque token: where the page ended, bound to the question it was an answer to.

    question: what must be the same when the token comes back (the ordering, above all).
    position: the last row's sort values (numbers, strings, None).
    """
    kept = [_encode_value(value) for value in position]
    payload = msgspec.json.encode([_fingerprint(question, kept), kept])
    return base64.urlsafe_b64encode(payload).decode()


def decode_token(token: str, question: str, length: int) -> list[Any]:
    """The position in a token. Raises InvalidParameter unless it was made for this question."""
    try:
        payload = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise InvalidParameter(
            f"Invalid page token, could not base64-decode: {token[:200]!r}"
        ) from None
    try:
        fingerprint, position = msgspec.json.decode(payload, type=tuple[int, list[Any]])
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidParameter(
            f"Invalid page token {token[:200]!r}: it is not one that this server gave."
        ) from None
    if fingerprint != _fingerprint(question, position) or len(position) != length:
        raise InvalidParameter(
            f"Invalid page token {token[:200]!r}: it is damaged, or belongs to a search with "
            "another order or filter. Start again without a token."
        )
    return [_decode_value(v) for v in position]


def _fingerprint(question: str, kept: Sequence[Any]) -> int:
    # Of the position too: a token that was damaged on its way must not lead to another place.
    checksum = binascii.crc32(question.encode("utf-8", "surrogatepass"))
    return binascii.crc32(msgspec.json.encode(kept), checksum)


def _encode_value(value: Any) -> Any:
    # JSON has no infinities; repr() of a float is exact.
    return {"float": repr(value)} if isinstance(value, float) else value


def _decode_value(value: Any) -> Any:
    if isinstance(value, dict):
        try:
            return float(value["float"])
        except (KeyError, TypeError, ValueError):
            raise InvalidParameter(
                "Invalid page token: it is not one that this server gave."
            ) from None
    return value
