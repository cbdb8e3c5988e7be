"""Datastores, what they hold, and the audit log, in a SQL engine."""

import json
from collections.abc import Iterator, Mapping, Sequence

from millpond.domain.audit import AuditEntry
from millpond.domain.datastores import Datastore, StorageRules
from millpond.store.sql.session import Row, Session
from millpond.store.storage import FILE_TAGS, FileOwner, expected_files

_COLUMNS = "name, uri, created_ms, updated_ms, description, options, sealed"
_OWNERS_AT_A_TIME = 5_000


class SqlStorageReader:
    """See ``storage.StorageReader``."""

    _session: Session
    _workspace_id: int

    def datastore(self, name: str) -> Datastore | None:
        rows = self._session.execute(
            f"SELECT {_COLUMNS} FROM datastores "
            "WHERE workspace_id = :workspace_id AND name = :name",
            {"workspace_id": self._workspace_id, "name": name},
        )
        return _datastore(rows[0]) if rows else None

    def datastores(self) -> list[Datastore]:
        rows = self._session.execute(
            f"SELECT {_COLUMNS} FROM datastores WHERE workspace_id = :workspace_id",
            {"workspace_id": self._workspace_id},
        )
        return sorted(map(_datastore, rows), key=lambda datastore: datastore.name)

    def storage_rules(self) -> StorageRules:
        rows = self._session.execute(
            "SELECT default_datastore, max_file_bytes, quota_bytes FROM storage_rules "
            "WHERE workspace_id = :workspace_id",
            {"workspace_id": self._workspace_id},
        )
        return StorageRules(*rows[0]) if rows else StorageRules()

    def storage_use(self) -> Mapping[str, int]:
        rows = self._session.execute(
            "SELECT datastore, used_bytes FROM storage_use WHERE workspace_id = :workspace_id",
            {"workspace_id": self._workspace_id},
        )
        return {row[0]: row[1] for row in rows}

    def locations_below(self, prefix: str) -> list[str]:
        rows = self._session.execute(
            "SELECT DISTINCT artifact_location FROM experiments WHERE workspace_id = :workspace_id "
            "AND substr(artifact_location, 1, :length) = :prefix",
            {"workspace_id": self._workspace_id, "length": len(prefix), "prefix": prefix},
        )
        return sorted(place for (place,) in rows)

    def file_owners(self) -> Iterator[FileOwner]:
        for rows in self._pages("runs"):
            tags = self._file_tags([row[0] for row in rows])
            for row_id, uuid, uri in rows:
                yield FileOwner(uuid, uri, expected_files(tags.get(row_id, {})))
        for rows in self._pages("models"):
            for _, uuid, uri in rows:
                yield FileOwner(uuid, uri)

    def audit_entries(self, limit: int) -> Sequence[AuditEntry]:
        rows = self._session.execute(
            "SELECT at_ms, who, action, target, detail FROM audit_log "
            "WHERE workspace_id = :workspace_id ORDER BY entry_id DESC LIMIT :limit",
            {"workspace_id": self._workspace_id, "limit": limit},
        )
        return [AuditEntry(*row) for row in rows]

    def _pages(self, table: str) -> Iterator[list[Row]]:
        """All rows of a table in pages: their number, id and place."""
        key, after = f"{table[:-1]}_id", 0
        while rows := self._session.execute(
            f"SELECT {key}, uuid, artifact_uri FROM {table} WHERE workspace_id = :workspace_id "
            f"AND {key} > :after ORDER BY {key} LIMIT :limit",
            {
                "workspace_id": self._workspace_id,
                "after": after,
                "limit": _OWNERS_AT_A_TIME,
            },
        ):
            yield rows
            after = rows[-1][0]

    def _file_tags(self, row_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Of these runs, consecutive ones, the tags that name files."""
        found: dict[int, dict[str, str]] = {}
        for key in FILE_TAGS:
            for row_id, value in self._session.execute(
                "SELECT t.run_id, t.value FROM tags t JOIN keys k USING (key_id) "
                "WHERE k.workspace_id = :workspace_id AND k.name = :key "
                "AND t.run_id BETWEEN :first AND :last",
                {
                    "workspace_id": self._workspace_id,
                    "key": key,
                    "first": row_ids[0],
                    "last": row_ids[-1],
                },
            ):
                found.setdefault(row_id, {})[key] = value
        return found


class SqlStorageWriter:
    """See ``storage.StorageWriter``."""

    _session: Session
    _workspace_id: int

    def put_datastore(self, datastore: Datastore) -> None:
        self._session.change(
            f"INSERT INTO datastores (workspace_id, {_COLUMNS}) VALUES (:workspace_id, :name, "
            ":uri, :created_ms, :updated_ms, :description, :options, :sealed) "
            "ON CONFLICT (workspace_id, name) DO UPDATE SET uri = excluded.uri, "
            "created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, "
            "description = excluded.description, options = excluded.options, "
            "sealed = excluded.sealed",
            {
                "workspace_id": self._workspace_id,
                "name": datastore.name,
                "uri": datastore.uri,
                "created_ms": datastore.created_ms,
                "updated_ms": datastore.updated_ms,
                "description": datastore.description,
                "options": json.dumps(datastore.options),
                "sealed": datastore.sealed,
            },
        )

    def delete_datastore(self, name: str) -> bool:
        named = {"workspace_id": self._workspace_id, "name": name}
        self._session.change(
            "DELETE FROM storage_use WHERE workspace_id = :workspace_id AND datastore = :name",
            named,
        )
        changed = self._session.change(
            "DELETE FROM datastores WHERE workspace_id = :workspace_id AND name = :name", named
        )
        return changed > 0

    def set_storage_rules(self, rules: StorageRules) -> None:
        self._session.change(
            "INSERT INTO storage_rules (workspace_id, default_datastore, max_file_bytes, "
            "quota_bytes) VALUES (:workspace_id, :default_datastore, :max_file_bytes, "
            ":quota_bytes) ON CONFLICT (workspace_id) DO UPDATE SET "
            "default_datastore = excluded.default_datastore, "
            "max_file_bytes = excluded.max_file_bytes, quota_bytes = excluded.quota_bytes",
            {
                "workspace_id": self._workspace_id,
                "default_datastore": rules.default_datastore,
                "max_file_bytes": rules.max_file_bytes,
                "quota_bytes": rules.quota_bytes,
            },
        )

    def count_storage(self, changes: Mapping[str, int]) -> None:
        for name, change in sorted(changes.items()):
            self._change_use(
                name,
                max(0, change),
                "CASE WHEN storage_use.used_bytes + :change > 0 "
                "THEN storage_use.used_bytes + :change ELSE 0 END",
                change,
            )

    def set_storage_use(self, name: str, used_bytes: int) -> None:
        self._change_use(name, used_bytes, ":change", used_bytes)

    def add_audit_entry(self, entry: AuditEntry) -> None:
        self._session.change(
            "INSERT INTO audit_log (workspace_id, at_ms, who, action, target, detail) "
            "VALUES (:workspace_id, :at_ms, :who, :action, :target, :detail)",
            {
                "workspace_id": self._workspace_id,
                "at_ms": entry.at_ms,
                "who": entry.who,
                "action": entry.action,
                "target": entry.target,
                "detail": entry.detail,
            },
        )

    def _change_use(self, name: str, first: int, expression: str, change: int) -> None:
        self._session.change(
            "INSERT INTO storage_use (workspace_id, datastore, used_bytes) "
            "VALUES (:workspace_id, :name, :first) ON CONFLICT (workspace_id, datastore) "
            f"DO UPDATE SET used_bytes = {expression}",
            {
                "workspace_id": self._workspace_id,
                "name": name,
                "first": first,
                "change": change,
            },
        )


def _datastore(row: Row) -> Datastore:
    name, uri, created_ms, updated_ms, description, options, sealed = row
    return Datastore(
        name,
        uri,
        created_ms,
        updated_ms,
        description,
        json.loads(options),
        None if sealed is None else bytes(sealed),
    )
