"""Where the stores of files ask the database: which datastores there are, and what they hold."""

from collections.abc import Mapping

from millpond.api.waiting import StoreAccess
from millpond.domain.datastores import Datastore, StorageRules
from millpond.store.contract import Reader


class StoreCatalog:
    """The datastores of one workspace; see ``artifacts.mounts.Catalog``."""

    def __init__(self, access: StoreAccess, workspace: str) -> None:
        self._access = access
        self._workspace = workspace

    async def datastore(self, name: str) -> Datastore | None:
        return await self._access.read(self._workspace, lambda reader: reader.datastore(name))

    async def datastores(self) -> list[Datastore]:
        return await self._access.read(self._workspace, lambda reader: reader.datastores())

    async def storage(self) -> tuple[StorageRules, Mapping[str, int]]:
        def question(reader: Reader) -> tuple[StorageRules, Mapping[str, int]]:
            return reader.storage_rules(), reader.storage_use()

        return await self._access.read(self._workspace, question)

    async def count(self, changes: Mapping[str, int]) -> None:
        await self._access.write(self._workspace, lambda tx: tx.count_storage(changes))
