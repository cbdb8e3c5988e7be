"""Answers in one write.

uvicorn writes the head of an answer and its body one after the other, and each write is a system
call and a packet. For small answers that is half of what they cost.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_SMALL_BYTES = 16_384


class OneWriteProtocol(HttpToolsProtocol):
    """uvicorn's protocol, whose answers go through a transport that waits for the body."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        transport = _OneWrite(cycle)
        cycle.transport = transport  # type: ignore[assignment]
        cycle.on_response = partial(transport.finish, cycle.on_response)
        super()._start_asgi_task(cycle, app)


class _OneWrite:
    """Passes an answer to the real transport, its head together with the first of its body."""

    __slots__ = ("_cycle", "_head", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._transport: asyncio.Transport = cycle.transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """The first write after the answer has begun is its head."""
        if self._head is None:
            if self._cycle.response_started:
                self._head = data
            else:  # 100 Continue, which the client is waiting for
                self._transport.write(data)
        elif self._head:
            head, self._head = self._head, b""
            if len(data) > _SMALL_BYTES:
                self._transport.write(head)
                self._transport.write(data)
            else:
                self._transport.write(head + data)
        else:
            self._transport.write(data)

    def finish(self, on_response: Callable[[], None]) -> None:
        """An answer may be a head alone: to HEAD, or with status 204 or 304."""
        self._flush()
        on_response()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head and not self._transport.is_closing():
            self._transport.write(self._head)
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
