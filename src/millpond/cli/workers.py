"""Several processes that serve one listening socket, and the one that looks after them."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from millpond.errors import MillpondError, Unavailable

_log = logging.getLogger("millpond.server")

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A worker that ends sooner than this has a trouble that trying at once again will not cure.
_QUICK_END_S = 5.0

Serve = Callable[[Callable[[], None]], None]
"""Serves until a signal says stop; calls what it is given when it is ready for requests."""


class Workers:
    """Starts the processes, replaces one that dies, and stops all when told to stop."""

    def __init__(self, count: int, serve: Serve) -> None:
        """serve: run in each process."""
        self._count = count
        self._serve = serve
        self._started_s: dict[int, float] = {}
        self._is_stopping = False
        # Only this process holds the other end, so reading from it ends when this process does.
        self._lifeline, self._held = os.pipe()

    def run(self, announce: Callable[[], None]) -> None:
        """Return when all have ended. Raises Unavailable if one cannot start."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        try:
            # One after another: the first makes or upgrades the tables.
            for _ in range(self._count):
                self._start()
            announce()
            while self._started_s:
                self._replace(*os.wait())
        finally:
            self._stop()
            while self._started_s:
                self._started_s.pop(os.wait()[0], None)

    def _stop(self, number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        self._is_stopping = True
        for pid in self._started_s:
            os.kill(pid, signal.SIGTERM)

    def _start(self) -> None:
        if self._is_stopping:
            return
        reading, writing = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._work(writing)
        os.close(writing)
        self._started_s[pid] = time.monotonic()
        is_ready = os.read(reading, 1) == b"1"
        os.close(reading)
        if not is_ready and not self._is_stopping:
            os.waitpid(pid, 0)
            del self._started_s[pid]
            raise Unavailable("A worker could not start; what it said stands above.")

    def _work(self, writing: int) -> None:
        """The life of a worker."""
        status = 1
        try:
            os.close(self._held)
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            threading.Thread(target=self._follow, name="millpond-lifeline", daemon=True).start()
            self._serve(lambda: _say_ready(writing))
            status = 0
        except MillpondError as error:
            print(f"millpond: {error.message}", file=sys.stderr)
        except BaseException:
            _log.exception("a worker failed")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _follow(self) -> None:
        """End when the first process ends, however it does."""
        os.read(self._lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _replace(self, pid: int, status: int) -> None:
        started_s = self._started_s.pop(pid)
        if self._is_stopping:
            return
        _log.error("worker %d ended (%s); another takes its place", pid, _ending(status))
        if time.monotonic() - started_s < _QUICK_END_S:
            time.sleep(1)
        while len(self._started_s) < self._count and not self._is_stopping:
            try:
                self._start()
            except Unavailable as error:
                _log.error(error.message)
                time.sleep(1)


def _say_ready(writing: int) -> None:
    os.write(writing, b"1")
    os.close(writing)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
