"""From a datastore's record to a store that is open."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from millpond.artifacts.contract import ArtifactStore
from millpond.artifacts.folder import FolderStore
from millpond.artifacts.threads import Threads
from millpond.domain.datastores import Datastore, Kind, folder_path
from millpond.errors import Unavailable


class Opener:
    """Opens datastores; what their uploads in parts need is in one folder."""

    def __init__(self, staging: Path, threads: int) -> None:
        """staging: a folder for the bytes of uploads in parts, the same for servers on one disk.

        threads: how many file operations run at a time in each folder, and for all buckets.
        """
        self._staging = staging
        self._thread_count = threads
        self._threads = Threads(threads)

    def open(self, datastore: Datastore, credentials: Mapping[str, str]) -> ArtifactStore:
        """Raises InvalidParameter for what cannot be, Unavailable for a folder that cannot be used.

        A bucket is not asked for anything yet.
        """
        if datastore.kind is not Kind.FOLDER:
            open_bucket = importlib.import_module("millpond.artifacts.buckets").open_bucket
            staging = self._staging / datastore.name
            store: ArtifactStore = open_bucket(datastore, credentials, staging, self._threads)
            return store
        try:
            return FolderStore(Path(folder_path(datastore.uri)), self._thread_count)
        except OSError as error:
            raise Unavailable(
                f"The folder of datastore '{datastore.name}' cannot be used: {error.strerror}."
            ) from None

    def close(self) -> None:
        self._threads.close()
