"""Where the event loop meets the store's threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from millpond.store.contract import Reader, Store, Transaction

T = TypeVar("T")


class StoreAccess:
    """Reads and writes of a store, awaited.

    Writes of one commit come back to the loop in one go: waking it once for each of them would
    cost more than the writes.
    """

    def __init__(self, store: Store, read_threads: int) -> None:
        self.store = store
        self._readers = ThreadPoolExecutor(read_threads, thread_name_prefix="millpond-reader")
        self._done: list[tuple[asyncio.Future[Any], Future[Any]]] = []
        self._is_waking = False

    async def read(self, workspace: str, question: Callable[[Reader], T]) -> T:
        """Ask the store on a thread of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._ask, workspace, question)

    def write(
        self, workspace: str, action: Callable[[Transaction], T], size_bytes: int = 0
    ) -> "asyncio.Future[T]":
        """Queue an action; the future is done when it is on disk."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        written = self.store.write(workspace, action, size_bytes)
        written.add_done_callback(partial(self._finish, loop, waiter))
        return waiter

    def close(self) -> None:
        self._readers.shutdown()

    def _ask(self, workspace: str, question: Callable[[Reader], T]) -> T:
        with self.store.read(workspace) as reader:
            return question(reader)

    def _finish(
        self, loop: asyncio.AbstractEventLoop, waiter: "asyncio.Future[T]", written: "Future[T]"
    ) -> None:
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
                continue
            error = written.exception()
            if error is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(written.result())
