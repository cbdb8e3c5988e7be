"""The shortest way to put files into a store and get them back."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import TypeVar

from millpond.artifacts.contract import ArtifactStore

T = TypeVar("T")


class CutOff(Exception):
    """The client's connection broke in the middle of an upload."""


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(_await(work))


async def _await(work: Coroutine[object, object, T]) -> T:
    return await work


async def chunks(*parts: bytes, cut_off: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if cut_off:
        raise CutOff


async def read(store: ArtifactStore, path: str, start: int = 0, end: int | None = None) -> bytes:
    file = await store.open(path, start, end)
    try:
        return b"".join([chunk async for chunk in file])
    finally:
        await file.aclose()


async def names(store: ArtifactStore, path: str = "") -> list[str]:
    return [entry.path for entry in await store.list_folder(path)]
