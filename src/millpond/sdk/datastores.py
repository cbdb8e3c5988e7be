"""Datastores of a workspace: register them, look into them, carry files to and from them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import convert

from millpond.sdk.connection import Connection
from millpond.sdk.transfers import download, upload
from millpond.wire.datastores import CheckAnswer, DatastoreAnswer


class Datastore:
    """One datastore; ``info`` is what the server said of it when it was fetched."""

    def __init__(self, connection: Connection, info: DatastoreAnswer) -> None:
        self._connection = connection
        self.info = info

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def uri(self) -> str:
        return self.info.uri

    @property
    def kind(self) -> str:
        """folder, s3, azure or gcs."""
        return self.info.kind

    @property
    def is_default(self) -> bool:
        return self.info.is_default

    def __repr__(self) -> str:
        return f"Datastore({self.name!r}, {self.uri!r})"

    def path(self, path: str = "") -> str:
        """The address of a path here, for every call that takes one, and for
        ``mlflow.create_experiment(artifact_location=...)``."""
        return f"datastore://{self.name}/{quote(path.strip('/'))}"

    def browse(
        self, path: str = "", recursive: bool = False, sizes: bool = False
    ) -> list[dict[str, Any]]:
        """What is in a folder: path, is_dir, size_bytes (None for a folder, unless ``sizes``).

        recursive: every file below it instead.
        """
        query = {"uri": self.path(path), "recursive": _word(recursive), "sizes": _word(sizes)}
        files: list[dict[str, Any]] = self._connection.ask("GET", "/api/v1/artifacts", query)[
            "files"
        ]
        return files

    def upload(self, source: str | Path, path: str = "", show_progress: bool = True) -> int:
        """Upload a file, or a folder with all below it; how many files.

        A file goes to ``path``, or into it if that ends in a slash or is empty; a folder's files go
        below it.
        """
        return upload(self._connection, Path(source), self.name, path, show_progress)

    def download(
        self, path: str = "", target: str | Path = ".", show_progress: bool = True
    ) -> list[Path]:
        """Download a file, or a folder with all below it; the files that were made."""
        return download(self._connection, self.path(path), Path(target), show_progress)

    def delete_files(self, path: str) -> int:
        """Delete a file, or a folder with all below it; how many bytes that frees."""
        answer = self._connection.ask("DELETE", "/api/v1/artifacts", {"uri": self.path(path)})
        return int(answer["freed_bytes"])

    def update(
        self,
        description: str | None = None,
        options: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        """Change what is given; an empty mapping of credentials takes them away."""
        given = {"description": description, "options": options, "credentials": credentials}
        body = {name: value for name, value in given.items() if value is not None}
        self.info = _info(self._connection.ask("PATCH", self._route, body=body))

    def set_default(self) -> None:
        """Have new experiments of the workspace keep their artifacts here."""
        body = {"default_datastore": self.name}
        self._connection.ask("PATCH", "/api/v1/storage", body=body)
        self.info = _info(self._connection.ask("GET", self._route))

    def check(self, repair: bool = False) -> CheckAnswer:
        """Find files whose run is gone, and files that runs say they logged and that are missing.

        repair: delete the files whose run is gone.
        """
        answer = self._connection.ask("POST", f"{self._route}/check", body={"repair": repair})
        return convert(answer, CheckAnswer)

    def delete(self) -> None:
        """Have the workspace forget this datastore; its files stay where they are."""
        self._connection.ask("DELETE", self._route)

    @property
    def _route(self) -> str:
        return f"/api/v1/datastores/{quote(self.name, safe='')}"


class Datastores:
    """The datastores of a workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> "list[Datastore]":
        """All of them by name; ``local`` is the server's own folder."""
        found = self._connection.ask("GET", "/api/v1/datastores")
        return [Datastore(self._connection, _info(answer)) for answer in found]

    def get(self, name: str) -> Datastore:
        """Raises DoesNotExist."""
        answer = self._connection.ask("GET", f"/api/v1/datastores/{quote(name, safe='')}")
        return Datastore(self._connection, _info(answer))

    def get_default(self) -> Datastore:
        """The one where new experiments keep their artifacts."""
        rules = self._connection.ask("GET", "/api/v1/storage")
        return self.get(rules["default_datastore"])

    def register(
        self,
        name: str,
        uri: str,
        description: str = "",
        options: Mapping[str, str] = {},
        credentials: Mapping[str, str] = {},
        is_default: bool = False,
    ) -> Datastore:
        """Name a place for files: a folder of the server, s3://, abfss://, wasbs:// or gs://.

        Without credentials the server uses its own. Raises AlreadyExists, InvalidParameter.
        """
        body = {
            "name": name,
            "uri": uri,
            "description": description,
            "options": dict(options),
            "credentials": dict(credentials),
            "is_default": is_default,
        }
        answer = self._connection.ask("POST", "/api/v1/datastores", body=body)
        return Datastore(self._connection, _info(answer))


def _info(answer: Any) -> DatastoreAnswer:
    return convert(answer, DatastoreAnswer)


def _word(truth: bool) -> str:
    return "true" if truth else "false"
