"""The shortest way from a socket to a call of the protocol and back.

A small request to an exact route, on a connection that has nothing else in hand, is answered
without ASGI: no task, no scope, no messages. On the hot path these cost more than the call itself.
Everything else goes the ordinary way (``transport``), to the same handlers.
"""

import asyncio
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Protocol

from millpond.api.dispatch import RequestCounter, Route
from millpond.api.errors import error_answer
from millpond.api.http import Handler, HeldRequest, Response
from millpond.errors import Unavailable

# Larger bodies are taken with flow control, the ordinary way.
MAX_DIRECT_BYTES = 1 << 20


class Connection(Protocol):
    """Where an exchange's answer goes."""

    def end_exchange(self, exchange: "Exchange", response: Response) -> None: ...


class DirectCalls:
    """The calls that may be answered directly, and those that are in hand.

    Calls begin together at the end of the turn of the event loop in which they arrived, so that
    each knows whether it is alone.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        prefix: str,
        allows_host: Callable[[bytes], bool],
        requests: RequestCounter,
    ) -> None:
        """routes: whose handlers answer with whole bodies, and wait for nothing but futures."""
        self.in_hand = 0
        self.allows_host = allows_host
        self._requests = requests
        self._handlers: dict[tuple[bytes, bytes], Handler] = {}
        for method, path, handler in routes:
            if "{" not in path:
                self._handlers[method.encode(), (prefix.rstrip("/") + path).encode()] = handler
        self._turn: list[Exchange] = []

    def find(self, method: bytes, url: bytes) -> Handler | None:
        return self._handlers.get((method, url))

    def begin(self, exchange: "Exchange", loop: asyncio.AbstractEventLoop, is_alone: bool) -> None:
        """Make the call and send its answer; at once if no other call can arrive in this turn."""
        self.in_hand += 1
        if is_alone:
            exchange.start()
            return
        if not self._turn:
            loop.call_soon(self._begin_turn)
        self._turn.append(exchange)

    def end(self, response: Response) -> None:
        self.in_hand -= 1
        self._requests.count(response.status)

    def _begin_turn(self) -> None:
        turn, self._turn = self._turn, []
        for exchange in turn:
            exchange.start()


class _NobodyWaits:
    """Stands where uvicorn wakes those that wait for more of a body."""

    def set(self) -> None:
        """Nobody waits: the body is there before the call begins."""


class Exchange:
    """One request and its answer. To uvicorn's protocol it looks like a cycle of its own."""

    __slots__ = (
        "_calls",
        "_connection",
        "_coroutine",
        "_handler",
        "body",
        "disconnected",
        "headers",
        "keep_alive",
        "response_complete",
    )
    message_event = _NobodyWaits()

    def __init__(
        self,
        connection: Connection,
        calls: DirectCalls,
        handler: Handler,
        headers: Mapping[bytes, bytes],
    ) -> None:
        self._connection = connection
        self._calls = calls
        self._handler = handler
        self._coroutine: Generator[Any, None, Response] | None = None
        self.headers = headers
        self.body = b""
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False

    def start(self) -> None:
        request = HeldRequest(self.headers, self.body)
        self._coroutine = self._handler(request).__await__()
        self._step()

    def _step(self, _waited_for: object = None) -> None:
        """Go on with the call until it waits for something, or is done."""
        assert self._coroutine is not None
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as stop:
            self._finish(stop.value)
        except asyncio.CancelledError:
            self._finish(error_answer(Unavailable("The server is shutting down.")))
        except Exception as error:
            self._finish(error_answer(error))
        else:
            # What a task does with a future that its coroutine waits for.
            waits_for._asyncio_future_blocking = False
            waits_for.add_done_callback(self._step)

    def _finish(self, response: Response) -> None:
        self._coroutine = None
        self._calls.end(response)
        self.response_complete = True
        self._connection.end_exchange(self, response)
