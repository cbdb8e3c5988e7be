"""Checksums that clients send with a file, or ask for: RFC 9530, and the older Content-MD5."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from millpond.api.http import Request
from millpond.errors import InvalidParameter

_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
_DIGEST = re.compile(r"\s*([a-z0-9-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*")
_WISH = re.compile(r"\s*([a-z0-9-]+)\s*=\s*([0-9]|10)\s*")


class CheckedBody:
    """The chunks of a request, which fail at their end if they are not what the client said.

    So whoever stores them stores nothing of a file that was changed on its way.
    """

    def __init__(self, request: Request) -> None:
        """Raises InvalidParameter for a checksum that is none."""
        self._request = request
        self._expected: dict[str, bytes] = {}
        if given := request.header(b"content-md5"):
            self._expected["md5"] = _decoded("Content-MD5", given)
        for header in (b"content-digest", b"repr-digest"):
            for name, value in _pairs(_DIGEST, request.header(header)):
                if name in _ALGORITHMS:
                    self._expected[_ALGORITHMS[name]] = _decoded(header.decode(), value)
        self._wish = _wished(request)
        names = [*self._expected, *([_ALGORITHMS[self._wish]] if self._wish else [])]
        # They are no secrets; this is for machines that refuse MD5 otherwise.
        self._hashers: dict[str, Any] = {
            name: hashlib.new(name, usedforsecurity=False) for name in names
        }

    def chunks(self) -> AsyncIterator[bytes]:
        chunks = self._request.stream()
        return self._checked(chunks) if self._hashers else chunks

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What to answer a client that asked for the checksum, once all chunks were read."""
        if not self._wish:
            return []
        return [_digest_header(self._wish, self._hashers[_ALGORITHMS[self._wish]].digest())]

    async def _checked(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            for hasher in self._hashers.values():
                hasher.update(chunk)
            yield chunk
        for name, expected in self._expected.items():
            if not hmac.compare_digest(self._hashers[name].digest(), expected):
                raise InvalidParameter(
                    f"The file is not what was sent: its {name} is another one. Nothing was stored."
                )


async def digest_headers(
    request: Request, chunks: AsyncIterable[bytes]
) -> list[tuple[bytes, bytes]]:
    """The checksum of a stored file, if the request wishes for it; the chunks are read then."""
    wish = _wished(request)
    if not wish:
        return []
    hasher = hashlib.new(_ALGORITHMS[wish])
    async for chunk in chunks:
        hasher.update(chunk)
    return [_digest_header(wish, hasher.digest())]


def wants_digest(request: Request) -> bool:
    return bool(_wished(request))


def _wished(request: Request) -> str:
    """The algorithm that Want-Repr-Digest likes best of those there are."""
    wishes = {
        name: int(weight)
        for name, weight in _pairs(_WISH, request.header(b"want-repr-digest"))
        if name in _ALGORITHMS and int(weight)
    }
    return max(wishes, key=lambda name: wishes[name], default="")


def _pairs(pattern: re.Pattern[str], header: str | None) -> list[tuple[str, str]]:
    found = (pattern.fullmatch(item) for item in (header or "").split(","))
    return [(item[1], item[2]) for item in found if item]


def _decoded(header: str, value: str) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True)
    except binascii.Error:
        raise InvalidParameter(f"The header {header} holds no checksum: '{value}'.") from None


def _digest_header(name: str, digest: bytes) -> tuple[bytes, bytes]:
    return b"repr-digest", f"{name}=:{base64.b64encode(digest).decode()}:".encode()
