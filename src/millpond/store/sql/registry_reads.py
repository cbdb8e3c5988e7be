"""Reads of the model registry in a SQL engine."""

from collections import defaultdict
from collections.abc import Sequence

from millpond.domain.experiments import Tag
from millpond.domain.paging import Page
from millpond.domain.registry import Alias, ModelStage, ModelVersion, RegisteredModel
from millpond.store.registry_contract import RegisteredModelSearch, VersionSearch
from millpond.store.sql import registry_search
from millpond.store.sql.rows import RowReader
from millpond.store.sql.session import Row, chunks

_MODEL_COLUMNS = "registered_id, name, description, creation_ms, last_update_ms, last_version"
_VERSION_COLUMNS = (
    "v.version_id, v.registered_id, m.name, v.version, v.stage, v.source, v.storage_location, "
    "v.description, v.run_uuid, v.run_link, v.model_uuid, v.creation_ms, v.last_update_ms"
)
_VERSIONS = "model_versions v JOIN registered_models m USING (registered_id)"


class SqlRegistryReader(RowReader):
    """See ``registry_contract.RegistryReader``."""

    def registered_model(self, name: str) -> RegisteredModel | None:
        rows = self._session.execute(
            f"SELECT {_MODEL_COLUMNS} FROM registered_models "
            "WHERE workspace_id = :workspace_id AND name = :name",
            {"workspace_id": self._workspace_id, "name": name},
        )
        return self._registered_models(rows)[0] if rows else None

    def search_registered_models(self, search: RegisteredModelSearch) -> Page[RegisteredModel]:
        query = registry_search.registered_model_query(search, self._workspace_id)
        ids, token = self._page_of_ids(query, search.limit, search.page_token)
        rows = self._by_ids(_MODEL_COLUMNS, "registered_models", "registered_id", ids)
        return Page(self._registered_models([rows[row_id] for row_id in ids]), token)

    def model_version(self, name: str, version: int) -> ModelVersion | None:
        rows = self._session.execute(
            f"SELECT {_VERSION_COLUMNS} FROM {_VERSIONS} "
            "WHERE m.workspace_id = :workspace_id AND m.name = :name AND v.version = :version",
            {"workspace_id": self._workspace_id, "name": name, "version": version},
        )
        return self._model_versions(rows)[0] if rows else None

    def search_model_versions(self, search: VersionSearch) -> Page[ModelVersion]:
        query = registry_search.version_query(search, self._workspace_id)
        ids, token = self._page_of_ids(query, search.limit, search.page_token)
        rows = self._by_ids(_VERSION_COLUMNS, _VERSIONS, "v.version_id", ids)
        return Page(self._model_versions([rows[row_id] for row_id in ids]), token)

    def versions_in_stage(self, name: str, stage: ModelStage) -> list[int]:
        rows = self._session.execute(
            f"SELECT v.version FROM {_VERSIONS} WHERE m.workspace_id = :workspace_id "
            "AND m.name = :name AND v.stage = :stage ORDER BY v.version",
            {"workspace_id": self._workspace_id, "name": name, "stage": stage.value},
        )
        return [row[0] for row in rows]

    def _registered_models(self, rows: Sequence[Row]) -> list[RegisteredModel]:
        ids = [row[0] for row in rows]
        tags = self._texts("registered_model_tags", "registered_id", ids)
        aliases = self._grouped("model_aliases", "registered_id", "alias, version", "alias", ids)
        latest = self._latest_versions(ids)
        return [
            RegisteredModel(
                name=row[1],
                description=row[2],
                creation_ms=row[3],
                last_update_ms=row[4],
                last_version=row[5],
                tags=tuple(Tag(key, value) for key, value in tags[row[0]]),
                aliases=tuple(Alias(alias, version) for alias, version in aliases[row[0]]),
                latest=tuple(latest[row[0]]),
            )
            for row in rows
        ]

    def _latest_versions(self, ids: Sequence[int]) -> dict[int, list[ModelVersion]]:
        """The newest version of each stage of these models; see ``RegisteredModel.latest``."""
        newest = [
            row[0]
            for wanted in chunks(ids)
            for row in self._session.execute(
                "SELECT v.version_id, s.oldest FROM (SELECT registered_id, MAX(version) AS newest, "
                f"MIN(version) AS oldest FROM model_versions WHERE registered_id IN ({wanted}) "
                "GROUP BY registered_id, stage) s JOIN model_versions v "
                "ON v.registered_id = s.registered_id AND v.version = s.newest ORDER BY s.oldest"
            )
        ]
        rows = self._by_ids(_VERSION_COLUMNS, _VERSIONS, "v.version_id", newest)
        found: dict[int, list[ModelVersion]] = defaultdict(list)
        ordered = [rows[version_id] for version_id in newest]
        for row, version in zip(ordered, self._model_versions(ordered), strict=True):
            found[row[1]].append(version)
        return found

    def _model_versions(self, rows: Sequence[Row]) -> list[ModelVersion]:
        tags = self._texts("model_version_tags", "version_id", [row[0] for row in rows])
        owners = sorted({row[1] for row in rows})
        pointed = self._grouped("model_aliases", "registered_id", "alias, version", "alias", owners)
        aliases: dict[tuple[int, int], list[str]] = defaultdict(list)
        for owner, found in pointed.items():
            for alias, version in found:
                aliases[owner, version].append(alias)
        return [
            ModelVersion(
                name=row[2],
                version=row[3],
                stage=ModelStage(row[4]),
                source=row[5],
                storage_location=row[6],
                description=row[7],
                run_id=row[8],
                run_link=row[9],
                model_id=row[10],
                creation_ms=row[11],
                last_update_ms=row[12],
                tags=tuple(Tag(key, value) for key, value in tags[row[0]]),
                aliases=tuple(aliases[row[1], row[3]]),
            )
            for row in rows
        ]

    def _registered_id(self, name: str) -> int:
        """The row of a model that is there."""
        rows = self._session.execute(
            "SELECT registered_id FROM registered_models "
            "WHERE workspace_id = :workspace_id AND name = :name",
            {"workspace_id": self._workspace_id, "name": name},
        )
        if not rows:
            raise LookupError(f"model {name} is not in workspace {self._workspace_id}")
        return int(rows[0][0])

    def _version_id(self, name: str, version: int) -> int:
        """The row of a version that is there."""
        rows = self._session.execute(
            f"SELECT v.version_id FROM {_VERSIONS} "
            "WHERE m.workspace_id = :workspace_id AND m.name = :name AND v.version = :version",
            {"workspace_id": self._workspace_id, "name": name, "version": version},
        )
        if not rows:
            raise LookupError(f"version {version} of {name} is not there")
        return int(rows[0][0])
