"""Large request bodies, from the socket straight into the chunks that are written.

uvicorn hands every piece of a body through its parser, which copies it, and gathers the pieces,
which copies them again. A handler that takes a large body of known length as it comes is given the
connection itself until the body has ended; then the parser goes on with the next request.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from millpond.api.http import BODY_EXTENSION, ClientDisconnected

CHUNK_BYTES = 1 << 20
LEAST_BYTES = 1 << 18
# How many chunks may wait for whoever writes them, while the next is being filled.
_MOST_READY = 2


class BodyReceiver(asyncio.BufferedProtocol):
    """Receives the rest of one body; iterating gives it in chunks that are the reader's to keep."""

    def __init__(
        self, protocol: HttpToolsProtocol, cycle: RequestResponseCycle, left_bytes: int
    ) -> None:
        """left_bytes: how much of the body the parser has not seen."""
        self._protocol = protocol
        self._cycle = cycle
        self._left_bytes = left_bytes
        self._ready: deque[bytes | bytearray] = deque()
        if cycle.body:
            self._ready.append(bytes(cycle.body))
            cycle.body = bytearray()
        self._chunk = bytearray()
        self._view = memoryview(b"")
        self._filled = 0
        self._is_lost = False
        self._waiter: asyncio.Future[None] | None = None
        self._connect(self)

    def __aiter__(self) -> "BodyReceiver":
        return self

    async def __anext__(self) -> bytes | bytearray:
        while not self._ready:
            if self._is_lost:
                raise ClientDisconnected
            if not self._left_bytes:
                raise StopAsyncIteration
            self._waiter = self._protocol.loop.create_future()
            await self._waiter
        chunk = self._ready.popleft()
        if self._left_bytes and not self._is_lost:
            self._protocol.flow.resume_reading()
        return chunk

    def get_buffer(self, sizehint: int) -> memoryview:
        if not self._view:
            self._chunk = bytearray(min(CHUNK_BYTES, self._left_bytes))
            self._view = memoryview(self._chunk)
            self._filled = 0
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        self._left_bytes -= nbytes
        if self._filled == len(self._chunk):
            self._end_chunk()
        if not self._left_bytes:
            self._give_back()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._protocol.connection_lost(exc)
        self._wake()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def _end_chunk(self) -> None:
        chunk, self._chunk = self._chunk, bytearray()
        self._view.release()
        self._view = memoryview(b"")
        if self._cycle.response_complete:
            # Refused already; what still comes is read so that the client reads the answer, and
            # the connection can be used again.
            self._ready.clear()
            self._protocol._unset_keepalive_if_required()
            return
        self._ready.append(chunk)
        if len(self._ready) >= _MOST_READY and self._left_bytes:
            self._protocol.flow.pause_reading()
        self._wake()

    def _give_back(self) -> None:
        """Let the parser, a new one, have what comes behind the body."""
        parser = httptools.HttpRequestParser(self._protocol)
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._protocol.parser = parser
        self._connect(self._protocol)
        self._cycle.more_body = False
        self._cycle.message_event.set()

    def _connect(self, protocol: asyncio.BaseProtocol) -> None:
        flow, transport = self._protocol.flow, self._protocol.transport
        # An event loop looks at the kind of protocol when reading begins.
        flow.pause_reading()
        transport.set_protocol(protocol)
        flow.resume_reading()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


def offer_body(protocol: HttpToolsProtocol, cycle: RequestResponseCycle) -> None:
    """Let the handler of a request take its body, if that is large and of known length."""
    scope: dict[str, Any] = cycle.scope  # type: ignore[assignment]
    if scope["method"] != "PUT":
        return
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) >= LEAST_BYTES:
            take = partial(_take_body, protocol, cycle, int(value))
            scope["extensions"] = {BODY_EXTENSION: take}


def _take_body(
    protocol: HttpToolsProtocol, cycle: RequestResponseCycle, length: int
) -> BodyReceiver | None:
    """The body of the request that is being answered; None if it must come the usual way."""
    left_bytes = length - len(cycle.body)
    if protocol.cycle is not cycle or cycle.disconnected or not cycle.more_body:
        return None
    if left_bytes < LEAST_BYTES // 2:
        return None
    if cycle.waiting_for_100_continue:
        protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        cycle.waiting_for_100_continue = False
    return BodyReceiver(protocol, cycle, left_bytes)
