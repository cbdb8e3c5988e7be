"""Where files are waited for: a few threads beside the event loop."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A pool for file operations. Nothing it was given goes on unseen when its caller is gone."""

    def __init__(self, count: int) -> None:
        """count: how many operations run at a time."""
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="artifacts")

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        return self._pool.submit(work, *args, **kwargs)

    def start(
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "asyncio.Future[T]":
        return asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work returns. Cancelled, this still returns only when the work has ended."""
        working = self.start(work, *args, **kwargs)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await working
            raise

    async def run_to_end(
        self, work: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do what cleans up after a failure, whose own failure would only hide it."""
        working = self.start(work, *args, **kwargs)
        with contextlib.suppress(Exception):
            await asyncio.shield(working)

    def close(self) -> None:
        """Wait for all that was begun."""
        self._pool.shutdown(wait=True)
