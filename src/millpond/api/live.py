"""New points as they are committed: server-sent events, one stream for each who follows.

A stream holds no points. It remembers a position in the store's log and reads on from there, as
fast as its client takes them; so nothing grows if a client is slow, and who comes back with the
last position goes on where he was. That also holds for several servers on one database.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence

import msgspec

from millpond.api.waiting import StoreAccess
from millpond.domain.charts import SeriesName
from millpond.domain.paging import decode_token, encode_token
from millpond.errors import InvalidParameter
from millpond.store.contract import DEFAULT_WORKSPACE, Tail
from millpond.wire.charts import tail_answer

_log = logging.getLogger("millpond.api")

PERIOD_S = 0.2
"""How often the log is looked at while someone follows."""
HEARTBEAT_S = 15.0
RETRY_MS = 2_000
_WRITES_AT_ONCE = 100
_QUESTION = "log"


def encode_cursor(position: int) -> str:
    return encode_token(_QUESTION, [position])


def decode_cursor(cursor: str) -> int:
    """Raises InvalidParameter unless a server gave it."""
    match decode_token(cursor, _QUESTION, 1):
        case [int(position)]:
            return position
    raise InvalidParameter(f"Invalid cursor {cursor[:200]!r}: it is not one that this server gave.")


class LiveTails:
    """All streams of this server, and the one look at the log that they share."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access
        self._followers = 0
        self._end = -1
        self._moved = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._is_closed = False

    def close(self) -> None:
        """End all streams."""
        self._is_closed = True
        self._moved.set()

    async def log_end(self) -> int:
        return await self._access.read(DEFAULT_WORKSPACE, lambda reader: reader.log_end())

    async def events(self, names: Sequence[SeriesName], position: int) -> AsyncIterator[bytes]:
        """The stream of what is new in these series after a position."""
        loop = asyncio.get_running_loop()
        self._arrive()
        try:
            yield b"retry: %d\n%s\n\n" % (RETRY_MS, _id(position))
            told_s = loop.time()
            while not self._is_closed:
                tail = await self._tail(names, position)
                if tail is None:
                    yield b"event: reset\ndata: {}\n\n"
                    return
                position = tail.position
                if tail.points:
                    yield _points_event(tail)
                    told_s = loop.time()
                elif loop.time() >= told_s + HEARTBEAT_S:
                    # Nothing came, and the position may have moved on all the same.
                    yield b": still here\n%s\n\n" % _id(position)
                    told_s = loop.time()
                if tail.is_all:
                    await self._wait_beyond(position, told_s + HEARTBEAT_S)
        finally:
            self._leave()

    async def _tail(self, names: Sequence[SeriesName], position: int) -> Tail | None:
        return await self._access.read(
            DEFAULT_WORKSPACE, lambda reader: reader.points_since(position, names, _WRITES_AT_ONCE)
        )

    async def _wait_beyond(self, position: int, limit_s: float) -> None:
        """Wait until the log goes on behind the position, or until that time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(limit_s):
                while self._end <= position and not self._is_closed:
                    await self._moved.wait()

    def _arrive(self) -> None:
        self._followers += 1
        if self._watch is None or self._watch.done():
            self._end = -1
            self._moved = asyncio.Event()
            self._watch = asyncio.get_running_loop().create_task(self._keep_watch())

    def _leave(self) -> None:
        self._followers -= 1

    async def _keep_watch(self) -> None:
        while self._followers and not self._is_closed:
            try:
                end = await self.log_end()
            except Exception:
                # Whoever follows asks by himself with the next heartbeat, and has the error.
                _log.warning("the log of points cannot be looked at", exc_info=True)
                end = self._end
            if end != self._end:
                self._end = end
                moved, self._moved = self._moved, asyncio.Event()
                moved.set()
            await asyncio.sleep(PERIOD_S)


def _id(position: int) -> bytes:
    return b"id: " + encode_cursor(position).encode()


def _points_event(tail: Tail) -> bytes:
    data = msgspec.json.encode(tail_answer(tail.points))
    return b"%s\nevent: points\ndata: %s\n\n" % (_id(tail.position), data)
