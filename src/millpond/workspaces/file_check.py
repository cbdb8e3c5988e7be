"""Whether files and records agree: files whose run is gone, records whose files are missing."""

import re
from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct

from millpond.artifacts.contract import ArtifactStore
from millpond.artifacts.paths import join
from millpond.errors import DoesNotExist
from millpond.store.storage import FileOwner

_RUN = re.compile(r"[0-9a-f]{32}")
_MODEL = re.compile(r"m-[0-9a-f]{32}")
_EXPERIMENT = re.compile(r"[0-9]+")


class Orphan(Struct, frozen=True):
    """A folder of a run or model that there is no record of, not even in the bin."""

    path: str
    files: int
    size_bytes: int


class MissingFile(Struct, frozen=True):
    """A file that a run says it logged, and that is not there."""

    run_id: str
    path: str


class CheckReport(Struct, frozen=True):
    """What a check of one datastore found."""

    datastore: str
    files: int
    size_bytes: int
    orphans: list[Orphan]
    missing: list[MissingFile]


class _Owners:
    """Tells by a file's path whose it is, if it lies where runs and models keep theirs."""

    def __init__(self, locations: Iterable[str]) -> None:
        self._locations = set(locations)

    def owner(self, path: str) -> tuple[str, str] | None:
        """The owner's id and its folder. Files that users put beside those are nobody's."""
        names = path.split("/")
        for place in range(len(names) - 1):
            location = "/".join(names[:place])
            # The number of an experiment that is gone with all its runs says what it was.
            if location not in self._locations and not (
                place == 1 and _EXPERIMENT.fullmatch(location)
            ):
                continue
            if _RUN.fullmatch(names[place]):
                return names[place], "/".join(names[: place + 1])
            if names[place] == "models" and _MODEL.fullmatch(names[place + 1]):
                return names[place + 1], "/".join(names[: place + 2])
        return None


async def check_files(
    datastore: str,
    store: ArtifactStore,
    read_locations: Callable[[], Awaitable[list[str]]],
    read_owners: Callable[[], Awaitable[list[FileOwner]]],
    path_in: Callable[[str], Awaitable[str | None]],
) -> CheckReport:
    """Compare a datastore's files with the runs and models of its workspace.

    read_locations: the artifact locations of all experiments; read_owners: every run and model.
    path_in: from an artifact URI to its path in this datastore; None if it is elsewhere. Nothing
    that is being logged meanwhile is taken for an orphan: records come before files, and are read
    after them.
    """
    places = [await path_in(uri) for uri in await read_locations()]
    owners = _Owners(place for place in places if place is not None)
    expected: dict[str, MissingFile] = {}
    for whose in await read_owners():
        root = await path_in(whose.artifact_uri) if whose.expects else None
        for name in whose.expects if root is not None else ():
            expected[join(root or "", name)] = MissingFile(whose.owner_id, name)
    files = size = 0
    found: dict[str, Orphan] = {}
    ids: dict[str, str] = {}
    async for entry in store.walk(""):
        files += 1
        size += entry.size_bytes
        expected.pop(entry.path, None)
        if owner := owners.owner(entry.path):
            owner_id, folder = owner
            ids[folder] = owner_id
            known = found.get(folder, Orphan(folder, 0, 0))
            found[folder] = Orphan(folder, known.files + 1, known.size_bytes + entry.size_bytes)
    recorded = {whose.owner_id for whose in await read_owners()}
    orphans = [found[folder] for folder in sorted(found) if ids[folder] not in recorded]
    missing = [m for path, m in sorted(expected.items()) if await _is_missing(store, path)]
    return CheckReport(datastore, files, size, orphans, missing)


async def _is_missing(store: ArtifactStore, path: str) -> bool:
    """Looked at again: it may have come while the others were walked."""
    try:
        file = await store.open(path, 0, 0)
    except DoesNotExist:
        return True
    await file.aclose()
    return False
