"""The answer of a write that may not be on disk yet."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar, cast

T = TypeVar("T")

# One lock for all: it is held for a few instructions, and a lock each would cost more than the
# rest of a small write. That is also why this is not concurrent.futures.Future.
_lock = threading.Lock()


class Pending(Generic[T]):
    """A result or an error that comes from another thread, once."""

    __slots__ = ("_arrived", "_callback", "_error", "_is_done", "_result")

    def __init__(self) -> None:
        self._is_done = False
        self._result: T | None = None
        self._error: BaseException | None = None
        self._callback: Callable[[Pending[T]], None] | None = None
        self._arrived: threading.Event | None = None

    def done(self) -> bool:
        return self._is_done

    def result(self, timeout_s: float | None = None) -> T:
        """Wait for the answer. Raises what the action raised, or TimeoutError."""
        self._wait(timeout_s)
        if self._error is not None:
            raise self._error
        return cast(T, self._result)

    def exception(self, timeout_s: float | None = None) -> BaseException | None:
        """Wait for the answer, and say what the action raised, if it did."""
        self._wait(timeout_s)
        return self._error

    def when_done(self, callback: "Callable[[Pending[T]], None]") -> None:
        """Call back with this when the answer is there, on the thread that brings it.

        There is one callback; if the answer is there already it is called at once.
        """
        with _lock:
            if not self._is_done:
                self._callback = callback
                return
        callback(self)

    def set_result(self, result: T) -> None:
        self._result = result
        self._finish()

    def set_exception(self, error: BaseException) -> None:
        self._error = error
        self._finish()

    def _finish(self) -> None:
        with _lock:
            self._is_done = True
            arrived, callback = self._arrived, self._callback
        if arrived is not None:
            arrived.set()
        if callback is not None:
            callback(self)

    def _wait(self, timeout_s: float | None) -> None:
        with _lock:
            if self._is_done:
                return
            if self._arrived is None:
                self._arrived = threading.Event()
        if not self._arrived.wait(timeout_s):
            raise TimeoutError("the write is not on disk yet")
