"""Writes to the model registry in a SQL engine."""

from collections.abc import Sequence

from millpond.domain.experiments import Tag
from millpond.domain.filters import numeric_text
from millpond.domain.registry import ModelStage, ModelVersion, RegisteredModel, name_taken
from millpond.store.sql.registry_reads import SqlRegistryReader


class SqlRegistryTransaction(SqlRegistryReader):
    """See ``registry_contract.RegistryTransaction``."""

    def add_registered_model(self, model: RegisteredModel) -> None:
        rows = self._session.change_returning(
            "INSERT INTO registered_models (workspace_id, name, description, creation_ms, "
            "last_update_ms, last_version) VALUES (:workspace_id, :name, :description, "
            ":creation_ms, :last_update_ms, :last_version) ON CONFLICT (workspace_id, name) "
            "DO NOTHING RETURNING registered_id",
            {
                "workspace_id": self._workspace_id,
                "name": model.name,
                "description": model.description,
                "creation_ms": model.creation_ms,
                "last_update_ms": model.last_update_ms,
                "last_version": model.last_version,
            },
        )
        if not rows:
            raise name_taken(model.name)
        self._set_texts("registered_model_tags", "registered_id", rows[0][0], model.tags)

    def change_registered_model(
        self,
        name: str,
        *,
        last_update_ms: int,
        new_name: str | None = None,
        description: str | None = None,
    ) -> None:
        registered_id = self._registered_id(name)
        if new_name is not None and new_name != name and self.registered_model(new_name):
            raise name_taken(new_name)
        self._session.change(
            "UPDATE registered_models SET last_update_ms = :last_update_ms, "
            "name = COALESCE(:name, name), description = COALESCE(:description, description) "
            "WHERE registered_id = :registered_id",
            {
                "registered_id": registered_id,
                "last_update_ms": last_update_ms,
                "name": new_name,
                "description": description,
            },
        )

    def delete_registered_model(self, name: str) -> None:
        row = {"registered_id": self._registered_id(name)}
        self._session.change(
            "DELETE FROM model_version_tags WHERE version_id IN (SELECT version_id "
            "FROM model_versions WHERE registered_id = :registered_id)",
            row,
        )
        for table in (
            "model_versions",
            "model_aliases",
            "registered_model_tags",
            "registered_models",
        ):
            self._session.change(f"DELETE FROM {table} WHERE registered_id = :registered_id", row)

    def set_registered_model_tags(self, name: str, tags: Sequence[Tag]) -> None:
        registered_id = self._registered_id(name)
        self._set_texts("registered_model_tags", "registered_id", registered_id, tags)

    def delete_registered_model_tag(self, name: str, key: str) -> bool:
        changed = self._session.change(
            "DELETE FROM registered_model_tags WHERE registered_id = :registered_id AND key = :key",
            {"registered_id": self._registered_id(name), "key": key},
        )
        return changed > 0

    def set_alias(self, name: str, alias: str, version: int) -> None:
        self._session.change(
            "INSERT INTO model_aliases (registered_id, alias, version, workspace_id) "
            "VALUES (:registered_id, :alias, :version, :workspace_id) "
            "ON CONFLICT (registered_id, alias) DO UPDATE SET version = excluded.version",
            {
                "registered_id": self._registered_id(name),
                "alias": alias,
                "version": version,
                "workspace_id": self._workspace_id,
            },
        )

    def delete_alias(self, name: str, alias: str) -> bool:
        changed = self._session.change(
            "DELETE FROM model_aliases WHERE registered_id = :registered_id AND alias = :alias",
            {"registered_id": self._registered_id(name), "alias": alias},
        )
        return changed > 0

    def new_version_number(self, name: str) -> int:
        rows = self._session.change_returning(
            "UPDATE registered_models SET last_version = last_version + 1 "
            "WHERE registered_id = :registered_id RETURNING last_version",
            {"registered_id": self._registered_id(name)},
        )
        return int(rows[0][0])

    def add_model_version(self, version: ModelVersion) -> None:
        rows = self._session.change_returning(
            "INSERT INTO model_versions (workspace_id, registered_id, version, stage, source, "
            "storage_location, description, run_uuid, run_link, model_uuid, creation_ms, "
            "last_update_ms) VALUES (:workspace_id, :registered_id, :version, :stage, :source, "
            ":storage_location, :description, :run_uuid, :run_link, :model_uuid, :creation_ms, "
            ":last_update_ms) RETURNING version_id",
            {
                "workspace_id": self._workspace_id,
                "registered_id": self._registered_id(version.name),
                "version": version.version,
                "stage": version.stage.value,
                "source": version.source,
                "storage_location": version.storage_location,
                "description": version.description,
                "run_uuid": version.run_id,
                "run_link": version.run_link,
                "model_uuid": version.model_id,
                "creation_ms": version.creation_ms,
                "last_update_ms": version.last_update_ms,
            },
        )
        self._set_texts("model_version_tags", "version_id", rows[0][0], version.tags)

    def describe_version(
        self, name: str, version: int, description: str | None, last_update_ms: int
    ) -> None:
        self._session.change(
            "UPDATE model_versions SET description = :description, "
            "last_update_ms = :last_update_ms WHERE version_id = :version_id",
            {
                "version_id": self._version_id(name, version),
                "description": description,
                "last_update_ms": last_update_ms,
            },
        )

    def move_version(self, name: str, version: int, stage: ModelStage, last_update_ms: int) -> None:
        self._session.change(
            "UPDATE model_versions SET stage = :stage, last_update_ms = :last_update_ms "
            "WHERE version_id = :version_id",
            {
                "version_id": self._version_id(name, version),
                "stage": stage.value,
                "last_update_ms": last_update_ms,
            },
        )

    def touch_versions(self, name: str, last_update_ms: int) -> None:
        self._session.change(
            "UPDATE model_versions SET last_update_ms = :last_update_ms "
            "WHERE registered_id = :registered_id",
            {"registered_id": self._registered_id(name), "last_update_ms": last_update_ms},
        )

    def delete_model_version(self, name: str, version: int) -> None:
        version_id = self._version_id(name, version)
        self._session.change(
            "DELETE FROM model_aliases WHERE registered_id = :registered_id AND version = :version",
            {"registered_id": self._registered_id(name), "version": version},
        )
        for table in ("model_version_tags", "model_versions"):
            self._session.change(
                f"DELETE FROM {table} WHERE version_id = :version_id", {"version_id": version_id}
            )

    def set_version_tags(self, name: str, version: int, tags: Sequence[Tag]) -> None:
        version_id = self._version_id(name, version)
        self._set_texts("model_version_tags", "version_id", version_id, tags)

    def delete_version_tag(self, name: str, version: int, key: str) -> bool:
        changed = self._session.change(
            "DELETE FROM model_version_tags WHERE version_id = :version_id AND key = :key",
            {"version_id": self._version_id(name, version), "key": key},
        )
        return changed > 0

    def _set_texts(self, table: str, owner: str, row_id: int, tags: Sequence[Tag]) -> None:
        self._session.execute_many(
            f"INSERT INTO {table} ({owner}, key, value, number, workspace_id) "
            f"VALUES (?, ?, ?, ?, ?) ON CONFLICT ({owner}, key) "
            "DO UPDATE SET value = excluded.value, number = excluded.number",
            [(row_id, t.key, t.value, numeric_text(t.value), self._workspace_id) for t in tags],
        )
