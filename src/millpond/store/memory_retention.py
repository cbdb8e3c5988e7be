"""The bin, and removing from it for good, in the memory store."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from millpond.domain.experiments import Stage
from millpond.domain.metrics import RunPoint
from millpond.domain.models import LoggedModel
from millpond.domain.registry import ModelVersion
from millpond.domain.runs import RunInfo
from millpond.store.retention import Binned, PurgedFiles, needs


class Tables(Protocol):
    """What is needed of ``memory._Tables``."""

    @property
    def runs(self) -> dict[str, RunInfo]: ...
    @property
    def models(self) -> dict[str, LoggedModel]: ...
    @property
    def model_points(self) -> dict[str, tuple[RunPoint, ...]]: ...
    @property
    def log(self) -> dict[int, tuple[str, Any]]: ...
    @property
    def points(self) -> dict[str, Any]: ...
    @property
    def model_outputs(self) -> dict[str, Any]: ...
    @property
    def params(self) -> dict[tuple[str, str], str]: ...
    @property
    def tags(self) -> dict[tuple[str, str], str]: ...
    @property
    def inputs(self) -> dict[tuple[str, str, str], Any]: ...
    @property
    def model_inputs(self) -> dict[tuple[str, str], None]: ...
    @property
    def versions(self) -> dict[tuple[str, int], ModelVersion]: ...
    @property
    def storage(self) -> dict[tuple[str, Any], Any]: ...


class MemoryRetention:
    """See ``retention.RetentionReader`` and ``retention.RetentionWriter``."""

    def binned_runs(
        self, before_ms: int, limit: int, after: Binned | None = None
    ) -> Sequence[Binned]:
        found = (
            Binned(info.deleted_ms, info.run_id, info.artifact_uri)
            for info in self._binned.runs.values()
            if info.stage is Stage.DELETED and info.deleted_ms is not None
        )
        return _first(found, before_ms, limit, after)

    def binned_models(
        self, before_ms: int, limit: int, after: Binned | None = None
    ) -> Sequence[Binned]:
        found = (
            Binned(model.last_update_ms, model.model_id, model.artifact_uri)
            for model in self._binned.models.values()
            if model.stage is Stage.DELETED
        )
        return _first(found, before_ms, limit, after)

    def is_needed(self, owner_id: str, artifact_uri: str) -> bool:
        versions = self._binned.versions.values()
        return any(needs(version, owner_id, artifact_uri) for version in versions)

    def purged_files(self, now_ms: int, limit: int) -> Sequence[PurgedFiles]:
        held = self._held_files()
        return [files for files, until_ms in held.values() if until_ms <= now_ms][:limit]

    def purge_run(self, run_id: str, before_ms: int) -> bool:
        tables = self._binned
        if not self._note_files(self.binned_runs(before_ms, len(tables.runs)), run_id):
            return False
        for by_run in (tables.runs, tables.points, tables.model_outputs):
            by_run.pop(run_id, None)
        for by_part in (tables.params, tables.tags, tables.inputs, tables.model_inputs):
            for part in [part for part in by_part if part[0] == run_id]:
                del by_part[part]  # type: ignore[arg-type]
        for number, (owner, _) in list(tables.log.items()):
            if owner == run_id:
                # The others keep their places.
                tables.log[number] = (run_id, ())
        for model_id, points in list(tables.model_points.items()):
            tables.model_points[model_id] = tuple(p for p in points if p.run_id != run_id)
        return True

    def purge_model(self, model_id: str, before_ms: int) -> bool:
        tables = self._binned
        if not self._note_files(self.binned_models(before_ms, len(tables.models)), model_id):
            return False
        del tables.models[model_id]
        tables.model_points.pop(model_id, None)
        return True

    def hold_purged_files(self, number: int, until_ms: int) -> None:
        files, _ = self._held_files()[number]
        self._binned.storage["purged", number] = (files, until_ms)

    def forget_purged_files(self, number: int) -> bool:
        return self._binned.storage.pop(("purged", number), None) is not None

    def _note_files(self, binned: Sequence[Binned], owner_id: str) -> bool:
        """Whether it is one of these and may go; its files are then to be deleted."""
        storage = self._binned.storage
        found = next((one for one in binned if one.owner_id == owner_id), None)
        if found is None or self.is_needed(owner_id, found.artifact_uri):
            return False
        number = storage.get(("purges", ""), 0) + 1
        storage["purges", ""] = number
        storage["purged", number] = (PurgedFiles(number, owner_id, found.artifact_uri), 0)
        return True

    def _held_files(self) -> dict[int, tuple[PurgedFiles, int]]:
        storage = self._binned.storage
        return {name: value for (kind, name), value in storage.items() if kind == "purged"}

    @property
    def _binned(self) -> Tables:
        # Declared here, it would hide from the type checker what the tables are to the others.
        tables: Tables = vars(self)["_tables"]
        return tables


def _first(
    found: Iterable[Binned], before_ms: int, limit: int, after: Binned | None
) -> Sequence[Binned]:
    wanted = (one for one in found if one.since_ms <= before_ms and (not after or one > after))
    return sorted(wanted)[:limit]
