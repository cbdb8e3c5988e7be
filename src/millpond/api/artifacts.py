"""Files over HTTP: the mlflow-artifacts proxy, and the files of runs and logged models.

A run's or model's artifacts are served when they lie in a datastore of the workspace. Anything
else (a bucket, a folder of the client's) is the client's to read.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from millpond.api.checksums import CheckedBody
from millpond.api.downloads import send_file
from millpond.api.http import JSON_HEADERS, Handler, Request, Response
from millpond.api.places import PROXIED_SCHEMES, Places
from millpond.artifacts.contract import ArtifactStore, FileEntry, UploadedPart
from millpond.artifacts.paths import join, safe_path
from millpond.errors import (
    BadRequest,
    InvalidParameter,
    NotSupported,
    PermissionDenied,
    RequestTooLarge,
)
from millpond.wire import artifacts as wire
from millpond.wire.messages import decode

NoteDeletion = Callable[[str], Awaitable[None]]

_ROOTS = ("/api/2.0", "/ajax-api/2.0")
_PROXY = "/mlflow-artifacts/artifacts"
_PRESIGNED_S = 3_600

_LARGEST_UPLOAD_BYTES = 10 * 1024 * 1024
_LARGEST_QUESTION_BYTES = 1024 * 1024


class Signatures(Protocol):
    """Marks an address as given out by this server."""

    def sign(self, text: str) -> str: ...

    def has_signed(self, text: str, signature: str) -> bool: ...


class ArtifactRoutes:
    """The handlers of every route of the protocol about files."""

    def __init__(
        self,
        store: ArtifactStore,
        places: Places,
        note_deletion: NoteDeletion,
        signatures: Signatures,
        prefix: str = "",
    ) -> None:
        """note_deletion: writes down what a client is about to delete.

        prefix: what a proxy leaves before every path, which addresses given out must have.
        """
        self._store = store
        self._places = places
        self._note_deletion = note_deletion
        self._signatures = signatures
        self._prefix = prefix.rstrip("/")

    def routes(self) -> list[tuple[str, str, Handler]]:
        """(method, path, handler). `{path:rest}` stands for all that follows, slashes too and
        perhaps nothing; handlers find it, decoded, in path_params["path"]."""
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/get-artifact", self.get_run_file),
            ("HEAD", "/get-artifact", self.get_run_file),
        ]
        for root in _ROOTS:
            models = f"{root}/mlflow/logged-models/{{model_id}}/artifacts"
            multipart = f"{root}/mlflow-artifacts/mpu"
            routes += [
                ("GET", f"{root}{_PROXY}", self.list_folder),
                ("GET", f"{root}{_PROXY}/{{path:rest}}", self.get_file),
                ("HEAD", f"{root}{_PROXY}/{{path:rest}}", self.get_file),
                ("PUT", f"{root}{_PROXY}/{{path:rest}}", self.put_file),
                ("DELETE", f"{root}{_PROXY}/{{path:rest}}", self.delete_file),
                ("POST", f"{multipart}/create/{{path:rest}}", self.create_upload),
                ("POST", f"{multipart}/complete/{{path:rest}}", self.complete_upload),
                ("POST", f"{multipart}/abort/{{path:rest}}", self.abort_upload),
                ("PUT", f"{multipart}/part/{{path:rest}}", self.put_part),
                ("GET", f"{root}/mlflow-artifacts/signed/{{path:rest}}", self.get_signed_file),
                ("GET", f"{root}/mlflow-artifacts/presigned/{{path:rest}}", self.presign_file),
                ("GET", f"{root}/mlflow/artifacts/list", self.list_run_files),
                ("POST", f"{root}/mlflow/artifacts/presigned-upload-url", self.presign_upload),
                ("POST", f"{root}/mlflow/artifacts/presigned-download-url", self.presign_download),
                ("GET", f"{models}/directories", self.list_model_files),
            ]
        # Only the web pages of MLflow call these two.
        model_file = "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files"
        return [
            *routes,
            ("GET", model_file, self.get_model_file),
            ("HEAD", model_file, self.get_model_file),
            ("POST", "/ajax-api/2.0/mlflow/upload-artifact", self.upload_run_file),
        ]

    async def list_folder(self, request: Request) -> Response:
        path = safe_path(request.query_fields().get("path", ""))
        return _listing(await self._store.list_folder(path), "")

    async def get_file(self, request: Request) -> Response:
        return await send_file(self._store, safe_path(request.path_params["path"]), request)

    async def put_file(self, request: Request) -> Response:
        return await keep_file(self._store, file_path(request.path_params["path"]), request)

    async def delete_file(self, request: Request) -> Response:
        path = safe_path(request.path_params["path"])
        if path:
            await self._note_deletion(path)
        await self._store.delete(path)
        return _answer({})

    async def create_upload(self, request: Request) -> Response:
        folder = safe_path(request.path_params["path"])
        asked = decode(wire.CreateUpload, await request.body(_LARGEST_QUESTION_BYTES))
        path = join(folder, file_path(asked.file_name))
        upload = await self._store.create_upload(path, asked.num_parts)
        credentials = [
            wire.PartCredential(
                target.url or self._part_url(request, path, upload.upload_id, target.part_number),
                target.part_number,
                target.headers,
            )
            for target in upload.targets
        ]
        return _answer(wire.UploadCreated(upload.upload_id, credentials))

    async def put_part(self, request: Request) -> Response:
        """A part of an upload to a store that keeps parts only through this server.

        Clients send it as they would to a bucket, with no sign-in: the upload's id is what they
        show, and nobody can guess it.
        """
        fields = request.query_fields()
        path = safe_path(request.path_params["path"])
        number = fields.get("part_number", "")
        if not (number.isascii() and number.isdigit() and len(number) < 9):
            raise InvalidParameter(f"Invalid value '{number}' for parameter 'part_number'.")
        body = CheckedBody(request)
        upload_id = fields.get("upload_id", "")
        tag = await self._store.put_part(path, upload_id, int(number), body.chunks())
        return Response(headers=[(b"etag", f'"{tag}"'.encode()), *body.headers()])

    async def complete_upload(self, request: Request) -> Response:
        folder = safe_path(request.path_params["path"])
        asked = decode(wire.CompleteUpload, await request.body(_LARGEST_QUESTION_BYTES))
        parts = [UploadedPart(part.part_number, part.etag, part.url) for part in asked.parts]
        path = join(folder, file_path(asked.file_name))
        await self._store.complete_upload(path, asked.upload_id, parts)
        return _answer({})

    async def abort_upload(self, request: Request) -> Response:
        folder = safe_path(request.path_params["path"])
        asked = decode(wire.AbortUpload, await request.body(_LARGEST_QUESTION_BYTES))
        path = join(folder, file_path(asked.file_name))
        await self._store.abort_upload(path, asked.upload_id)
        return _answer({})

    async def presign_file(self, request: Request) -> Response:
        path = safe_path(request.path_params["path"])
        file = await self._store.presign_download(path)
        url = file.url or self._signed_url(request, path)
        return _answer(wire.Presigned(url, file.headers, file.size_bytes))

    async def get_signed_file(self, request: Request) -> Response:
        """A file at an address that ``presign_file`` gave out, for a client with no sign-in."""
        path = safe_path(request.path_params["path"])
        fields = request.query_fields()
        expires, signature = fields.get("expires", ""), fields.get("signature", "")
        if not self._signatures.has_signed(f"GET {path} {expires}", signature):
            raise PermissionDenied("This address was not given out by this server.")
        if int(expires) < time.time():
            raise PermissionDenied("This address is no longer good; ask for a new one.")
        return await send_file(self._store, path, request)

    async def presign_upload(self, request: Request) -> Response:
        asked = wire.presign_upload_request(await request.body(_LARGEST_QUESTION_BYTES))
        safe_path(asked.path)
        if asked.run_id:
            uri = await self._places.uri_of_run(asked.run_id)
        else:
            uri = await self._places.uri_of_model(asked.model_id)
        if (scheme := urlsplit(uri).scheme) in PROXIED_SCHEMES:
            raise InvalidParameter(
                "Presigned upload is not supported for proxied artifact storage (artifact URI "
                f"scheme: {scheme}). This endpoint requires a direct cloud storage artifact URI."
            )
        raise NotSupported("Presigned upload is not supported for the current artifact repository")

    async def presign_download(self, request: Request) -> Response:
        asked = wire.presign_download_request(await request.body(_LARGEST_QUESTION_BYTES))
        safe_path(asked.path)
        uri = await self._places.uri_of_run(asked.run_id)
        if (scheme := urlsplit(uri).scheme) in PROXIED_SCHEMES:
            raise InvalidParameter(
                "Presigned download is not supported for runs with proxied artifact storage "
                f"(artifact URI scheme: {scheme}). "
                "This endpoint requires a run with a direct cloud storage artifact URI."
            )
        raise NotSupported(
            "Presigned download is not supported for the current artifact repository"
        )

    async def list_run_files(self, request: Request) -> Response:
        fields = request.query_fields()
        run_id = _run_id(fields)
        path = safe_path(fields.get("path", ""))
        return await self._list_below(await self._places.uri_of_run(run_id), path)

    async def list_model_files(self, request: Request) -> Response:
        path = safe_path(request.query_fields().get("artifact_directory_path", ""))
        uri = await self._places.uri_of_model(request.path_params["model_id"])
        return await self._list_below(uri, path)

    async def get_run_file(self, request: Request) -> Response:
        fields = request.query_fields()
        if "path" not in fields:
            wire.require(fields, "path")
        path = safe_path(fields["path"])
        folder = await self._places.path_at(await self._places.uri_of_run(_run_id(fields)))
        return await send_file(self._store, join(folder, path), request)

    async def get_model_file(self, request: Request) -> Response:
        path = request.query_fields().get("artifact_file_path")
        if not path:
            raise BadRequest('Request must include the "artifact_file_path" query parameter.')
        path = safe_path(path)
        uri = await self._places.uri_of_model(request.path_params["model_id"])
        folder = await self._places.path_at(uri)
        return await send_file(self._store, join(folder, path), request)

    async def upload_run_file(self, request: Request) -> Response:
        fields = request.query_fields()
        run_id = fields.get("run_uuid")
        if not run_id:
            raise InvalidParameter("Request must specify run_uuid.")
        if not fields.get("path"):
            raise InvalidParameter("Request must specify path.")
        path = file_path(fields["path"])
        try:
            data = await request.body(_LARGEST_UPLOAD_BYTES)
        except RequestTooLarge:
            raise InvalidParameter("Artifact size is too large. Max size is 10MB.") from None
        if not data:
            raise InvalidParameter("Request must specify data.")
        folder = await self._places.path_at(await self._places.uri_of_run(run_id))
        await self._store.put(join(folder, path), _one(data), len(data))
        return Response()

    async def _list_below(self, uri: str, path: str) -> Response:
        entries = await self._store.list_folder(join(await self._places.path_at(uri), path))
        return _listing(entries, path, uri)

    def _part_url(self, request: Request, path: str, upload_id: str, number: int) -> str:
        place = f"/api/2.0/mlflow-artifacts/mpu/part/{quote(path)}"
        return f"{self._base(request)}{place}?upload_id={upload_id}&part_number={number}"

    def _signed_url(self, request: Request, path: str) -> str:
        expires = int(time.time()) + _PRESIGNED_S
        signature = self._signatures.sign(f"GET {path} {expires}")
        place = f"/api/2.0/mlflow-artifacts/signed/{quote(path)}"
        return f"{self._base(request)}{place}?expires={expires}&signature={signature}"

    def _base(self, request: Request) -> str:
        """How the client calls this server, before the path."""
        # A proxy that speaks TLS says so; an address is no secret, so it need not be believed.
        scheme = request.header(b"x-forwarded-proto") or request.scope.get("scheme", "http")
        host = request.header(b"host") or "localhost"
        return f"{'https' if scheme == 'https' else 'http'}://{host}{self._prefix}"


async def keep_file(store: ArtifactStore, path: str, request: Request) -> Response:
    """Store the body of a request. Raises what putting it raises, and InvalidParameter."""
    body = CheckedBody(request)
    await store.put(path, body.chunks(), request.content_length())
    return Response(headers=body.headers())


def _run_id(fields: dict[str, str]) -> str:
    """The run asked for; `run_uuid` is its name in MLflow before 1.0."""
    run_id = fields.get("run_id") or fields.get("run_uuid", "")
    wire.require({"run_id": run_id}, "run_id")
    return run_id


def file_path(path: str) -> str:
    """A client's path that must name a file. Raises InvalidParameter."""
    safe = safe_path(path)
    if not safe or path.endswith("/"):
        raise InvalidParameter("Artifact path must include a filename (cannot end with '/').")
    return safe


def _listing(entries: list[FileEntry], folder: str, root_uri: str | UnsetType = UNSET) -> Response:
    files = [
        wire.ListedFile(
            join(folder, entry.path), entry.is_dir, UNSET if entry.is_dir else entry.size_bytes
        )
        for entry in entries
    ]
    return _answer(wire.FileList(root_uri, files))


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _answer(body: object) -> Response:
    return Response(msgspec.json.encode(body), headers=JSON_HEADERS)
