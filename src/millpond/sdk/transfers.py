"""Files and trees up and down, several at a time, each going on where the line dropped."""

import base64
import contextlib
import hashlib
import http.client
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from millpond.domain.datastores import mounted
from millpond.errors import DoesNotExist, InvalidParameter, MillpondError, Unavailable
from millpond.sdk.connection import BLOCK_BYTES, Connection, Dropped, with_patience
from millpond.sdk.progress import Bar, Progressed

T = TypeVar("T")

FILES_AT_A_TIME = 8
# A file this large goes in parts, of which one is sent again when the line drops, not all.
_IN_PARTS_BYTES = 256 << 20
_PART_BYTES = 16 << 20
_MOST_PARTS = 9_000
_PARTS_AT_A_TIME = 4
_ANSWER_LIMIT_S = 120.0


def upload(
    connection: Connection, source: Path, datastore: str, path: str, show_progress: bool
) -> int:
    """Upload a file, or a folder with all below it, to a path of a datastore; how many files.

    A file goes to the path itself, or into it if it ends in a slash (or is empty). Raises
    InvalidParameter if the source is neither.
    """
    if source.is_dir():
        files = [
            (place, _below(path, place.relative_to(source).as_posix()))
            for place in sorted(source.rglob("*"))
            if place.is_file()
        ]
    elif source.is_file():
        is_folder = not path or path.endswith("/")
        files = [(source, _below(path, source.name) if is_folder else path)]
    else:
        raise InvalidParameter(f"There is no file or folder {source}.")
    total = sum(place.stat().st_size for place, _ in files)
    with Bar(f"Uploading {source.name or source}", total, show_progress) as bar:
        _all_of(files, lambda f: _upload_file(connection, f[0], datastore, f[1], bar))
    return len(files)


def download(connection: Connection, uri: str, target: Path, show_progress: bool) -> list[Path]:
    """Download what is at an address, a file or a folder with all below it; the files made.

    A folder's files go below the target. A file goes to the target itself, or into it if that is a
    folder. A file is there whole or not at all. Raises DoesNotExist.
    """
    listed = connection.ask("GET", "/api/v1/artifacts", {"uri": uri, "recursive": "true"})["files"]
    if listed:
        base = uri.rstrip("/")
        files = [(_address(base, e["path"]), target / _safe(e["path"])) for e in listed]
        total = sum(e["size_bytes"] for e in listed)
    else:
        total = _size_of_file(connection, uri)
        name = PurePosixPath(urlsplit(uri).path).name
        files = [(uri, target / name if target.is_dir() else target)]
    with Bar(f"Downloading {uri}", total, show_progress) as bar:
        _all_of(files, lambda f: _download_file(connection, f[0], f[1], bar))
    return [place for _, place in files]


def _size_of_file(connection: Connection, uri: str) -> int:
    """Raises DoesNotExist."""

    def once() -> int:
        with connection.answer("HEAD", "/api/v1/artifacts/file", {"uri": uri}) as answer:
            answer.read()
            return int(answer.headers["Content-Length"])

    try:
        return with_patience(once)
    except DoesNotExist:
        # The answer to HEAD has no words of its own.
        raise DoesNotExist(f"There is nothing at '{uri}'.") from None


def _all_of(items: Iterable[T], work: Callable[[T], None]) -> None:
    """Do all of it, several at a time; the first failure ends it."""
    with ThreadPoolExecutor(FILES_AT_A_TIME) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _upload_file(
    connection: Connection, source: Path, datastore: str, path: str, tell: Progressed
) -> None:
    size = source.stat().st_size
    if size >= _IN_PARTS_BYTES:
        _upload_in_parts(connection, source, size, mounted(datastore, path), tell)
        return

    def once() -> None:
        told = 0
        hasher = hashlib.sha256()

        def chunks() -> Iterator[bytes]:
            nonlocal told
            for chunk in _chunks(source):
                hasher.update(chunk)
                yield chunk
                told += len(chunk)
                tell(len(chunk))

        query = {"uri": f"datastore://{datastore}/{quote(path)}"}
        headers = {"Content-Length": str(size), "Want-Repr-Digest": "sha-256=1"}
        try:
            with connection.answer(
                "PUT", "/api/v1/artifacts/file", query, chunks(), headers
            ) as answer:
                answer.read()
                kept = answer.headers.get("Repr-Digest", "")
        except BaseException:
            tell(-told)
            raise
        sent = base64.b64encode(hasher.digest()).decode()
        if kept != f"sha-256=:{sent}:":
            tell(-told)
            raise Unavailable(f"{source} did not arrive as it was sent.")

    with_patience(once)


def _chunks(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            while chunk := file.read(BLOCK_BYTES):
                yield chunk
    except OSError as error:
        # Not the line's failure, so it is not tried again.
        raise InvalidParameter(f"{source} cannot be read: {error.strerror}.") from error


def _upload_in_parts(
    connection: Connection, source: Path, size: int, path: str, tell: Progressed
) -> None:
    part_bytes = max(_PART_BYTES, -(-size // _MOST_PARTS))
    folder, _, name = path.rpartition("/")
    place = f"/{quote(folder)}" if folder else "/"
    api = "/api/2.0/mlflow-artifacts/mpu"
    count = -(-size // part_bytes)
    begun = connection.ask("POST", f"{api}/create{place}", body={"path": name, "num_parts": count})

    def send(credential: dict[str, Any]) -> dict[str, Any]:
        number = credential["part_number"]
        with source.open("rb") as file:
            file.seek((number - 1) * part_bytes)
            data = file.read(part_bytes)
        tag = with_patience(lambda: _put_part(credential["url"], credential["headers"], data))
        tell(len(data))
        return {"part_number": number, "etag": tag, "url": credential["url"]}

    ask = {"path": name, "upload_id": begun["upload_id"]}
    try:
        with ThreadPoolExecutor(_PARTS_AT_A_TIME) as pool:
            parts = list(pool.map(send, begun["credentials"]))
        connection.ask("POST", f"{api}/complete{place}", body={**ask, "parts": parts})
    except BaseException:
        # Else the server forgets it by itself, after a day.
        with contextlib.suppress(MillpondError):
            connection.ask("POST", f"{api}/abort{place}", body=ask)
        raise


def _put_part(url: str, headers: dict[str, str], data: bytes) -> str:
    """Send a part to where it belongs, the server or a bucket; its tag."""
    headers = {"Content-Type": "application/octet-stream", **headers}
    try:
        with urlopen(Request(url, data, headers, method="PUT"), timeout=_ANSWER_LIMIT_S) as answer:
            return str(answer.headers.get("ETag", ""))
    except HTTPError as error:
        with error:
            if error.code >= 500 or error.code == 429:
                raise Dropped(f"the store answers {error.code}") from error
            said = error.read(500).decode("utf-8", "replace")
            raise MillpondError(f"A part was refused with {error.code}: {said}") from None
    except (URLError, OSError, http.client.HTTPException) as error:
        raise Dropped(str(error)) from error


def _download_file(connection: Connection, uri: str, target: Path, tell: Progressed) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("wb") as file:
            done, tag = 0, ""

            def once() -> None:
                nonlocal done, tag
                headers = {"Range": f"bytes={done}-", "If-Range": tag} if done else {}
                with connection.answer(
                    "GET", "/api/v1/artifacts/file", {"uri": uri}, None, headers
                ) as answer:
                    if answer.status != 206 and done:
                        # Replaced meanwhile: what came of the old one is worth nothing.
                        tell(-done)
                        done = 0
                        file.seek(0)
                        file.truncate()
                    tag = answer.headers["ETag"]
                    while chunk := answer.read(BLOCK_BYTES):
                        file.write(chunk)
                        done += len(chunk)
                        tell(len(chunk))

            with_patience(once)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _address(base: str, path: str) -> str:
    return f"{base}/{quote(path)}"


def _below(folder: str, name: str) -> str:
    folder = folder.strip("/")
    return f"{folder}/{name}" if folder else name


def _safe(path: str) -> PurePosixPath:
    """A path of a listing, which must stay below the folder it is put in."""
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts or "\\" in path or not place.parts:
        raise InvalidParameter(f"The server lists '{path}', which would lead out of the folder.")
    return place
