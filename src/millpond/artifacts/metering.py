"""How much a workspace keeps, against how much it may."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from millpond.domain.datastores import StorageRules
from millpond.errors import QuotaExceeded, RequestTooLarge

# What another server of the same store has changed is seen after so long, and what this one has
# counted is written down.
_STALE_S = 2.0
_FLUSH_S = 1.0


class Counts(Protocol):
    """Where rules and counts are kept."""

    async def storage(self) -> tuple[StorageRules, Mapping[str, int]]:
        """The workspace's rules, and how many bytes each datastore holds."""
        ...

    async def count(self, changes: Mapping[str, int]) -> None: ...


class Meter:
    """Counts the files of one workspace, and refuses what is too much.

    Counts are written down a second later, so that small files cost no transaction each. What a
    crash loses of them, ``millpond datastore check`` finds.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._rules = StorageRules()
        self._used: Counter[str] = Counter()
        self._read_s = 0.0
        self._arriving_bytes = 0
        # Counted and not yet written down; then being written down.
        self._pending: Counter[str] = Counter()
        self._writing: Counter[str] = Counter()
        self._flushing: asyncio.Task[None] | None = None

    async def rules(self) -> StorageRules:
        await self._refresh()
        return self._rules

    def forget(self) -> None:
        """Read the rules again before they are next applied."""
        self._read_s = 0.0

    async def admit(self, size_bytes: int | None) -> None:
        """Raises RequestTooLarge, QuotaExceeded for a file that is known to be too large."""
        await self._refresh()
        if size_bytes is not None:
            self._check(size_bytes, size_bytes)

    async def admit_kept(self, size_bytes: int) -> None:
        """The same for a file that is counted already."""
        await self._refresh()
        self._check(size_bytes, 0)

    def limited(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The chunks, until they are too much; they then raise what ``admit`` does."""
        if self._rules.max_file_bytes is None and self._rules.quota_bytes is None:
            return chunks
        return self._limited(chunks)

    def count(self, datastore: str, change_bytes: int) -> None:
        """Note that a datastore holds so much more, or less."""
        if not change_bytes:
            return
        self._pending[datastore] += change_bytes
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.ensure_future(self._flush_soon())

    def unwritten(self) -> "Counter[str]":
        """What was counted and is not yet in the database, by datastore."""
        both = self._pending.copy()
        both.update(self._writing)
        return both

    def take_pending(self) -> dict[str, int]:
        """What is counted but not written down, for whoever writes it at the end."""
        pending, self._pending = self._pending, Counter()
        return dict(pending)

    async def _limited(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                self._arriving_bytes += len(chunk)
                self._check(size, self._arriving_bytes)
                yield chunk
        finally:
            self._arriving_bytes -= size

    def _check(self, file_bytes: int, new_bytes: int) -> None:
        limit, quota = self._rules.max_file_bytes, self._rules.quota_bytes
        if limit is not None and file_bytes > limit:
            raise RequestTooLarge(
                f"The file is larger than this workspace allows: {limit} bytes. Nothing was stored."
            )
        used = self._used.total() + self.unwritten().total()
        if quota is not None and used + new_bytes > quota:
            raise QuotaExceeded(
                f"The workspace holds {used} of the {quota} bytes of its quota, and this file "
                "would be too much. Nothing was stored. Delete what is not needed, or have the "
                "quota raised."
            )

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_s < _STALE_S:
            return
        self._read_s = time.monotonic()
        self._rules, used = await self._counts.storage()
        self._used = Counter(used)

    async def _flush_soon(self) -> None:
        while self._pending:
            await asyncio.sleep(_FLUSH_S)
            self._writing = Counter(self.take_pending())
            try:
                await self._counts.count(dict(self._writing))
            except Exception:
                # The store is full, or closing: next time.
                self._pending.update(self._writing)
                return
            finally:
                written, self._writing = self._writing, Counter()
            self._used.update(written)
