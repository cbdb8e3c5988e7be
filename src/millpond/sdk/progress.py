"""How far a transfer is, shown to whoever waits for it."""

import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Progressed(Protocol):
    """What a transfer tells; several threads tell at the same time."""

    def __call__(self, done_bytes: int) -> None:
        """So many bytes more are done, or, below 0, to be done again."""


class Bar(AbstractContextManager["Bar"]):
    """A bar on standard error, if that is a terminal."""

    def __init__(self, title: str, total_bytes: int, is_shown: bool = True) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            disable=not (is_shown and sys.stderr.isatty()),
        )
        self._task = self._bar.add_task(title, total=total_bytes)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, done_bytes: int) -> None:
        self._bar.update(self._task, advance=done_bytes)
