"""The protocol's words for files: listings, multipart uploads, presigned addresses."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from millpond.errors import InvalidParameter

_SEE_DOCS = " See the API docs for more information about request parameters."

# What the clouds allow for a presigned address: a week.
_LONGEST_EXPIRATION_S = 604_800


class ListedFile(Struct, frozen=True, gc=False):
    """One line of a listing. MLflow leaves out the size of a folder, and of an empty file as well:
    here an empty file has its size, 0."""

    path: str
    is_dir: bool
    file_size: int | UnsetType = UNSET


class FileList(Struct, frozen=True, omit_defaults=True):
    """An answer of artifacts/list (with root_uri) or of the proxy's list (without)."""

    root_uri: str | UnsetType = UNSET
    files: list[ListedFile] = []


class PartCredential(Struct, frozen=True):
    url: str
    part_number: int
    headers: dict[str, str]


class UploadCreated(Struct, frozen=True):
    """The answer of mpu/create."""

    upload_id: str
    credentials: list[PartCredential]


class Presigned(Struct, frozen=True):
    """The answer of presigned/{path}."""

    url: str
    headers: dict[str, str]
    file_size: int


class UploadRequest(Struct, frozen=True):
    """What mpu/create, complete and abort are sent. `path` is the file's name on the client's own
    disk, of which only the last part is meant."""

    path: str = ""
    num_parts: int = 1
    upload_id: str = ""
    parts: list[dict[str, Any]] = []

    @property
    def file_name(self) -> str:
        return self.path.replace("\\", "/").rpartition("/")[2]


def upload_request(body: bytes) -> UploadRequest:
    """The body of an mpu call. Raises InvalidParameter."""
    fields = _fields(body)
    require(fields, "path")
    return UploadRequest(
        path=text(fields, "path"),
        num_parts=_integer(fields, "num_parts", 1),
        upload_id=text(fields, "upload_id"),
        parts=_objects(fields, "parts"),
    )


class PresignRequest(Struct, frozen=True):
    """What presigned-upload-url and presigned-download-url are sent."""

    path: str
    run_id: str
    model_id: str


def presign_upload_request(body: bytes) -> PresignRequest:
    """Raises InvalidParameter, also unless exactly one of run_id and model_id is there."""
    fields = _fields(body)
    require(fields, "path")
    request = PresignRequest(text(fields, "path"), text(fields, "run_id"), text(fields, "model_id"))
    _integer(fields, "expiration", 0)
    if bool(request.run_id) == bool(request.model_id):
        raise InvalidParameter("Exactly one of run_id and model_id must be provided.")
    return request


def presign_download_request(body: bytes) -> PresignRequest:
    """Raises InvalidParameter, also for an expiration that no cloud would honour."""
    fields = _fields(body)
    require(fields, "run_id")
    require(fields, "path")
    request = PresignRequest(text(fields, "path"), text(fields, "run_id"), "")
    expiration = _integer(fields, "expiration", 900)
    if not 1 <= expiration <= _LONGEST_EXPIRATION_S:
        raise InvalidParameter(
            f"expiration must be between 1 and {_LONGEST_EXPIRATION_S} seconds (got {expiration})."
        )
    return request


def require(fields: Mapping[str, Any], name: str) -> Any:
    """A field that must be there and not empty. Raises InvalidParameter with MLflow's text."""
    value = fields.get(name)
    if value is None or value == "":
        raise InvalidParameter(f"Missing value for required parameter '{name}'.{_SEE_DOCS}")
    return value


def text(fields: Mapping[str, Any], name: str) -> str:
    """A field that is a string, or ``""``. Raises InvalidParameter with MLflow's text."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong_type(name, value)
    return value


def _integer(fields: Mapping[str, Any], name: str, default: int) -> int:
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = int(value)
        except (ValueError, OverflowError):
            raise _wrong_type(name, value) from None
        if isinstance(value, str) or number == value:
            return number
    raise _wrong_type(name, value)


def _objects(fields: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = fields.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _wrong_type(name, value)
    return value


def _fields(body: bytes) -> dict[str, Any]:
    """A JSON object; anything else counts as an empty one, so that the error names a field."""
    try:
        value = msgspec.json.decode(body)
        if isinstance(value, str):
            # Old clients encode twice.
            value = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def _wrong_type(name: str, value: object) -> InvalidParameter:
    shown = msgspec.json.encode(value).decode()
    return InvalidParameter(
        f"Invalid value {shown} for parameter '{name}' supplied: "
        f" Hint: Value was of type '{type(value).__name__}'.{_SEE_DOCS}"
    )
