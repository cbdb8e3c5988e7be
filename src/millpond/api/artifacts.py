"""Files over HTTP: the mlflow-artifacts proxy, and the files of runs and logged models.

A run's or model's artifacts are served when they lie in the server's own artifact store. Anything
else (a bucket, a folder of the client's) is the client's to read: the server opens no address that
a client has written into a run.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from millpond.api.downloads import send_file
from millpond.api.http import JSON_HEADERS, Handler, Request, Response
from millpond.artifacts.contract import ArtifactStore, FileEntry, UploadedPart
from millpond.artifacts.paths import join, safe_path
from millpond.errors import BadRequest, InvalidParameter, NotSupported, RequestTooLarge
from millpond.wire import artifacts as wire

Lookup = Callable[[str], Awaitable[str]]

_ROOTS = ("/api/2.0", "/ajax-api/2.0")
_PROXY = "/mlflow-artifacts/artifacts"
_PROXIED_SCHEMES = {"mlflow-artifacts", "http", "https"}

_LARGEST_UPLOAD_BYTES = 10 * 1024 * 1024
_LARGEST_QUESTION_BYTES = 1024 * 1024


class ArtifactRoutes:
    """The handlers of every route about files.

    lookup_run, lookup_model: from an id to the artifact URI; they raise DoesNotExist.
    """

    def __init__(self, store: ArtifactStore, lookup_run: Lookup, lookup_model: Lookup) -> None:
        self._store = store
        self._lookup_run = lookup_run
        self._lookup_model = lookup_model

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
        path = _file_path(request.path_params["path"])
        await self._store.put(path, request.stream())
        return Response(headers=[])

    async def delete_file(self, request: Request) -> Response:
        await self._store.delete(safe_path(request.path_params["path"]))
        return _answer({})

    async def create_upload(self, request: Request) -> Response:
        folder = safe_path(request.path_params["path"])
        asked = wire.upload_request(await request.body(_LARGEST_QUESTION_BYTES))
        path = join(folder, _file_path(asked.file_name))
        upload = await self._store.create_upload(path, asked.num_parts)
        credentials = [
            wire.PartCredential(target.url, target.part_number, target.headers)
            for target in upload.targets
        ]
        return _answer(wire.UploadCreated(upload.upload_id, credentials))

    async def complete_upload(self, request: Request) -> Response:
        folder = safe_path(request.path_params["path"])
        asked = wire.upload_request(await request.body(_LARGEST_QUESTION_BYTES))
        try:
            parts = msgspec.convert(asked.parts, list[UploadedPart], strict=False)
        except msgspec.ValidationError as error:
            raise InvalidParameter(f"Invalid value for parameter 'parts': {error}") from None
        path = join(folder, _file_path(asked.file_name))
        await self._store.complete_upload(path, asked.upload_id, parts)
        return _answer({})

    async def abort_upload(self, request: Request) -> Response:
        folder = safe_path(request.path_params["path"])
        asked = wire.upload_request(await request.body(_LARGEST_QUESTION_BYTES))
        path = join(folder, _file_path(asked.file_name))
        await self._store.abort_upload(path, asked.upload_id)
        return _answer({})

    async def presign_file(self, request: Request) -> Response:
        file = await self._store.presign_download(safe_path(request.path_params["path"]))
        return _answer(wire.Presigned(file.url, file.headers, file.size_bytes))

    async def presign_upload(self, request: Request) -> Response:
        asked = wire.presign_upload_request(await request.body(_LARGEST_QUESTION_BYTES))
        safe_path(asked.path)
        if asked.run_id:
            uri = await self._lookup_run(asked.run_id)
        else:
            uri = await self._lookup_model(asked.model_id)
        if (scheme := urlsplit(uri).scheme) in _PROXIED_SCHEMES:
            raise InvalidParameter(
                "Presigned upload is not supported for proxied artifact storage (artifact URI "
                f"scheme: {scheme}). This endpoint requires a direct cloud storage artifact URI."
            )
        raise NotSupported("Presigned upload is not supported for the current artifact repository")

    async def presign_download(self, request: Request) -> Response:
        asked = wire.presign_download_request(await request.body(_LARGEST_QUESTION_BYTES))
        safe_path(asked.path)
        uri = await self._lookup_run(asked.run_id)
        if (scheme := urlsplit(uri).scheme) in _PROXIED_SCHEMES:
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
        return await self._list_below(await self._lookup_run(run_id), path)

    async def list_model_files(self, request: Request) -> Response:
        path = safe_path(request.query_fields().get("artifact_directory_path", ""))
        uri = await self._lookup_model(request.path_params["model_id"])
        return await self._list_below(uri, path)

    async def get_run_file(self, request: Request) -> Response:
        fields = request.query_fields()
        if "path" not in fields:
            wire.require(fields, "path")
        path = safe_path(fields["path"])
        folder = self._folder(await self._lookup_run(_run_id(fields)))
        return await send_file(self._store, join(folder, path), request)

    async def get_model_file(self, request: Request) -> Response:
        path = request.query_fields().get("artifact_file_path")
        if not path:
            raise BadRequest('Request must include the "artifact_file_path" query parameter.')
        path = safe_path(path)
        folder = self._folder(await self._lookup_model(request.path_params["model_id"]))
        return await send_file(self._store, join(folder, path), request)

    async def upload_run_file(self, request: Request) -> Response:
        fields = request.query_fields()
        run_id = fields.get("run_uuid")
        if not run_id:
            raise InvalidParameter("Request must specify run_uuid.")
        if not fields.get("path"):
            raise InvalidParameter("Request must specify path.")
        path = _file_path(fields["path"])
        try:
            data = await request.body(_LARGEST_UPLOAD_BYTES)
        except RequestTooLarge:
            raise InvalidParameter("Artifact size is too large. Max size is 10MB.") from None
        if not data:
            raise InvalidParameter("Request must specify data.")
        folder = self._folder(await self._lookup_run(run_id))
        await self._store.put(join(folder, path), _one(data))
        return Response()

    async def _list_below(self, uri: str, path: str) -> Response:
        entries = await self._store.list_folder(join(self._folder(uri), path))
        return _listing(entries, path, uri)

    def _folder(self, uri: str) -> str:
        """Where in the store the artifacts at this URI are."""
        parts = urlsplit(uri)
        if parts.scheme == "mlflow-artifacts":
            return safe_path(parts.path.lstrip("/"))
        if parts.scheme in {"http", "https"}:
            # A proxied root written out in full; like MLflow's server, take it for our own.
            _, proxy, path = parts.path.partition(f"/api/2.0{_PROXY}/")
            if proxy:
                return safe_path(path)
        folder = self._store.locate(uri)
        if folder is None:
            raise BadRequest(
                f"The artifacts are at '{uri}', outside of this server's artifact store: "
                "the client reads and writes them there itself."
            )
        return folder


def _run_id(fields: dict[str, str]) -> str:
    """The run asked for; `run_uuid` is its name in MLflow before 1.0."""
    run_id = fields.get("run_id") or fields.get("run_uuid", "")
    wire.require({"run_id": run_id}, "run_id")
    return run_id


def _file_path(path: str) -> str:
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
