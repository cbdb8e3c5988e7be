"""What a store promises about datastores, what they hold, and the audit log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from millpond.domain.audit import AuditEntry
from millpond.domain.datastores import Datastore, StorageRules


class FileOwner(Struct, frozen=True):
    """A run or a logged model, active or deleted, and where its files are.

    expects: files that must be there, relative to it, as its own record says.
    """

    owner_id: str
    artifact_uri: str
    expects: tuple[str, ...] = ()


# The tags in which MLflow's clients write down which files they logged.
FILE_TAGS = ("mlflow.loggedArtifacts", "mlflow.log-model.history")


def expected_files(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The files that must be there by a run's tags: tables, and models of MLflow 2."""
    tables, models = (_entries(tags.get(key)) for key in FILE_TAGS)
    found = [str(entry["path"]) for entry in tables if entry.get("path")]
    found += [
        f"{entry['artifact_path']}/MLmodel"
        for entry in models
        # A model of MLflow 3 is a record of its own, and its files are not the run's.
        if entry.get("artifact_path") and not str(entry["artifact_path"]).startswith("models:")
    ]
    return tuple(dict.fromkeys(found))


def _entries(tag: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(tag or "[]")
    except ValueError:
        # Anyone may set a tag.
        return []
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


class StorageReader(Protocol):
    """A part of ``contract.Reader``."""

    def datastore(self, name: str) -> Datastore | None: ...

    def datastores(self) -> list[Datastore]:
        """All that were registered, by name."""

    def storage_rules(self) -> StorageRules:
        """The workspace's rules; the default ones until it has its own."""

    def storage_use(self) -> Mapping[str, int]:
        """How many bytes each datastore holds, as far as anything was ever counted."""

    def locations_below(self, prefix: str) -> list[str]:
        """The artifact locations of experiments, deleted ones too, that begin so; sorted."""

    def file_owners(self) -> Iterator[FileOwner]:
        """Every run and logged model, also those in the bin, in any order."""

    def audit_entries(self, limit: int) -> Sequence[AuditEntry]:
        """The last so many, the latest first."""


class StorageWriter(Protocol):
    """A part of ``contract.Transaction``."""

    def put_datastore(self, datastore: Datastore) -> None:
        """Keep a datastore, instead of the one of this name if there is one."""

    def delete_datastore(self, name: str) -> bool:
        """Whether there was one. What was counted of it is forgotten."""

    def set_storage_rules(self, rules: StorageRules) -> None: ...

    def count_storage(self, changes: Mapping[str, int]) -> None:
        """Add to what datastores hold, or take from it; never below 0."""

    def set_storage_use(self, name: str, used_bytes: int) -> None:
        """Say what a datastore holds, after all of it was counted."""

    def add_audit_entry(self, entry: AuditEntry) -> None: ...
