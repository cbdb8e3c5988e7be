"""Every setting of the server: typed, with one sentence that says what it does.

A setting comes from the command line, else from an environment variable, else from a TOML file,
else it has its default.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from millpond.errors import InvalidParameter

ENV_PREFIX = "MILLPOND_"
# What nobody but the server may read.
SECRETS = frozenset({"store_url", "secret_key"})
STORE_URL_SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True)
class Settings:
    """How a server runs."""

    host: Annotated[
        str,
        "The address to listen on; anything but a loopback address also needs allow_remote.",
    ] = "127.0.0.1"
    port: Annotated[
        int,
        "The TCP port to listen on; 0 takes a free one and prints it.",
    ] = 5000
    data_dir: Annotated[
        Path,
        "The folder that holds everything: the database and, below artifacts/, the files.",
    ] = Path("millpond-data")
    store_url: Annotated[
        str,
        "The PostgreSQL database that keeps everything but the files, such as "
        "postgresql://user:password@host:5432/millpond; without one it is SQLite in data_dir.",
    ] = field(default="", repr=False)
    workers: Annotated[
        int,
        "How many processes serve requests together; more than one needs a store_url.",
    ] = 1
    artifact_root: Annotated[
        str,
        "Where an experiment that names no place keeps its artifacts, unless the workspace has a "
        "default datastore: mlflow-artifacts: has clients send them to this server, "
        "datastore://NAME/path has the server keep them in a datastore, and a folder or s3:// is "
        "reached by the clients themselves.",
    ] = "mlflow-artifacts:"
    datastore_folders: Annotated[
        str,
        "Folders, separated as in PATH, in which folders may be registered as datastores, besides "
        "datastores/ in the data folder.",
    ] = ""
    secret_key: Annotated[
        str,
        "What the credentials of datastores are encrypted with, 16 characters or more; without it "
        "a key is made in the data folder's file secret.key.",
    ] = field(default="", repr=False)
    allow_remote: Annotated[
        bool,
        "Listen on an address that others can reach, although there is no sign-in yet: whoever "
        "can connect can read and change everything.",
    ] = False
    allowed_hosts: Annotated[
        str,
        "Host names, separated by commas, that requests may call this server by besides localhost"
        " and the address it listens on; * takes any.",
    ] = ""
    url_prefix: Annotated[
        str,
        "What a proxy leaves before every path, such as /millpond, if it leaves anything.",
    ] = ""
    max_body_bytes: Annotated[
        int,
        "The largest request body that is read, files apart.",
    ] = 128 << 20
    max_queued_bytes: Annotated[
        int,
        "How many bytes of writes may wait for the disk before new ones are answered 429.",
    ] = 256 << 20
    read_threads: Annotated[
        int,
        "How many reads run at the same time.",
    ] = 4
    artifact_threads: Annotated[
        int,
        "How many pieces of files are read or written at a time.",
    ] = 8
    model_source_schemes: Annotated[
        str,
        "Schemes, separated by commas, that name a host (hdfs, abfss, https, ...) and that sources "
        "of model versions may have all the same; the server opens none of them.",
    ] = ""
    model_source_pattern: Annotated[
        str,
        "A regular expression that the source of every new model version must match somewhere.",
    ] = ""
    retention_days: Annotated[
        float,
        "How many days deleted runs and logged models stay in the bin before they are removed for "
        "good, with their files; 0 keeps them for ever.",
    ] = 0.0
    webhook_private_addresses: Annotated[
        bool,
        "Webhooks may call addresses of this machine and of private networks.",
    ] = False
    scoring_python: Annotated[
        str,
        "The Python, with mlflow and Millpond in it, that scores tables for the API, in "
        "processes of their own; without it the API scores none.",
    ] = ""
    log_level: Annotated[
        str,
        "How much the server logs: debug, info, warning or error.",
    ] = "warning"

    @property
    def is_loopback(self) -> bool:
        return self.host in ("127.0.0.1", "localhost", "::1")


def describe() -> list[tuple[str, str, Any, str]]:
    """(name, environment variable, default, sentence) of every setting."""
    hints = get_type_hints(Settings, include_extras=True)
    return [
        (f.name, ENV_PREFIX + f.name.upper(), f.default, hints[f.name].__metadata__[0])
        for f in fields(Settings)
    ]


def load(
    flags: Mapping[str, Any],
    environ: Mapping[str, str] = os.environ,
    config_file: Path | None = None,
) -> Settings:
    """Settings from all their sources. Raises InvalidParameter for one that is wrong."""
    from_file = _read_file(config_file) if config_file else {}
    values: dict[str, Any] = {}
    for f in fields(Settings):
        variable = ENV_PREFIX + f.name.upper()
        if flags.get(f.name) is not None:
            values[f.name] = _typed(f.name, flags[f.name], "the command line")
        elif variable in environ:
            values[f.name] = _typed(f.name, environ[variable], variable)
        elif f.name in from_file:
            values[f.name] = _typed(f.name, from_file[f.name], str(config_file))
    settings = Settings(**values)
    _check(settings)
    return settings


def _read_file(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise InvalidParameter(f"There is no settings file {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidParameter(f"The settings file {path} cannot be read: {error}") from None
    known = {f.name for f in fields(Settings)}
    if unknown := sorted(set(given) - known):
        raise InvalidParameter(
            f"The settings file {path} has {', '.join(unknown)}, which no setting is called; "
            f"there are {', '.join(sorted(known))}."
        )
    return given


def _typed(name: str, value: Any, source: str) -> Any:
    wanted: type[Any] = get_type_hints(Settings)[name]
    try:
        if wanted is bool:
            return _to_bool(value)
        if isinstance(value, bool):
            raise ValueError
        return wanted(value)
    except (TypeError, ValueError):
        raise InvalidParameter(
            f"The setting {name} (from {source}) is {value!r}; it must be {_KINDS[wanted]}."
        ) from None


_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in _TRUE | _FALSE:
        raise ValueError
    return text in _TRUE


_MOST_DAYS = 1_000_000


def _check(settings: Settings) -> None:
    if not 0 <= settings.port <= 65535:
        raise InvalidParameter(f"The setting port is {settings.port}; it must be 0 to 65535.")
    for name in (
        "workers",
        "max_body_bytes",
        "max_queued_bytes",
        "read_threads",
        "artifact_threads",
    ):
        if getattr(settings, name) < 1:
            raise InvalidParameter(
                f"The setting {name} is {getattr(settings, name)}; it must be at least 1."
            )
    if not 0 <= settings.retention_days <= _MOST_DAYS:
        raise InvalidParameter(
            f"The setting retention_days is {settings.retention_days}; it must be "
            f"0 to {_MOST_DAYS}."
        )
    if settings.workers > 1 and not settings.store_url:
        raise InvalidParameter(
            f"The setting workers is {settings.workers}, but SQLite is written by one process. "
            "Leave it at 1, or give the server a PostgreSQL database with --store-url."
        )
    if settings.store_url and not settings.store_url.startswith(STORE_URL_SCHEMES):
        # Not repeated here: it may hold a password.
        raise InvalidParameter(
            "The setting store_url must look like postgresql://user:password@host:5432/database."
        )
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise InvalidParameter(
            f"The setting log_level is {settings.log_level!r}; it must be debug, info, warning "
            "or error."
        )
    try:
        re.compile(settings.model_source_pattern)
    except re.error as error:
        raise InvalidParameter(
            f"The setting model_source_pattern is {settings.model_source_pattern!r}; it must be a "
            f"regular expression, and is none: {error}."
        ) from None
    if settings.url_prefix and not settings.url_prefix.startswith("/"):
        raise InvalidParameter(
            f"The setting url_prefix is {settings.url_prefix!r}; it must begin with a slash."
        )
    if not settings.is_loopback and not settings.allow_remote:
        raise InvalidParameter(
            f"Listening on {settings.host} would let everyone who can connect read and change "
            "everything, since there is no sign-in yet. Listen on 127.0.0.1, or say "
            "--allow-remote if that is what you want."
        )
