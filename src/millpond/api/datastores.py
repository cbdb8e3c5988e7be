"""Datastores over the native API: what there is, what it holds, and the workspace's limits."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, PathParameter

from millpond.api.files import Files
from millpond.domain.audit import AuditEntry
from millpond.domain.datastores import (
    BUILT_IN,
    Datastore,
    Kind,
    StorageRules,
    folder_path,
    kind_of,
    mounted,
    unmounted,
)
from millpond.errors import InvalidParameter, MillpondError, PermissionDenied
from millpond.store.contract import DEFAULT_WORKSPACE, Reader, Transaction
from millpond.wire import datastores as wire
from millpond.workspaces import datastores as actions
from millpond.workspaces.file_check import CheckReport, check_files

T = TypeVar("T")

# There is no sign-in yet.
_NOBODY = ""
_MOST_AUDIT_ENTRIES = 10_000

Name = Annotated[str, PathParameter(description="The datastore's name.")]


def datastore_handlers(files: Files) -> list[HTTPRouteHandler]:
    """The handlers of ``/api/v1/datastores``, ``/api/v1/storage`` and ``/api/v1/audit``."""
    calls = _Calls(files)

    @get("/api/v1/datastores", summary="List datastores")
    async def list_datastores() -> list[wire.DatastoreAnswer]:
        """The server's own folder and all that were registered, by name."""
        return await calls.list()

    @post("/api/v1/datastores", summary="Register a datastore", status_code=201)
    async def register_datastore(data: JSONBody[wire.RegisterDatastore]) -> wire.DatastoreAnswer:
        """A named place for files. Its credentials are encrypted, and never told again."""
        return await calls.register(data)

    @get("/api/v1/datastores/{name:str}", summary="Get a datastore")
    async def get_datastore(name: Name) -> wire.DatastoreAnswer:
        """One datastore; 404 if there is none of this name."""
        return await calls.get(name)

    @patch("/api/v1/datastores/{name:str}", summary="Change a datastore")
    async def update_datastore(
        name: Name, data: JSONBody[wire.UpdateDatastore]
    ) -> wire.DatastoreAnswer:
        """Its description, options or credentials; its place stays."""
        return await calls.update(name, data)

    @delete("/api/v1/datastores/{name:str}", summary="Delete a datastore", status_code=204)
    async def delete_datastore(name: Name) -> None:
        """Forget a datastore that no experiment uses; its files stay where they are."""
        await calls.delete(name)

    @post(
        "/api/v1/datastores/{name:str}/check",
        summary="Check a datastore's files",
        status_code=200,
        description="Folders of runs and models that there is no record of (with repair they are "
        "deleted), files that runs say they logged and that are missing; and count anew what the "
        "datastore holds.",
    )
    async def check_datastore(name: Name, data: JSONBody[wire.CheckDatastore]) -> wire.CheckAnswer:
        return await calls.check(name, data.repair)

    @get("/api/v1/storage", summary="Get the workspace's storage rules")
    async def get_storage() -> wire.StorageAnswer:
        """The default datastore, the limits, and how much is held."""
        return await calls.storage()

    @patch("/api/v1/storage", summary="Change the workspace's storage rules")
    async def change_storage(data: JSONBody[wire.ChangeStorage]) -> wire.StorageAnswer:
        """The default datastore is where new experiments keep their artifacts."""
        return await calls.change_storage(data.changes())

    @get("/api/v1/audit", summary="Read the audit log")
    async def get_audit(limit: FromQuery[int] = 100) -> list[AuditEntry]:
        """What was deleted or changed, the latest first."""
        if not 1 <= limit <= _MOST_AUDIT_ENTRIES:
            raise InvalidParameter(f"limit must be 1 to {_MOST_AUDIT_ENTRIES}.")
        return list(await calls.read(lambda reader: reader.audit_entries(limit)))

    return [
        list_datastores,
        register_datastore,
        get_datastore,
        update_datastore,
        delete_datastore,
        check_datastore,
        get_storage,
        change_storage,
        get_audit,
    ]


class _Calls:
    """What the handlers do."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def read(self, question: Callable[[Reader], T]) -> T:
        return await self._files.access.read(DEFAULT_WORKSPACE, question)

    async def _write(self, action: Callable[[Transaction], T]) -> T:
        return await self._files.access.write(DEFAULT_WORKSPACE, action)

    async def list(self) -> list[wire.DatastoreAnswer]:
        registered = await self.read(lambda reader: reader.datastores())
        rules, used = await self._state()
        found = [wire.built_in_answer(str(self._files.folder), rules, used.get(BUILT_IN, 0))]
        found += [wire.datastore_answer(d, rules, used.get(d.name, 0)) for d in registered]
        return sorted(found, key=lambda answer: answer.name)

    async def get(self, name: str) -> wire.DatastoreAnswer:
        rules, used = await self._state()
        if name == BUILT_IN:
            return wire.built_in_answer(str(self._files.folder), rules, used.get(name, 0))
        found = await self.read(lambda reader: actions.require_datastore(reader, name))
        return wire.datastore_answer(found, rules, used.get(name, 0))

    async def register(self, asked: wire.RegisterDatastore) -> wire.DatastoreAnswer:
        sealed = self._sealed(asked.name, asked.credentials)
        action = actions.register_datastore(
            asked.name,
            asked.uri,
            asked.description,
            asked.options,
            asked.credentials,
            sealed,
            _NOBODY,
            _now_ms(),
        )
        # Looked at before it is kept: what cannot even be opened is of no use to anyone.
        if kind_of(asked.uri) is Kind.FOLDER:
            await self._require_usable_folder(asked.uri)
        else:
            probe = Datastore(asked.name, asked.uri, 0, 0, "", asked.options, sealed)
            self._files.open_datastore(probe).close()
        await self._write(action)
        if asked.is_default:
            await self.change_storage({"default_datastore": asked.name})
        self._files.mounts.forget(asked.name)
        return await self.get(asked.name)

    async def update(self, name: str, asked: wire.UpdateDatastore) -> wire.DatastoreAnswer:
        sealed = self._sealed(name, asked.credentials or {})
        await self._write(
            actions.update_datastore(
                name,
                asked.description,
                asked.options,
                asked.credentials,
                sealed,
                _NOBODY,
                _now_ms(),
            )
        )
        self._files.mounts.forget(name)
        return await self.get(name)

    async def delete(self, name: str) -> None:
        await self._write(actions.delete_datastore(name, _NOBODY, _now_ms()))
        self._files.mounts.forget(name)

    async def storage(self) -> wire.StorageAnswer:
        rules, used = await self._state()
        return wire.storage_answer(rules, sum(used.values()))

    async def change_storage(self, changes: Mapping[str, str | int | None]) -> wire.StorageAnswer:
        await self._write(actions.change_storage_rules(changes, _NOBODY, _now_ms()))
        self._files.mounts.meter.forget()
        return await self.storage()

    async def check(self, name: str, repair: bool) -> wire.CheckAnswer:
        mounts = self._files.mounts
        store = await mounts.store(name)

        async def path_in(uri: str) -> str | None:
            try:
                there, path = unmounted(await self._files.places.path_at(uri))
            except MillpondError:
                return None
            return path if there == name else None

        report = await check_files(
            name,
            store,
            lambda: self.read(lambda reader: reader.locations_below("")),
            lambda: self.read(lambda reader: list(reader.file_owners())),
            path_in,
        )
        await self._write(lambda tx: tx.set_storage_use(name, report.size_bytes))
        mounts.meter.forget()
        freed = await self._delete_orphans(report) if repair else 0
        answer = msgspec.convert(report, wire.CheckAnswer, from_attributes=True)
        return msgspec.structs.replace(answer, deleted_bytes=freed)

    async def _delete_orphans(self, report: CheckReport) -> int:
        freed = 0
        for orphan in report.orphans:
            path = mounted(report.datastore, orphan.path)
            await self._files.note_deletion(path)
            freed += await self._files.mounts.delete(path)
        return freed

    async def _state(self) -> tuple[StorageRules, Mapping[str, int]]:
        def question(reader: Reader) -> tuple[StorageRules, Mapping[str, int]]:
            return reader.storage_rules(), reader.storage_use()

        rules, written = await self.read(question)
        used = self._files.mounts.meter.unwritten()
        used.update(written)
        return rules, {name: max(0, size) for name, size in used.items()}

    def _sealed(self, name: str, credentials: Mapping[str, str]) -> bytes | None:
        return self._files.vault.seal(credentials, name) if credentials else None

    async def _require_usable_folder(self, uri: str) -> None:
        """Refuse a folder that nobody said the server may use: whoever registers one can read all
        that is in it. Two datastores in one folder would sweep away each other's uploads."""
        given = folder_path(uri)
        place, data_dir = Path(given).resolve(), self._files.folder.parent.resolve()
        allowed = [folder.resolve() for folder in self._files.allowed_folders]
        is_allowed = any(place.is_relative_to(f) for f in allowed) and not _overlap(place, data_dir)
        if not is_allowed and place.parent != data_dir / "datastores":
            raise PermissionDenied(
                f"The folder {given} cannot be a datastore: it lies in none of the folders that "
                f"the setting datastore_folders allows, nor in {data_dir / 'datastores'}."
            )
        for other in await self.read(lambda reader: reader.datastores()):
            if other.kind is not Kind.FOLDER:
                continue
            if _overlap(place, Path(folder_path(other.uri)).resolve()):
                raise InvalidParameter(
                    f"The folder {given} and that of the datastore '{other.name}' overlap."
                )
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidParameter(
                f"The folder {given} cannot be made: {error.strerror}."
            ) from None


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
