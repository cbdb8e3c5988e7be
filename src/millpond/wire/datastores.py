"""What is said about datastores on the native API. Credentials are only ever said to the server."""

from msgspec import UNSET, Struct, UnsetType

from millpond.domain.datastores import BUILT_IN, Datastore, Kind, StorageRules


class DatastoreAnswer(Struct, frozen=True):
    """One datastore. used_bytes: what the workspace holds there, as the server counted it."""

    name: str
    kind: str
    uri: str
    description: str
    options: dict[str, str]
    has_credentials: bool
    is_default: bool
    created_ms: int
    updated_ms: int
    used_bytes: int


class RegisterDatastore(Struct, forbid_unknown_fields=True):
    """A new datastore.

    uri: an absolute path of the server, s3://, abfss://, wasbs:// or gs://. Without credentials the
    server uses its own: the environment's, or the machine's.
    """

    name: str
    uri: str
    description: str = ""
    options: dict[str, str] = {}
    credentials: dict[str, str] = {}
    is_default: bool = False

    def __repr__(self) -> str:
        return f"RegisterDatastore({self.name!r}, {self.uri!r})"


class UpdateDatastore(Struct, forbid_unknown_fields=True):
    """What to change of a datastore. An empty object of credentials takes them away."""

    description: str | None = None
    options: dict[str, str] | None = None
    credentials: dict[str, str] | None = None

    def __repr__(self) -> str:
        return "UpdateDatastore(...)"


class StorageAnswer(Struct, frozen=True):
    """What a workspace says about its files, and what it holds. No limit is null."""

    default_datastore: str
    max_file_bytes: int | None
    quota_bytes: int | None
    used_bytes: int


class ChangeStorage(Struct, forbid_unknown_fields=True):
    """What to change; null takes a limit away."""

    default_datastore: str | UnsetType = UNSET
    max_file_bytes: int | UnsetType | None = UNSET
    quota_bytes: int | UnsetType | None = UNSET

    def changes(self) -> dict[str, str | int | None]:
        given = {
            "default_datastore": self.default_datastore,
            "max_file_bytes": self.max_file_bytes,
            "quota_bytes": self.quota_bytes,
        }
        return {name: value for name, value in given.items() if value is not UNSET}


class CheckDatastore(Struct, forbid_unknown_fields=True):
    """repair: delete the orphans that are found."""

    repair: bool = False


class OrphanAnswer(Struct, frozen=True):
    """A folder of a run or model that there is no record of."""

    path: str
    files: int
    size_bytes: int


class MissingAnswer(Struct, frozen=True):
    """A file that a run says it logged, and that is not there."""

    run_id: str
    path: str


class CheckAnswer(Struct, frozen=True):
    """What a check found. deleted_bytes: what repairing freed."""

    datastore: str
    files: int
    size_bytes: int
    orphans: list[OrphanAnswer]
    missing: list[MissingAnswer]
    deleted_bytes: int = 0


def datastore_answer(datastore: Datastore, rules: StorageRules, used_bytes: int) -> DatastoreAnswer:
    return DatastoreAnswer(
        name=datastore.name,
        kind=datastore.kind.value,
        uri=datastore.uri,
        description=datastore.description,
        options=datastore.options,
        has_credentials=datastore.sealed is not None,
        is_default=rules.default_datastore == datastore.name,
        created_ms=datastore.created_ms,
        updated_ms=datastore.updated_ms,
        used_bytes=used_bytes,
    )


def built_in_answer(folder: str, rules: StorageRules, used_bytes: int) -> DatastoreAnswer:
    """The server's own folder."""
    return DatastoreAnswer(
        name=BUILT_IN,
        kind=Kind.FOLDER.value,
        uri=folder,
        description="The server's own folder.",
        options={},
        has_credentials=False,
        is_default=rules.default_datastore == BUILT_IN,
        created_ms=0,
        updated_ms=0,
        used_bytes=used_bytes,
    )


def storage_answer(rules: StorageRules, used_bytes: int) -> StorageAnswer:
    return StorageAnswer(
        rules.default_datastore, rules.max_file_bytes, rules.quota_bytes, used_bytes
    )
