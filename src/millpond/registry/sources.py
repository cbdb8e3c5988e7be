"""Where a version's files come from: which sources are taken, and what they stand for.

A source is what a client wrote, so it is checked as MLflow's server checks it: a place below a
run's or a logged model's artifacts only together with that run or model, a path of this machine
only inside of these, nothing that leads upwards, and no address whose host the client chose.
"""

import os
import re
from typing import NoReturn
from urllib.parse import SplitResult, unquote, unquote_plus, urlparse, urlsplit
from urllib.request import url2pathname

from msgspec import Struct

from millpond.domain.experiments import Stage
from millpond.domain.registry import (
    LATEST,
    PROMPT_SOURCES,
    ModelVersion,
    check_model_name,
    model_not_found,
    parse_stage,
    version_not_found,
)
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.store.contract import Reader

# What names the host that a client would connect to.
HOST_SCHEMES = frozenset(
    ["ftp", "sftp", "hdfs", "viewfs", "http", "https", "mlflow-artifacts", "r2", "b2", "abfss"]
)
_PROXY_PARTS = ("api", "2.0", "mlflow-artifacts", "artifacts")


class SourceRules(Struct, frozen=True):
    """What an administrator says about sources.

    host_schemes: those of ``HOST_SCHEMES`` that are taken all the same; pattern: what a source
    must contain, a regular expression.
    """

    host_schemes: frozenset[str] = frozenset()
    pattern: str = ""


class Origin(Struct, frozen=True):
    """What a new version is made of, after its source was looked up."""

    source: str
    storage_location: str
    run_id: str
    model_id: str


def look_up_prompt(source: str) -> Origin:
    """The origin of a prompt, which has no files."""
    if source not in PROMPT_SOURCES:
        raise InvalidParameter(
            f"Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder."
        )
    return Origin(source, source, "", "")


def check_rules(source: str, rules: SourceRules) -> None:
    """Refuse a source by its looks. Raises InvalidParameter."""
    if rules.pattern and not re.search(rules.pattern, source):
        raise InvalidParameter(f"Invalid model version source: '{source}'.")
    try:
        parts = urlparse(source)
    except ValueError:
        raise _leads_elsewhere(source) from None
    is_our_proxy = parts.scheme == "mlflow-artifacts" and not parts.netloc
    if parts.scheme in HOST_SCHEMES - rules.host_schemes and not is_our_proxy:
        raise InvalidParameter(
            f"'source' cannot use the '{parts.scheme}' scheme: the '{parts.scheme}' scheme "
            "addresses a host other than the tracking server's configured artifact storage, so "
            "the server would connect to the host named in the URI. Set "
            "MILLPOND_MODEL_SOURCE_SCHEMES on the server to allow it."
        )


def look_up(reader: Reader, source: str, run_id: str | None, model_id: str | None) -> Origin:
    """The origin of a version.

    run_id, model_id: None where the request does not say. Raises InvalidParameter for a source
    that does not belong to them, DoesNotExist for a version or model that is not there.
    """
    copied: ModelVersion | None = None
    parts = urlparse(source)
    if parts.scheme == "models":
        if parts.netloc:
            raise InvalidParameter(
                f"Invalid model version source: '{source}'. Registered model sources must use the "
                "active model registry."
            )
        if _model_id_in(source) is None:
            copied = find_version(reader, source)
            _check_copy(source, copied, run_id, model_id)
            source = f"models:/{copied.name}/{copied.version}"
    if copied is not None:
        run_id = copied.run_id if run_id is None else run_id
        model_id = copied.model_id if model_id is None else model_id
    run_id, model_id = run_id or "", model_id or ""
    if model_id:
        _check_source_of_model(reader, source, model_id)
    else:
        _check_source_of_run(reader, source, run_id)
    storage_location = source
    if copied is not None:
        storage_location = copied.storage_location
    elif parts.scheme == "models":
        model = reader.model(model_id)
        if model is None or model.stage is Stage.DELETED:
            raise DoesNotExist(
                "Unable to fetch model from model URI source artifact location "
                f"'{source}'.Error: Logged model with ID '{model_id}' not found."
            )
        storage_location = model.artifact_uri
    if model_id and not run_id:
        model = reader.model(model_id)
        run_id = model.source_run_id if model is not None else ""
    return Origin(source, storage_location, run_id, model_id)


def find_version(reader: Reader, uri: str) -> ModelVersion:
    """The version that a ``models:/`` address means: by number, stage, alias, or the latest.

    Raises InvalidParameter, DoesNotExist.
    """
    name, suffix, alias = _parse_uri(uri)
    check_model_name(name)
    model = reader.registered_model(name)
    if model is None:
        raise model_not_found(name)
    if model.is_prompt:
        raise InvalidParameter(
            f"Invalid model version source: '{uri}'. Prompt versions cannot be used as model "
            "version sources."
        )
    if alias and alias.lower() != LATEST:
        number = next((a.version for a in model.aliases if a.alias == alias), None)
        if number is None:
            raise InvalidParameter(f"Registered model alias {alias} not found.")
    elif suffix.isdigit():
        number = int(suffix)
    else:
        stage = None if alias or suffix.lower() == LATEST else parse_stage(suffix)
        found = [v.version for v in model.latest if stage in (None, v.stage)]
        if not found:
            about = "" if stage is None else f" and stage '{suffix}'"
            raise DoesNotExist(f"No versions of model with name '{name}'{about} found")
        number = max(found)
    version = reader.model_version(name, number)
    if version is None:
        raise version_not_found(name, number)
    return version


def _check_copy(
    source: str, copied: ModelVersion, run_id: str | None, model_id: str | None
) -> None:
    # Clients of MLflow know the run of a version and not its model, so an empty one is no claim.
    if (run_id is not None and run_id != copied.run_id) or (
        model_id and model_id != copied.model_id
    ):
        raise InvalidParameter(
            f"Invalid model version source: '{source}'. The run_id and model_id request "
            "parameters must match the referenced model version."
        )


def _check_source_of_run(reader: Reader, source: str, run_id: str) -> None:
    if _is_local(source):
        info = reader.run_info(run_id) if run_id else None
        if run_id and info is None:
            _belongs_elsewhere(source, "run_id")
        if info is None or not _is_path_inside(source, info.artifact_uri):
            raise InvalidParameter(
                f"Invalid model version source: '{source}'. To use a local path as a model version "
                "source, the run_id request parameter has to be specified and the local path has "
                "to be contained within the artifact directory of the run specified by the run_id."
            )
        return
    parts = _require_plain(source)
    if parts.scheme == "runs" and (parts.netloc or not run_id or _run_id_in(source) != run_id):
        _belongs_elsewhere(source, "run_id")
    if parts.scheme == "models" and (parts.netloc or _model_id_in(source) is not None):
        _belongs_elsewhere(source, "model_id")
    if _is_proxied(source):
        info = reader.run_info(run_id) if run_id else None
        if info is None or not _is_inside(source, info.artifact_uri):
            _belongs_elsewhere(source, "run_id")


def _check_source_of_model(reader: Reader, source: str, model_id: str) -> None:
    if _is_local(source):
        if not _is_path_inside(source, _artifacts_of_model(reader, source, model_id)):
            raise InvalidParameter(
                f"Invalid model version source: '{source}'. To use a local path as a model version "
                "source, the model_id request parameter has to be specified and the local path has "
                "to be contained within the artifact directory of the run specified by the "
                "model_id."
            )
        return
    parts = _require_plain(source)
    if parts.scheme == "models" and _model_id_in(source) not in (None, model_id):
        _belongs_elsewhere(source, "model_id")
    if parts.scheme == "runs":
        _belongs_elsewhere(source, "model_id")
    if _is_proxied(source) and not _is_inside(
        source, _artifacts_of_model(reader, source, model_id)
    ):
        _belongs_elsewhere(source, "model_id")


def _artifacts_of_model(reader: Reader, source: str, model_id: str) -> str:
    model = reader.model(model_id)
    if model is None or model.stage is Stage.DELETED:
        _belongs_elsewhere(source, "model_id")
    return model.artifact_uri


def _parse_uri(uri: str) -> tuple[str, str, str]:
    """(name, version or stage, alias) of a ``models:/`` address; two of them are empty or one."""
    path = urlparse(uri, allow_fragments=False).path
    parts = path.lstrip("/").split("/")
    if not path.startswith("/") or len(parts) > 2 or not parts[0].strip():
        _belongs_elsewhere(uri, "model_id")
    if len(parts) == 2:
        if not parts[1].strip():
            _belongs_elsewhere(uri, "model_id")
        return parts[0], parts[1], ""
    name, at, alias = parts[0].rpartition("@")
    if not at or not alias.strip():
        _belongs_elsewhere(uri, "model_id")
    return name, "", alias


def _model_id_in(uri: str) -> str | None:
    """The logged model that a ``models:/`` address names, None if it names a version."""
    path = urlparse(uri, allow_fragments=False).path
    name = path.removeprefix("/")
    if path.startswith("/") and name.strip("/") and "/" not in name.lstrip("/") and "@" not in path:
        return name.lstrip("/")
    _parse_uri(uri)
    return None


def _run_id_in(uri: str) -> str:
    return urlparse(uri).path.removeprefix("/").split("/")[0]


def _require_plain(source: str) -> SplitResult:
    """Refuse a path that leads upwards, however it is written."""
    written = source
    while (unquoted := unquote_plus(written)) != written:
        written = unquoted
    try:
        path = re.sub("/+", "/", urlparse(written).path.rstrip("/"))
        parts = urlsplit(source)
    except ValueError:
        raise _leads_elsewhere(source) from None
    is_upwards = "\x00" in path or ".." in written.split("/")
    if is_upwards or os.path.normpath(path or "/") != (path or "/"):
        raise _leads_elsewhere(source)
    return parts


def _leads_elsewhere(source: str) -> InvalidParameter:
    return InvalidParameter(
        f"Invalid model version source: '{source}'. If supplying a source as an http, https, "
        "local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be "
        "provided without relative path references present. Please provide an absolute path."
    )


def _belongs_elsewhere(source: str, field: str) -> NoReturn:
    raise InvalidParameter(
        f"Invalid model version source: '{source}'. The {field} request parameter must identify "
        "the resource that contains the source."
    )


def _is_local(uri: str) -> bool:
    """Whether an address is a path of this machine."""
    try:
        parts = urlparse(uri)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "file" and host and not host.startswith((".", "localhost", "127.0.0.1")):
        raise InvalidParameter(
            f"{uri} is not a valid remote uri. For remote access on windows, please consider using "
            "a different scheme such as SMB (e.g. smb://<hostname>/<path>)."
        )
    return parts.scheme in ("", "file")


def _is_path_inside(source: str, root: str) -> bool:
    if not _is_local(root) or "\x00" in source:
        return False
    # Links are followed, as whoever reads the files would follow them.
    inner, outer = os.path.realpath(_path_of(source)), os.path.realpath(_path_of(root))
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def _path_of(uri: str) -> str:
    return url2pathname(urlparse(uri).path if uri.startswith("file:") else uri)


def _is_proxied(source: str) -> bool:
    scheme, _, parts = _normalized(source)
    if scheme == "mlflow-artifacts":
        return True
    length = len(_PROXY_PARTS)
    return scheme in ("http", "https") and any(
        parts[i : i + length] == _PROXY_PARTS for i in range(len(parts) - length + 1)
    )


def _is_inside(source: str, root: str) -> bool:
    scheme, host, parts = _normalized(source)
    root_scheme, root_host, root_parts = _normalized(root)
    return (
        (scheme, host) == (root_scheme, root_host)
        and bool(root_parts)
        and parts[: len(root_parts)] == root_parts
    )


def _normalized(uri: str) -> tuple[str, str, tuple[str, ...]]:
    parts = urlsplit(uri)
    path = tuple(_unquoted(part) for part in parts.path.split("/") if part)
    return parts.scheme.lower(), parts.netloc.lower(), path


def _unquoted(text: str) -> str:
    while (unquoted := unquote(text)) != text:
        text = unquoted
    return text


def schemes(text: str) -> frozenset[str]:
    """The schemes in a list with commas."""
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())
