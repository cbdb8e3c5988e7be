"""The protocol's words for files: listings, multipart uploads, presigned addresses."""

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from millpond.domain.metrics import Int64
from millpond.domain.names import missing_value
from millpond.errors import InvalidParameter
from millpond.wire.messages import DOCS_HINT, Filled, Message, Part, decode

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


class _NamesFile(Message):
    """path: the file's name on the client's own disk, of which only the last part is meant."""

    required = ("path",)

    path: Filled

    @property
    def file_name(self) -> str:
        return self.path.replace("\\", "/").rpartition("/")[2]


class CreateUpload(_NamesFile):
    """mpu/create."""

    num_parts: Int64 = 1


class SentPart(Part):
    """A part that has arrived; Azure's stores give no tag for one."""

    part_number: Int64
    etag: str = ""
    url: str = ""


class CompleteUpload(_NamesFile):
    """mpu/complete."""

    upload_id: str = ""
    parts: list[SentPart] = []


class AbortUpload(_NamesFile):
    """mpu/abort."""

    upload_id: str = ""


class PresignUpload(Message):
    """presigned-upload-url."""

    required = ("path",)

    path: Filled
    run_id: str = ""
    model_id: str = ""
    expiration: Int64 = 0


class PresignDownload(Message):
    """presigned-download-url."""

    required = ("run_id", "path")

    run_id: Filled
    path: Filled
    expiration: Int64 = 900


def presign_upload_request(body: bytes) -> PresignUpload:
    """Raises InvalidParameter, also unless exactly one of run_id and model_id is there."""
    request = decode(PresignUpload, body)
    if bool(request.run_id) == bool(request.model_id):
        raise InvalidParameter("Exactly one of run_id and model_id must be provided.")
    return request


def presign_download_request(body: bytes) -> PresignDownload:
    """Raises InvalidParameter, also for an expiration that no cloud would honour."""
    request = decode(PresignDownload, body)
    if not 1 <= request.expiration <= _LONGEST_EXPIRATION_S:
        raise InvalidParameter(
            f"expiration must be between 1 and {_LONGEST_EXPIRATION_S} seconds "
            f"(got {request.expiration})."
        )
    return request


def require(fields: Mapping[str, str], name: str) -> str:
    """A field of a query that must be there and not empty. Raises InvalidParameter."""
    value = fields.get(name, "")
    if not value:
        raise InvalidParameter(missing_value(name).message + DOCS_HINT)
    return value
