"""One connection to a server, and plain calls over it; nothing is ever asked twice."""

import http.client
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

PREFIX = "/api/2.0/mlflow/"
FILES = "/api/2.0/mlflow-artifacts/artifacts/"


class Refused(Exception):
    """The server's answer was not 200."""

    def __init__(self, status: int, body: bytes, retry_after: str | None = None) -> None:
        super().__init__(f"{status} {body[:500]!r}")
        self.status = status
        self.body = body
        self.retry_after = retry_after


class Wire:
    """A connection that is kept. A call raises OSError or HTTPException if no answer came."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._ask("GET", f"{PREFIX}{path}?{urlencode(query, doseq=True)}", None)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._ask("POST", PREFIX + path, json.dumps(body).encode())

    def create_experiment(self, name: str) -> str:
        return str(self.post("experiments/create", name=name)["experiment_id"])

    def create_run(self, name: str, experiment_id: str = "0") -> str:
        answer = self.post("runs/create", experiment_id=experiment_id, run_name=name)
        return str(answer["run"]["info"]["run_id"])

    def run(self, run_id: str) -> dict[str, Any]:
        """The latest metrics, params and tags of a run, each as a dict."""
        data = self.get("runs/get", run_id=run_id)["run"]["data"]
        return {
            kind: {entry["key"]: entry["value"] for entry in data.get(kind, [])}
            for kind in ("metrics", "params", "tags")
        }

    def history(self, run_id: str, key: str) -> list[tuple[int, float]]:
        answer = self.get("metrics/get-history", run_id=run_id, metric_key=key)
        return [(point["step"], point["value"]) for point in answer.get("metrics", [])]

    def run_names(self, experiment_id: str = "0") -> list[str]:
        names: list[str] = []
        query: dict[str, Any] = {"experiment_ids": [experiment_id], "max_results": 5000}
        while True:
            page = self.post("runs/search", **query)
            names += [run["info"]["run_name"] for run in page.get("runs", [])]
            if "next_page_token" not in page:
                return names
            query["page_token"] = page["next_page_token"]

    def upload(self, name: str, content: bytes | Iterable[bytes]) -> None:
        self._exchange("PUT", FILES + name, content)

    def download(self, name: str) -> bytes:
        return self._exchange("GET", FILES + name, None)

    def files(self, folder: str) -> dict[str, int]:
        """The names in a folder, and their sizes."""
        listing = json.loads(self._exchange("GET", f"{FILES[:-1]}?path={folder}", None))
        return {entry["path"]: entry["file_size"] for entry in listing.get("files", [])}

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._exchange(method, path, body))
        return found

    def _exchange(self, method: str, path: str, body: bytes | Iterable[bytes] | None) -> bytes:
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Refused(answer.status, content, answer.headers["Retry-After"])
        return content
