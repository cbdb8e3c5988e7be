"""A workspace of a Millpond server."""

import os
from pathlib import Path
from typing import Any, Self

from msgspec import UNSET, UnsetType, convert

from millpond.sdk.connection import Connection
from millpond.sdk.datastores import Datastore, Datastores
from millpond.sdk.models import Models, Webhooks
from millpond.sdk.transfers import download
from millpond.wire.datastores import StorageAnswer

_USUAL_URL = "http://127.0.0.1:5000"


class Workspace:
    """What one server keeps for a team: so far its datastores and files, models and webhooks."""

    def __init__(self, tracking_uri: str | None = None) -> None:
        """tracking_uri: the server's address, else MLFLOW_TRACKING_URI, else this machine's."""
        url = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or _USUAL_URL
        self._connection = Connection(url)
        self.datastores = Datastores(self._connection)
        self.models = Models(self._connection)
        self.webhooks = Webhooks(self._connection)

    def close(self) -> None:
        """Close the connections; the next call opens one again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_mlflow_tracking_uri(self) -> str:
        """What ``mlflow.set_tracking_uri`` takes. It is good for ever."""
        return self._connection.url

    def get_default_datastore(self) -> Datastore:
        return self.datastores.get_default()

    def storage(self) -> StorageAnswer:
        """The default datastore, the limits of files, and how much is held."""
        return convert(self._connection.ask("GET", "/api/v1/storage"), StorageAnswer)

    def set_limits(
        self,
        max_file_bytes: int | UnsetType | None = UNSET,
        quota_bytes: int | UnsetType | None = UNSET,
    ) -> StorageAnswer:
        """Limit the size of one file, or of all together; None takes a limit away."""
        given = {"max_file_bytes": max_file_bytes, "quota_bytes": quota_bytes}
        body = {name: value for name, value in given.items() if value is not UNSET}
        return convert(self._connection.ask("PATCH", "/api/v1/storage", body=body), StorageAnswer)

    def list_files(self, uri: str, recursive: bool = False) -> list[dict[str, Any]]:
        """What is at ``runs:/ID/path``, ``models:/m-ID/path`` or ``datastore://NAME/path``."""
        query = {"uri": uri, "recursive": "true" if recursive else "false"}
        files: list[dict[str, Any]] = self._connection.ask("GET", "/api/v1/artifacts", query)[
            "files"
        ]
        return files

    def download(
        self, uri: str, target: str | Path = ".", show_progress: bool = True
    ) -> list[Path]:
        """Download a file, or a folder with all below it, from any such address."""
        return download(self._connection, uri, Path(target), show_progress)

    def delete_files(self, uri: str) -> int:
        """Delete one artifact, or a folder of them; how many bytes that frees. It is audited."""
        answer = self._connection.ask("DELETE", "/api/v1/artifacts", {"uri": uri})
        return int(answer["freed_bytes"])

    def audit_log(self, limit: int = 100) -> list[dict[str, Any]]:
        """What was deleted or changed, the latest first."""
        entries: list[dict[str, Any]] = self._connection.ask(
            "GET", "/api/v1/audit", {"limit": str(limit)}
        )
        return entries
