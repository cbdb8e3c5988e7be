"""A workspace of a Millpond server."""

import importlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from msgspec import UNSET, UnsetType, convert

from millpond.sdk.connection import Connection
from millpond.sdk.datastores import Datastore, Datastores
from millpond.sdk.models import Models, Webhooks
from millpond.sdk.scoring.job import ScoreJob
from millpond.sdk.transfers import download
from millpond.wire.datastores import StorageAnswer
from millpond.wire.scoring import ScoringAnswer

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

    def score(
        self,
        model: str,
        source: str,
        output: str,
        *,
        where: str = "",
        workers: int = 1,
        keep: Sequence[str] | None = None,
        features: Sequence[str] | None = None,
        prediction: str = "prediction",
        overwrite: bool = False,
        watch: Callable[[Any], None] = lambda tally: None,
    ) -> Any:
        """Score a table in this process, as ``millpond score`` does; how many rows, and the run.

        watch: told how far it is after each piece. MLflow is pointed at this workspace. Needs
        ``millpond[score]``. Raises InvalidParameter and BadRequest for what cannot be done.
        """
        mlflow = importlib.import_module("mlflow")
        mlflow.set_tracking_uri(self.get_mlflow_tracking_uri())
        job = ScoreJob(
            model=model,
            source=source,
            output=output,
            where=where,
            workers=workers,
            keep=tuple(keep) if keep is not None else None,
            features=tuple(features) if features is not None else None,
            prediction=prediction,
        )
        local = importlib.import_module("millpond.sdk.scoring.local")
        return local.score(job, watch, overwrite, self._connection)

    def start_scoring(self, model: str, source: str, output: str, **more: Any) -> ScoringAnswer:
        """Have the server score a table on its own machine; more: where, workers, keep, ..."""
        body = {"model": model, "input": source, "output": output, **more}
        return convert(self._connection.ask("POST", "/api/v1/scoring", body=body), ScoringAnswer)

    def scoring_job(self, job_id: str) -> ScoringAnswer:
        """How far a job of the server is, and how it ended."""
        return convert(self._connection.ask("GET", f"/api/v1/scoring/{job_id}"), ScoringAnswer)

    def scoring_jobs(self) -> list[ScoringAnswer]:
        """The latest jobs of the server, the last started first."""
        return convert(self._connection.ask("GET", "/api/v1/scoring"), list[ScoringAnswer])

    def cancel_scoring(self, job_id: str) -> ScoringAnswer:
        """Stop a job of the server; started again in the same words, it goes on."""
        return convert(self._connection.ask("DELETE", f"/api/v1/scoring/{job_id}"), ScoringAnswer)

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
