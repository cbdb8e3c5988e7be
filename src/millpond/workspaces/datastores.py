"""Every write to datastores. Each function returns the action that the store runs.

Credentials come sealed, and are never looked into here.
"""

from collections.abc import Callable, Mapping

import msgspec

from millpond.domain import datastores
from millpond.domain.audit import AuditEntry
from millpond.domain.datastores import BUILT_IN, Datastore, StorageRules
from millpond.domain.experiments import place_below
from millpond.errors import AlreadyExists, BadRequest, InvalidParameter
from millpond.store.contract import Reader, Transaction

PROXY_SCHEME = "mlflow-artifacts:"
_MOST_NAMED_PLACES = 5


def require_datastore(reader: Reader, name: str) -> Datastore:
    """The datastore that was registered by this name. Raises DoesNotExist."""
    datastore = reader.datastore(name)
    if datastore is None:
        raise datastores.not_found(name)
    return datastore


def register_datastore(
    name: str,
    uri: str,
    description: str,
    options: Mapping[str, str],
    credential_names: Mapping[str, str],
    sealed: bytes | None,
    who: str,
    now_ms: int,
) -> Callable[[Transaction], Datastore]:
    """Add a datastore. credential_names: what was sealed, of which only the names are looked at."""
    datastores.check_name(name)
    datastores.check_options(uri, options, credential_names)
    made = Datastore(name, uri, now_ms, now_ms, description, dict(options), sealed)

    def act(tx: Transaction) -> Datastore:
        if name == BUILT_IN or tx.datastore(name) is not None:
            raise AlreadyExists(f"There is a datastore '{name}' already.")
        tx.put_datastore(made)
        tx.add_audit_entry(AuditEntry(now_ms, who, "datastore.register", name, uri))
        return made

    return act


def update_datastore(
    name: str,
    description: str | None,
    options: Mapping[str, str] | None,
    credential_names: Mapping[str, str] | None,
    sealed: bytes | None,
    who: str,
    now_ms: int,
) -> Callable[[Transaction], Datastore]:
    """Change what is given. credential_names: empty to take the credentials away, None to leave
    them. The place of a datastore stays: its files would not be where their runs say."""

    def act(tx: Transaction) -> Datastore:
        _refuse_built_in(name)
        old = require_datastore(tx, name)
        new = msgspec.structs.replace(
            old,
            # One later in any case, so that every server sees that it has changed.
            updated_ms=max(now_ms, old.updated_ms + 1),
            description=old.description if description is None else description,
            options=old.options if options is None else dict(options),
            sealed=old.sealed if credential_names is None else sealed,
        )
        datastores.check_options(new.uri, new.options, credential_names or {})
        tx.put_datastore(new)
        tx.add_audit_entry(AuditEntry(now_ms, who, "datastore.update", name))
        return new

    return act


def delete_datastore(name: str, who: str, now_ms: int) -> Callable[[Transaction], None]:
    """Forget a datastore; its files stay where they are.

    Refused while experiments keep artifacts there, or new ones would.
    """

    def act(tx: Transaction) -> None:
        _refuse_built_in(name)
        require_datastore(tx, name)
        if tx.storage_rules().default_datastore == name:
            raise BadRequest(
                f"The datastore '{name}' is the workspace's default. Make another one the default "
                "first."
            )
        root = f"{PROXY_SCHEME}/{datastores.mounted(name, '')}"
        places = [p for p in tx.locations_below(root) if p == root or p.startswith(f"{root}/")]
        if places:
            named = ", ".join(places[:_MOST_NAMED_PLACES])
            raise BadRequest(
                f"Experiments keep their artifacts in the datastore '{name}' ({named}). It can be "
                "deleted when they are gone."
            )
        tx.delete_datastore(name)
        tx.add_audit_entry(AuditEntry(now_ms, who, "datastore.delete", name))

    return act


def change_storage_rules(
    changes: Mapping[str, str | int | None], who: str, now_ms: int
) -> Callable[[Transaction], StorageRules]:
    """Change the workspace's default datastore and limits; see ``StorageRules`` for the names."""

    def act(tx: Transaction) -> StorageRules:
        rules = msgspec.structs.replace(tx.storage_rules(), **changes)
        if rules.default_datastore != BUILT_IN:
            require_datastore(tx, rules.default_datastore)
        datastores.check_limit("max_file_bytes", rules.max_file_bytes)
        datastores.check_limit("quota_bytes", rules.quota_bytes)
        tx.set_storage_rules(rules)
        said = ", ".join(f"{name}={value}" for name, value in sorted(changes.items()))
        tx.add_audit_entry(AuditEntry(now_ms, who, "storage.change", "", said))
        return rules

    return act


def note_deletion(target: str, who: str, now_ms: int) -> Callable[[Transaction], None]:
    """Write down that an artifact is about to be deleted."""

    def act(tx: Transaction) -> None:
        tx.add_audit_entry(AuditEntry(now_ms, who, "artifact.delete", target))

    return act


def artifact_location(reader: Reader, location: str, artifact_root: str, experiment_id: int) -> str:
    """Where an experiment keeps its artifacts, in words that every client understands.

    location: what the experiment's maker said, or ""; artifact_root: the server's setting, which
    holds unless the workspace has a default datastore of its own. ``datastore://NAME/path`` becomes
    the proxy's address of that place. Raises DoesNotExist, InvalidParameter.
    """
    if not location:
        name = reader.storage_rules().default_datastore
        location = artifact_root if name == BUILT_IN else f"datastore://{name}"
        place = datastores.parse_location(location)
        if place is None:
            return place_below(location, str(experiment_id))
        return _proxied(reader, place[0], _below(place[1], str(experiment_id)))
    place = datastores.parse_location(location)
    if place is None:
        return location
    return _proxied(reader, place[0], place[1] or str(experiment_id))


def _proxied(reader: Reader, name: str, path: str) -> str:
    if name != BUILT_IN:
        require_datastore(reader, name)
    return f"{PROXY_SCHEME}/{datastores.mounted(name, path)}"


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _refuse_built_in(name: str) -> None:
    if name == BUILT_IN:
        raise InvalidParameter(
            f"The datastore '{BUILT_IN}' is the server's own folder; it cannot be changed."
        )
