"""Datastores, what they hold, and the audit log, in the memory store."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from millpond.domain.audit import AuditEntry
from millpond.domain.datastores import Datastore, StorageRules
from millpond.domain.experiments import Experiment
from millpond.domain.models import LoggedModel
from millpond.domain.runs import RunInfo
from millpond.store.storage import FileOwner, expected_files


class Tables(Protocol):
    """What is needed of ``memory._Tables``. storage: by kind and name."""

    @property
    def storage(self) -> dict[tuple[str, Any], Any]: ...
    @property
    def experiments(self) -> dict[int, Experiment]: ...
    @property
    def runs(self) -> dict[str, RunInfo]: ...
    @property
    def models(self) -> dict[str, LoggedModel]: ...
    @property
    def tags(self) -> dict[tuple[str, str], str]: ...


class MemoryStorage:
    """See ``storage.StorageReader`` and ``storage.StorageWriter``."""

    def datastore(self, name: str) -> Datastore | None:
        found: Datastore | None = self._storage.get(("datastore", name))
        return found

    def datastores(self) -> list[Datastore]:
        return [record for _, record in sorted(self._of("datastore").items())]

    def storage_rules(self) -> StorageRules:
        rules: StorageRules = self._storage.get(("rules", ""), StorageRules())
        return rules

    def storage_use(self) -> Mapping[str, int]:
        return self._of("use")

    def locations_below(self, prefix: str) -> list[str]:
        locations = {e.artifact_location for e in self._held.experiments.values()}
        return sorted(place for place in locations if place.startswith(prefix))

    def file_owners(self) -> Iterator[FileOwner]:
        for info in self._held.runs.values():
            tags = {
                key: value
                for (owner, key), value in self._held.tags.items()
                if owner == info.run_id
            }
            yield FileOwner(info.run_id, info.artifact_uri, expected_files(tags))
        for model in self._held.models.values():
            yield FileOwner(model.model_id, model.artifact_uri)

    def audit_entries(self, limit: int) -> Sequence[AuditEntry]:
        return [entry for _, entry in sorted(self._of("audit").items(), reverse=True)][:limit]

    def put_datastore(self, datastore: Datastore) -> None:
        self._storage["datastore", datastore.name] = datastore

    def delete_datastore(self, name: str) -> bool:
        self._storage.pop(("use", name), None)
        return self._storage.pop(("datastore", name), None) is not None

    def set_storage_rules(self, rules: StorageRules) -> None:
        self._storage["rules", ""] = rules

    def count_storage(self, changes: Mapping[str, int]) -> None:
        for name, change in changes.items():
            self.set_storage_use(name, max(0, self._storage.get(("use", name), 0) + change))

    def set_storage_use(self, name: str, used_bytes: int) -> None:
        self._storage["use", name] = used_bytes

    def add_audit_entry(self, entry: AuditEntry) -> None:
        self._storage["audit", len(self._of("audit"))] = entry

    @property
    def _held(self) -> Tables:
        # Declared here, it would hide from the type checker what the tables are to the others.
        held: Tables = vars(self)["_tables"]
        return held

    @property
    def _storage(self) -> dict[tuple[str, Any], Any]:
        return self._held.storage

    def _of(self, kind: str) -> dict[Any, Any]:
        return {name: value for (own, name), value in self._storage.items() if own == kind}
