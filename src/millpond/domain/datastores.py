"""Datastores: named places for files, and the rules about their names, places and options."""

import ipaddress
import re
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from millpond.errors import DoesNotExist, InvalidParameter

# The datastore that every workspace has from the start: the server's own folder.
BUILT_IN = "local"
# Where files of the others are below the proxy: mlflow-artifacts:/datastores/NAME/...
MOUNT = "datastores"
SCHEME = "datastore"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_CONTAINER = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]{0,254}")


class Kind(Enum):
    """What a datastore is made of."""

    FOLDER = "folder"
    S3 = "s3"
    AZURE = "azure"
    GCS = "gcs"


_SCHEMES = {
    "": Kind.FOLDER,
    "file": Kind.FOLDER,
    "s3": Kind.S3,
    "s3a": Kind.S3,
    "abfs": Kind.AZURE,
    "abfss": Kind.AZURE,
    "wasb": Kind.AZURE,
    "wasbs": Kind.AZURE,
    "gs": Kind.GCS,
}

# What may be set of each kind, each with what it means. Credentials are sealed, and never told.
OPTIONS: Mapping[Kind, Mapping[str, str]] = {
    Kind.FOLDER: {},
    Kind.S3: {
        "region": "The bucket's region; us-east-1 if it has none.",
        "endpoint": "The address of an S3 that is not Amazon's.",
        "virtual_hosted": "true if the endpoint wants the bucket in its host name.",
        "server_side_encryption": "AES256, aws:kms or aws:kms:dsse.",
        "sse_kms_key_id": "The key for aws:kms.",
        "presigned": "false if clients cannot reach the store, so that all bytes pass the server.",
    },
    Kind.AZURE: {
        "endpoint": "The address of the account, if it is not Azure's usual one.",
        "tenant_id": "The tenant of client_id.",
        "client_id": "The application that client_secret belongs to, or a managed identity.",
        "authority_host": "The address of the sign-in, in a cloud of its own.",
        "presigned": "false if clients cannot reach the store, so that all bytes pass the server.",
    },
    Kind.GCS: {
        "endpoint": "The address of a store that speaks Google's protocol.",
        "presigned": "false if clients cannot reach the store, so that all bytes pass the server.",
    },
}
CREDENTIALS: Mapping[Kind, Mapping[str, str]] = {
    Kind.FOLDER: {},
    Kind.S3: {
        "access_key_id": "The access key.",
        "secret_access_key": "Its secret.",
        "session_token": "The token of a session, which ends.",
    },
    Kind.AZURE: {
        "account_key": "A key of the storage account.",
        "sas_token": "A shared access signature.",
        "client_secret": "The secret of the application client_id.",
    },
    Kind.GCS: {"service_account_key": "The JSON of a service account's key."},
}
_TRUTHS = {"virtual_hosted", "presigned"}
# Sets of credentials of which some, but not all, are no use.
_TOGETHER = {Kind.S3: ("access_key_id", "secret_access_key")}


class Datastore(Struct, frozen=True):
    """One datastore. Times are epoch milliseconds UTC.

    uri: a folder of the server, or a bucket and a prefix. sealed: its credentials, encrypted, or
    None when the server has its own (the environment's, the machine's).
    """

    name: str
    uri: str
    created_ms: int
    updated_ms: int
    description: str = ""
    options: dict[str, str] = {}
    sealed: bytes | None = None

    @property
    def kind(self) -> Kind:
        return kind_of(self.uri)

    @property
    def is_built_in(self) -> bool:
        return self.name == BUILT_IN

    def __repr__(self) -> str:
        return f"Datastore({self.name!r}, {self.uri!r})"


class BucketPlace(Struct, frozen=True):
    """A bucket (a container, for Azure) and the prefix in it; host is the account's, or ""."""

    bucket: str
    prefix: str
    host: str = ""


class StorageRules(Struct, frozen=True):
    """What a workspace says about its files. None is no limit.

    default_datastore: where experiments that name no place keep their artifacts.
    """

    default_datastore: str = BUILT_IN
    max_file_bytes: int | None = None
    quota_bytes: int | None = None


class StorageUse(Struct, frozen=True):
    """How many bytes one datastore holds for a workspace, as the server counted them."""

    datastore: str
    used_bytes: int


def kind_of(uri: str) -> Kind:
    """Raises InvalidParameter for an address of another kind."""
    try:
        scheme = urlsplit(uri).scheme
    except ValueError:
        scheme = "?"
    kind = _SCHEMES.get(scheme)
    if kind is None or (kind is Kind.FOLDER and not _is_absolute_folder(uri)):
        raise InvalidParameter(
            f"A datastore cannot be at '{uri}': it must be an absolute path of the server, "
            "s3://bucket/prefix, abfss://container@account.dfs.core.windows.net/prefix, "
            "wasbs://container@account.blob.core.windows.net/prefix or gs://bucket/prefix."
        )
    return kind


def _is_absolute_folder(uri: str) -> bool:
    parts = urlsplit(uri)
    path = PurePosixPath(parts.path)
    named_well = path.is_absolute() and ".." not in path.parts and "\0" not in uri
    return named_well and parts.netloc in ("", "localhost") and not (parts.query or parts.fragment)


def folder_path(uri: str) -> str:
    """The path in a folder's address."""
    return urlsplit(uri).path if uri.startswith("file:") else uri


def bucket_place(uri: str) -> BucketPlace:
    """The bucket in an address. Raises InvalidParameter."""
    parts = urlsplit(uri)
    bucket, host = parts.netloc, ""
    if kind_of(uri) is Kind.AZURE:
        bucket, at, host = parts.netloc.partition("@")
        if not at or "." not in host:
            raise InvalidParameter(
                f"'{uri}' names no storage account: write "
                f"{parts.scheme}://container@account.dfs.core.windows.net/prefix."
            )
    if not _CONTAINER.fullmatch(bucket):
        raise InvalidParameter(f"'{uri}' names no bucket.")
    prefix = parts.path.strip("/")
    if parts.query or parts.fragment or ".." in prefix.split("/") or "\\" in prefix:
        raise InvalidParameter(f"'{uri}' is no plain address of a bucket and a prefix.")
    return BucketPlace(bucket, prefix, host)


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"Invalid datastore name '{name}': it must be 1 to 63 small letters, digits, hyphens "
            "and underscores, a letter or digit first."
        )


def check_options(uri: str, options: Mapping[str, str], credentials: Mapping[str, str]) -> None:
    """See that a datastore at an address may have these. Raises InvalidParameter."""
    kind = kind_of(uri)
    if kind is not Kind.FOLDER:
        bucket_place(uri)
    for given, known, word in (
        (options, OPTIONS[kind], "options"),
        (credentials, CREDENTIALS[kind], "credentials"),
    ):
        if unknown := sorted(given.keys() - known.keys()):
            raise InvalidParameter(
                f"A datastore of kind {kind.value} has no {word} {', '.join(unknown)}; "
                f"there are {', '.join(known) or 'none'}."
            )
    for name in _TRUTHS & options.keys():
        if options[name] not in ("true", "false"):
            raise InvalidParameter(f"The option {name} must be true or false.")
    together = _TOGETHER.get(kind, ())
    if 0 < sum(name in credentials for name in together) < len(together):
        raise InvalidParameter(f"The credentials {' and '.join(together)} go together.")
    if any(name not in credentials for name in together) and "session_token" in credentials:
        raise InvalidParameter("A session_token goes with an access key.")
    _check_address(options.get("endpoint", ""))
    _check_address(options.get("authority_host", ""))


def _check_address(url: str) -> None:
    """Refuse what is no address of a store, and the one where clouds hand out credentials."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.username:
        raise InvalidParameter(f"'{url}' is no address of a store: write https://host:port.")
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return
    if number.is_link_local or number.is_multicast or number.is_unspecified:
        raise InvalidParameter(f"'{url}' is no address of a store.")


def check_limit(name: str, value: int | None) -> None:
    if value is not None and value < 0:
        raise InvalidParameter(f"The limit {name} is {value}; it must be at least 0.")


def mounted(name: str, path: str) -> str:
    """The proxy's path of a file in a datastore."""
    if name == BUILT_IN:
        return path
    return f"{MOUNT}/{name}/{path}" if path else f"{MOUNT}/{name}"


def unmounted(path: str) -> tuple[str, str]:
    """The datastore that a path of the proxy leads to, and the path there."""
    first, _, rest = path.partition("/")
    if first != MOUNT or not rest:
        return BUILT_IN, path
    name, _, below = rest.partition("/")
    return name, below


def parse_location(location: str) -> tuple[str, str] | None:
    """The datastore and path in ``datastore://NAME/path``; None for an address of another kind.

    Raises InvalidParameter if it is one, but not well written.
    """
    if not location.startswith(f"{SCHEME}:"):
        return None
    parts = urlsplit(location)
    if not parts.netloc or parts.query or parts.fragment:
        raise InvalidParameter(f"'{location}' names no datastore: write datastore://NAME/path.")
    check_name(parts.netloc)
    path = parts.path.strip("/")
    if ".." in unquote(path).split("/") or "\\" in path:
        raise InvalidParameter(f"'{location}' leads out of the datastore.")
    return parts.netloc, path


def not_found(name: str) -> DoesNotExist:
    return DoesNotExist(f"There is no datastore '{name}'.")
