"""Small files on their way into a folder store: all that arrive meanwhile in one go.

One thread stages them one after the other, and one write to the log makes them durable together:
threads that each wait for their own file would mostly wait for each other.
"""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from itertools import groupby

from millpond.artifacts.contract import Kept
from millpond.artifacts.file_log import Entry, FileLog
from millpond.artifacts.folder_upload import Upload
from millpond.artifacts.threads import Threads


class _SmallFile:
    """An upload, its bytes, and who waits for it."""

    def __init__(self, upload: Upload, content: bytes, told: "asyncio.Future[Kept]") -> None:
        self.upload = upload
        self.content = content
        self.told = told
        self.outcome: Kept | Exception | None = None


class SmallFiles:
    """The small files of one store."""

    def __init__(self, log: FileLog, threads: Threads) -> None:
        self._log = log
        self._threads = threads
        self._waiting: list[_SmallFile] = []
        self._is_busy = False
        self._lock = threading.Lock()

    def keep(self, upload: Upload, content: bytes) -> "asyncio.Future[Kept]":
        """What became of it, as ``Upload.publish`` says. To be called in the event loop."""
        file = _SmallFile(upload, content, asyncio.get_running_loop().create_future())
        with self._lock:
            self._waiting.append(file)
            if not self._is_busy:
                self._is_busy = True
                self._threads.submit(self._work)
        return file.told

    def _work(self) -> None:
        """Keep what waits, until nothing does."""
        while True:
            with self._lock:
                files, self._waiting = self._waiting, []
                if not files:
                    self._is_busy = False
                    return
            self._keep_all(files)
            for loop, its_files in groupby(files, key=lambda file: file.told.get_loop()):
                # A loop that is closed has nobody left to tell.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(_tell, list(its_files))

    def _keep_all(self, files: Sequence[_SmallFile]) -> None:
        entries: list[tuple[_SmallFile, Entry]] = []
        for file in files:
            try:
                entries.append((file, file.upload.stage(file.content)))
            except Exception as error:
                file.outcome = error
        self._log.append_all([entry for _, entry in entries])
        for file, entry in entries:
            try:
                file.outcome = file.upload.kept(entry)
            except Exception as error:
                file.outcome = error


def _tell(files: Sequence[_SmallFile]) -> None:
    for file in files:
        if file.told.done():
            continue
        if isinstance(file.outcome, Kept):
            file.told.set_result(file.outcome)
        elif file.outcome is not None:
            file.told.set_exception(file.outcome)
