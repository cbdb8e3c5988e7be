"""uvicorn's protocol, with shorter ways for small requests and small answers."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from millpond.api.bodies import offer_body
from millpond.api.direct import MAX_DIRECT_BYTES, DirectCalls, Exchange
from millpond.api.http import Response

_SMALL_BYTES = 16_384


class OneWriteProtocol(HttpToolsProtocol):
    """Sends the head of an answer together with its body.

    uvicorn writes one after the other, and each write is a system call and a packet. For small
    answers that is half of what they cost.
    """

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        transport = _OneWrite(cycle)
        cycle.transport = transport  # type: ignore[assignment]
        cycle.on_response = partial(transport.finish, cycle.on_response)
        offer_body(self, cycle)
        super()._start_asgi_task(cycle, app)


class DirectProtocol(OneWriteProtocol):
    """Makes direct calls of the requests that can be; see ``direct``."""

    def __init__(self, *args: Any, direct_calls: DirectCalls, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._calls = direct_calls
        self._idle_since_s = 0.0
        # The request that is arriving, if it will be a direct call.
        self._arriving: Exchange | None = None

    def on_message_begin(self) -> None:
        # Making a scope is left to the requests that need one.
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._arriving = self._make_exchange()
        if self._arriving is not None:
            self.cycle = self._arriving  # type: ignore[assignment]
            return
        url, headers, expect_100_continue = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expect_100_continue
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._arriving is None:
            super().on_body(body)
        else:
            self._arriving.body += body

    def on_message_complete(self) -> None:
        if self._arriving is None:
            super().on_message_complete()
        else:
            arrived, self._arriving = self._arriving, None
            self._calls.begin(arrived, self.loop, is_alone=len(self.connections) == 1)

    def end_exchange(self, exchange: Exchange, response: Response) -> None:
        """Send the answer of a direct call, and go on with what else came on this connection."""
        if exchange.disconnected:
            return
        self.transport.write(response.encode(exchange.keep_alive))
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        self._idle_since_s = self.loop.time()
        if self.pipeline or self.timeout_keep_alive_task is None:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        super()._unset_keepalive_if_required()
        super().connection_lost(exc)

    def _unset_keepalive_if_required(self) -> None:
        # The timer stays and looks for itself: a new one for each request would cost more.
        self._idle_since_s = self.loop.time()

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if not self._is_idle():
            return
        left_s = self._idle_since_s + self.timeout_keep_alive - self.loop.time()
        if left_s <= 0:
            super().timeout_keep_alive_handler()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(
                left_s, self.timeout_keep_alive_handler
            )

    def _make_exchange(self) -> Exchange | None:
        """The request that is arriving as a direct call; None if it cannot be one."""
        handler = self._calls.find(self.parser.get_method(), self.url)
        if handler is None or self.flow.write_paused:
            return None
        if not self._is_idle():
            return None
        # Of a repeated header the first counts.
        headers = dict(reversed(self.headers))
        if not self._is_plain(headers) or not self._calls.allows_host(headers.get(b"host", b"")):
            return None
        return Exchange(self, self._calls, handler, headers)

    def _is_idle(self) -> bool:
        """Whether every request that came is answered."""
        last: RequestResponseCycle | None = self.cycle
        return last is None or last.response_complete

    def _is_plain(self, headers: dict[bytes, bytes]) -> bool:
        """Whether the request is of the usual kind: its body is small and will simply arrive."""
        length = headers.get(b"content-length", b"")
        return (
            length.isdigit()
            and int(length) <= MAX_DIRECT_BYTES
            and not self.expect_100_continue
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        )


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
