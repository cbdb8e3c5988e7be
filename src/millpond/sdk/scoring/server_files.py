"""Tables that a Millpond server keeps: ``datastore://NAME/path``, ``runs:/ID/path``."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from millpond.errors import BadRequest, DoesNotExist, InvalidParameter
from millpond.sdk.connection import Connection, with_patience
from millpond.sdk.scoring.job import format_of
from millpond.sdk.scoring.places import SourceFile
from millpond.sdk.transfers import upload

SCHEMES = ("datastore", "runs", "models")
_FILE = "/api/v1/artifacts/file"
_BUFFER_BYTES = 1 << 20


class ServerPlace:
    """A file or folder of a server by its address."""

    is_local = False

    def __init__(self, address: str, connection: Connection) -> None:
        self.address = address
        self.path = address
        self._connection = connection

    def files(self) -> list[SourceFile]:
        """The file itself, or the tables in the folder by name. Raises InvalidParameter."""
        query = {"uri": self.address, "recursive": "true"}
        try:
            listed = self._connection.ask("GET", "/api/v1/artifacts", query)["files"]
            if not listed:
                return [self._file(self.address)]
        except DoesNotExist:
            raise InvalidParameter(f"There is no {self.address}.") from None
        base = self.address.rstrip("/")
        return [
            self._file(f"{base}/{quote(path)}")
            for path in sorted(entry["path"] for entry in listed)
            # What begins so are the notes of Spark and others about their own work.
            if not PurePosixPath(path).name.startswith(("_", "."))
        ]

    def open_file(self, file: SourceFile) -> Any:
        """A file of this place, to be read at any position."""
        return io.BufferedReader(_Ranges(self._connection, file), _BUFFER_BYTES)

    def exists(self) -> bool:
        try:
            self._file(self.address)
        except DoesNotExist:
            query = {"uri": self.address}
            return bool(self._connection.ask("GET", "/api/v1/artifacts", query)["files"])
        return True

    @contextmanager
    def whole(self) -> Iterator[Any]:
        """A stream into a new file of a datastore."""
        parts = urlsplit(self.address)
        with tempfile.TemporaryDirectory(prefix="millpond-score-") as folder:
            draft = Path(folder) / "draft"
            with draft.open("wb") as stream:
                yield stream
            path = unquote(parts.path.lstrip("/"))
            upload(self._connection, draft, parts.netloc, path, show_progress=False)

    def _file(self, uri: str) -> SourceFile:
        """Raises DoesNotExist."""

        def once() -> tuple[int, str]:
            with self._connection.answer("HEAD", _FILE, {"uri": uri}) as answer:
                answer.read()
                return int(answer.headers["Content-Length"]), answer.headers["ETag"]

        size, tag = with_patience(once)
        name = PurePosixPath(unquote(urlsplit(uri).path)).name
        return SourceFile(name, uri, format_of(name), size, 0, tag)


class _Ranges(io.RawIOBase):
    """A file that is asked for piece by piece."""

    def __init__(self, connection: Connection, file: SourceFile) -> None:
        self._connection = connection
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size_bytes}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Raises BadRequest if the file is another one by now."""
        count = min(len(buffer), self._file.size_bytes - self._at)
        if count <= 0:
            return 0
        data = with_patience(lambda: self._read(count))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _read(self, count: int) -> bytes:
        headers = {
            "Range": f"bytes={self._at}-{self._at + count - 1}",
            "If-Range": self._file.tag,
        }
        query = {"uri": self._file.path}
        with self._connection.answer("GET", _FILE, query, None, headers) as answer:
            if answer.status != 206:
                raise BadRequest(f"{self._file.path} was replaced while it was read.")
            return answer.read()
