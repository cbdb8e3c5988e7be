"""What a store promises about its bin: what lies there since when, and removing it for good."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from millpond.domain.datastores import SCHEME, unmounted
from millpond.domain.registry import ModelVersion


class Binned(Struct, frozen=True, order=True):
    """A run or logged model in the bin: since when, its id, and where its files are."""

    since_ms: int
    owner_id: str
    artifact_uri: str


class PurgedFiles(Struct, frozen=True):
    """What is still to be deleted of a run or logged model that is gone: its files."""

    number: int
    owner_id: str
    artifact_uri: str


class RetentionReader(Protocol):
    """A part of ``contract.Reader``."""

    def binned_runs(
        self, before_ms: int, limit: int, after: Binned | None = None
    ) -> Sequence[Binned]:
        """Runs that are in the bin since this moment or longer, the longest first, then by id.

        after: only those behind this one.
        """

    def binned_models(
        self, before_ms: int, limit: int, after: Binned | None = None
    ) -> Sequence[Binned]:
        """The same of logged models; they are in the bin since their last change."""

    def is_needed(self, owner_id: str, artifact_uri: str) -> bool:
        """Whether a registered version names this run or logged model, or a place in its files."""

    def purged_files(self, now_ms: int, limit: int) -> Sequence[PurgedFiles]:
        """Files to be deleted that nobody holds at this moment, in the order of their numbers."""


class RetentionWriter(Protocol):
    """A part of ``contract.Transaction``."""

    def purge_run(self, run_id: str, before_ms: int) -> bool:
        """Remove a run and all it logged for good, and note its files to be deleted.

        False, and nothing is changed, unless it is in the bin since this moment or longer and no
        registered version needs it. What it measured on logged models goes too. No number that it
        had is given out again.
        """

    def purge_model(self, model_id: str, before_ms: int) -> bool:
        """The same of a logged model; runs go on saying that they read or made it."""

    def hold_purged_files(self, number: int, until_ms: int) -> None:
        """Nobody else finds these before that moment."""

    def forget_purged_files(self, number: int) -> bool:
        """They are deleted, or shall stay; whether that was still to be done."""


def spellings(artifact_uri: str) -> Sequence[str]:
    """How the source of a version that says nothing of its run or model may name a place."""
    place = artifact_uri.rstrip("/")
    scheme, _, path = place.partition(":")
    if scheme != "mlflow-artifacts":
        return (place,)
    name, below = unmounted(path.lstrip("/"))
    return place, f"{SCHEME}://{name}/{below}"


def needs(version: ModelVersion, owner_id: str, artifact_uri: str) -> bool:
    """See ``RetentionReader.is_needed``."""
    if owner_id in (version.run_id, version.model_id):
        return True
    return any(
        source == place or source.startswith(f"{place}/")
        for place in spellings(artifact_uri)
        for source in (version.source, version.storage_location)
    )
