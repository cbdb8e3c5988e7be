"""Runs and logged models leave the bin for good, and their files with them.

The rows of one go in a transaction that notes where its files are; the files are deleted after it,
and then the note goes. So a kill at any moment leaves at most a note, with which the next server
goes on. Several may be at it at once: a run is purged by one of them, and files that two delete
are deleted once.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import TypeVar

from msgspec import Struct

from millpond.artifacts.contract import ArtifactStore
from millpond.domain.audit import AuditEntry
from millpond.errors import BadRequest, DoesNotExist, InvalidParameter
from millpond.store.contract import Reader, Store, Transaction
from millpond.store.retention import Binned, PurgedFiles

T = TypeVar("T")
PathOf = Callable[[str], Awaitable[str]]

DAY_MS = 86_400_000
_log = logging.getLogger("millpond.retention")

# What is looked at in one go, and how long one transaction purges at most (it finishes what it is
# at). Between two of them others write.
_BATCH = 64
_LONGEST_S = 0.02
_PAUSE_S = 0.02
# For so long nobody else deletes the files that somebody has taken, and those that could not be
# deleted are left alone.
_LEASE_MS = 60_000
_RETRY_MS = 600_000
# How soon after the start the bin is looked through first, and how often then. A retention shorter
# than a day is held to within a part of itself.
_FIRST_S = 300.0
_PERIOD_S = 3_600.0
_SHORTEST_PERIOD_S = 1.0
_LOOKS_PER_RETENTION = 24


class Purged(Struct):
    """What left the bin, or would: how many runs, models, and bytes of files."""

    runs: int = 0
    models: int = 0
    freed_bytes: int = 0


Progress = Callable[[Purged], None]
"""Told what was done so far."""


def purge(
    binned: Sequence[Binned], are_runs: bool, before_ms: int, who: str, now_ms: int
) -> Callable[[Transaction], tuple[int, int]]:
    """Remove those that are still in the bin since long enough, as many as a short time allows.

    Returns how many of them were looked at, at least one, and how many of these removed.
    """

    def act(tx: Transaction) -> tuple[int, int]:
        stop_s = time.monotonic() + _LONGEST_S
        looked_at = count = 0
        for one in binned:
            remove = tx.purge_run if are_runs else tx.purge_model
            if remove(one.owner_id, before_ms):
                action = "run.purge" if are_runs else "model.purge"
                tx.add_audit_entry(AuditEntry(now_ms, who, action, one.owner_id, one.artifact_uri))
                count += 1
            looked_at += 1
            if time.monotonic() > stop_s:
                break
        return looked_at, count

    return act


class Sweeper:
    """Sweeps the bin of one workspace."""

    def __init__(
        self,
        store: Store,
        workspace: str,
        files: ArtifactStore,
        path_of: PathOf,
        now_ms: Callable[[], int],
    ) -> None:
        """path_of: from an artifact URI to its path in ``files``; see ``Places.path_at``."""
        self._store = store
        self._workspace = workspace
        self._files = files
        self._path_of = path_of
        self._now_ms = now_ms

    async def run(self, retention_days: float) -> None:
        """Sweep now and then, until cancelled. retention_days: 0 if nothing is to be purged."""
        period_s = _PERIOD_S
        if retention_days:
            period_s = min(period_s, retention_days * DAY_MS / 1_000 / _LOOKS_PER_RETENTION)
        period_s = max(period_s, _SHORTEST_PERIOD_S)
        await asyncio.sleep(min(period_s, _FIRST_S))
        is_failing = False
        while True:
            try:
                await self.delete_files()
                if retention_days:
                    await self.sweep(int(retention_days * DAY_MS))
                is_failing = False
            except Exception as error:
                # The store is full, say, or gone. What lies there can lie longer.
                if not is_failing:
                    _log.error("the bin is not swept, and will be tried again: %s", error)
                is_failing = True
            await asyncio.sleep(period_s)

    async def sweep(self, age_ms: int, tell: Progress = lambda purged: None) -> Purged:
        """Purge what is in the bin for so long, and delete its files."""
        purged = Purged()
        before_ms = max(0, self._now_ms() - age_ms)
        for are_runs in (True, False):
            async for binned in self._binned(are_runs, before_ms):
                while binned:
                    action = purge(binned, are_runs, before_ms, "", self._now_ms())
                    looked_at, count = await self._write(action)
                    binned = binned[looked_at:]
                    if are_runs:
                        purged.runs += count
                    else:
                        purged.models += count
                    if count:
                        purged.freed_bytes += await self.delete_files()
                        tell(purged)
        return purged

    async def measure(self, age_ms: int, tell: Progress = lambda purged: None) -> Purged:
        """What ``sweep`` would do; nothing is changed."""
        found = Purged()
        for are_runs in (True, False):
            async for binned in self._binned(are_runs, max(0, self._now_ms() - age_ms)):
                for one in await self._read(partial(_unneeded, binned)):
                    if are_runs:
                        found.runs += 1
                    else:
                        found.models += 1
                    folder = await self._folder_of(one.owner_id, one.artifact_uri)
                    if folder is not None:
                        async for entry in self._files.walk(folder):
                            found.freed_bytes += entry.size_bytes
                tell(found)
        return found

    async def delete_files(self) -> int:
        """Delete the files of what was purged, now or before a crash; how many bytes that frees."""
        freed = 0
        while await self._read(lambda reader: reader.purged_files(self._now_ms(), 1)):
            for purged in await self._write(_take(self._now_ms())):
                try:
                    freed += await self._delete(purged)
                except Exception as error:
                    # A disk that is away, say. The others need not wait for it.
                    _log.warning(
                        "the files at %s are not deleted yet: %s", purged.artifact_uri, error
                    )
                    retry_ms = self._now_ms() + _RETRY_MS
                    hold = methodcaller("hold_purged_files", purged.number, retry_ms)
                    await self._write(hold)
        return freed

    async def _delete(self, purged: PurgedFiles) -> int:
        number, now_ms = purged.number, self._now_ms()
        why = "it is in none of this server's datastores"
        folder = await self._folder_of(purged.owner_id, purged.artifact_uri)
        if folder is not None:
            try:
                freed = await self._files.delete(folder)
            except DoesNotExist as error:
                why = error.message
            else:
                await self._write(lambda tx: tx.forget_purged_files(number))
                return freed

        def leave(tx: Transaction) -> None:
            if tx.forget_purged_files(number):
                tx.add_audit_entry(AuditEntry(now_ms, "", "files.leave", purged.artifact_uri, why))

        await self._write(leave)
        return 0

    async def _folder_of(self, owner_id: str, artifact_uri: str) -> str | None:
        """The folder that was made for this run or model alone; None if the server has none."""
        try:
            path = await self._path_of(artifact_uri)
        except (BadRequest, InvalidParameter):
            return None
        names = path.split("/")
        if owner_id not in names:
            # Whose it is cannot be told, and it may be a root.
            return None
        last = len(names) - names[::-1].index(owner_id)
        return "/".join(names[:last])

    async def _binned(self, are_runs: bool, before_ms: int) -> AsyncIterator[Sequence[Binned]]:
        """All in the bin since then, some at a time, with a rest after each."""
        last: Binned | None = None

        def look(reader: Reader) -> Sequence[Binned]:
            find = reader.binned_runs if are_runs else reader.binned_models
            return find(before_ms, _BATCH, last)

        while binned := await self._read(look):
            yield binned
            last = binned[-1]
            await asyncio.sleep(_PAUSE_S)

    async def _read(self, question: Callable[[Reader], T]) -> T:
        def ask() -> T:
            with self._store.read(self._workspace) as reader:
                return question(reader)

        return await asyncio.to_thread(ask)

    async def _write(self, action: Callable[[Transaction], T]) -> T:
        def do() -> T:
            return self._store.write(self._workspace, action).result()

        return await asyncio.to_thread(do)


def _unneeded(binned: Sequence[Binned], reader: Reader) -> Sequence[Binned]:
    return [one for one in binned if not reader.is_needed(one.owner_id, one.artifact_uri)]


def _take(now_ms: int) -> Callable[[Transaction], Sequence[PurgedFiles]]:
    """Files to be deleted that nobody is at, for whoever runs this."""

    def act(tx: Transaction) -> Sequence[PurgedFiles]:
        taken = tx.purged_files(now_ms, _BATCH)
        for purged in taken:
            tx.hold_purged_files(purged.number, now_ms + _LEASE_MS)
        return taken

    return act
