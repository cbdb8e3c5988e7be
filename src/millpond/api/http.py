"""The smallest HTTP there is: one request, one answer, on plain ASGI.

The protocol's routes are the hot path, so they are spared a framework; the native API is
Litestar's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from millpond.errors import RequestTooLarge

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# In a scope's extensions: a call that gives the body another way, or None; see ``bodies``.
BODY_EXTENSION = "millpond.body"

JSON_HEADERS = [(b"content-type", b"application/json")]
TEXT_HEADERS = [(b"content-type", b"text/plain; charset=utf-8")]


class ClientDisconnected(Exception):
    """The client went away before the whole body had arrived."""


class Request:
    """One HTTP request; the body is read once, whole or as a stream."""

    __slots__ = ("_receive", "method", "path", "path_params", "query", "scope")

    def __init__(
        self, scope: Scope, receive: Receive, path: str, path_params: Mapping[str, str] = {}
    ) -> None:
        self.scope = scope
        self._receive = receive
        self.method: str = scope["method"]
        self.path = path
        self.path_params = path_params
        self.query: bytes = scope["query_string"]

    def header(self, name: bytes) -> str | None:
        """The first header of this lower-case name, or None."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    def content_length(self) -> int | None:
        """How long the body is, if the client said so."""
        length = self.header(b"content-length")
        return int(length) if length and length.isdigit() else None

    def query_fields(self) -> dict[str, str]:
        """The query's fields, decoded; of a repeated field the first."""
        fields = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True)
        return dict(reversed(fields))

    async def wait_for_disconnect(self) -> None:
        """Return when the client is gone. Only for requests whose body is not wanted any more."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def body(self, limit_bytes: int) -> bytes:
        """The whole body. Raises RequestTooLarge past ``limit_bytes``, before all is in memory."""
        message = await self._receive()
        if not message.get("more_body"):
            body: bytes = message.get("body", b"")
            if len(body) > limit_bytes:
                raise _too_large(limit_bytes)
            return body
        chunks = [message.get("body", b"")]
        size = len(chunks[0])
        while message.get("more_body"):
            if size > limit_bytes:
                raise _too_large(limit_bytes)
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        return b"".join(chunks)

    def stream(self) -> AsyncIterator[bytes]:
        """The body in the chunks it arrives in. Raises ClientDisconnected if it is cut off."""
        take = self.scope.get("extensions", {}).get(BODY_EXTENSION)
        body: AsyncIterator[bytes] | None = take() if take else None
        return self._received() if body is None else body

    async def _received(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            if chunk := message.get("body"):
                yield chunk
            if not message.get("more_body"):
                return


class HeldRequest(Request):
    """A POST whose body has arrived already."""

    __slots__ = ("_body", "_headers")

    def __init__(self, headers: Mapping[bytes, bytes], body: bytes) -> None:
        self._headers = headers
        self._body = body
        self.method = "POST"
        self.query = b""

    def header(self, name: bytes) -> str | None:
        value = self._headers.get(name)
        return None if value is None else str(value, "latin-1")

    async def body(self, limit_bytes: int) -> bytes:
        if len(self._body) > limit_bytes:
            raise _too_large(limit_bytes)
        return self._body


class Response:
    """One HTTP answer: status, headers, and a body given whole or as a stream of chunks.

    A whole body's length is added unless the headers have one (an answer to HEAD gives the length
    of the body it leaves out). A stream that has ``aclose`` is closed, sent to its end or not.
    """

    __slots__ = ("body", "encoded", "headers", "status")

    def __init__(
        self,
        body: bytes | AsyncIterator[bytes] = b"",
        status: int = 200,
        headers: list[tuple[bytes, bytes]] = JSON_HEADERS,
    ) -> None:
        self.body = body
        self.status = status
        self.headers = headers
        # Set for an answer that is given over and over.
        self.encoded: bytes | None = None

    def encode(self, keep_alive: bool) -> bytes:
        """The answer as it goes over the wire; only for whole bodies."""
        if self.encoded is not None and keep_alive:
            return self.encoded
        assert isinstance(self.body, bytes)
        lines = [_status_line(self.status)]
        lines += [b"%s: %s\r\n" % header for header in self.headers]
        if not _names_length(self.headers):
            lines.append(b"content-length: %d\r\n" % len(self.body))
        if not keep_alive:
            lines.append(b"connection: close\r\n")
        return b"".join([*lines, b"\r\n", self.body])

    async def send(self, send: Send) -> None:
        if isinstance(self.body, bytes):
            headers = self.headers
            if not _names_length(headers) and self.status not in _STATUSES_WITHOUT_BODY:
                headers = [*headers, (b"content-length", b"%d" % len(self.body))]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            await send({"type": "http.response.body", "body": self.body})
            return
        try:
            await send(
                {"type": "http.response.start", "status": self.status, "headers": self.headers}
            )
            async for chunk in self.body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            if close := getattr(self.body, "aclose", None):
                await close()


Handler = Callable[[Request], Awaitable[Response]]


# Their answers have no body by definition; a length of 0 would be taken for the file's.
_STATUSES_WITHOUT_BODY = {204, 304}


@cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


def _names_length(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-length" for name, _ in headers)


def _too_large(limit_bytes: int) -> RequestTooLarge:
    return RequestTooLarge(f"The request body is larger than the limit of {limit_bytes} bytes.")
