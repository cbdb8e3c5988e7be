"""Where the event loop meets the store's threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from millpond.store.contract import Reader, Store, Transaction
from millpond.store.pending import Pending

T = TypeVar("T")


class _Write(Struct):
    waiter: asyncio.Future[Any]
    workspace: str
    action: Callable[[Transaction], Any]
    size_bytes: int


class StoreAccess:
    """Reads and writes of a store, awaited.

    Writes are handed to the store once a turn of the loop, and those of one commit come back in
    one go: waking a thread for each of them would cost more than the writes. The write of a
    request that is alone is done on the spot if the store thinks that is quicker.
    """

    def __init__(self, store: Store, read_threads: int) -> None:
        self.store = store
        # How many requests the server has in hand; unless it says, there may always be others.
        self.requests_in_hand: Callable[[], int] = lambda: 2
        self._readers = ThreadPoolExecutor(read_threads, thread_name_prefix="millpond-reader")
        self._turn: list[_Write] = []
        self._done: list[tuple[asyncio.Future[Any], Pending[Any]]] = []
        self._is_waking = False

    async def read(self, workspace: str, question: Callable[[Reader], T]) -> T:
        """Ask the store on a thread of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._ask, workspace, question)

    async def write(
        self, workspace: str, action: Callable[[Transaction], T], size_bytes: int = 0
    ) -> T:
        """Have the store perform an action, and return when it is on disk."""
        if self.requests_in_hand() == 1:
            written = self.store.write_here(workspace, action)
            if written is not None:
                return written.result()
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        if not self._turn:
            loop.call_soon(self._end_turn, loop)
        self._turn.append(_Write(waiter, workspace, action, size_bytes))
        return await waiter

    def close(self) -> None:
        self._readers.shutdown()

    def _ask(self, workspace: str, question: Callable[[Reader], T]) -> T:
        with self.store.read(workspace) as reader:
            return question(reader)

    def _end_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        turn, self._turn = self._turn, []
        for write in turn:
            try:
                written = self.store.write(write.workspace, write.action, write.size_bytes)
            except Exception as error:
                write.waiter.set_exception(error)
            else:
                written.when_done(partial(self._finish, loop, write.waiter))

    def _finish(
        self, loop: asyncio.AbstractEventLoop, waiter: "asyncio.Future[T]", written: Pending[T]
    ) -> None:
        """On the writer's thread: have the loop told, unless it is about to be already."""
        self._done.append((waiter, written))
        if not self._is_waking:
            self._is_waking = True
            loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # Cleared first: what is appended from here on wakes the loop again.
        self._is_waking = False
        done, self._done = self._done, []
        for waiter, written in done:
            if waiter.done():
                # The client went away; what it asked for is done all the same.
                continue
            error = written.exception()
            if error is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(written.result())
