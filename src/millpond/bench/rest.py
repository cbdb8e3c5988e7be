"""The few calls that set a load up and read it back: plain REST, so that they fit every server."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

PREFIX = "/api/2.0/mlflow/"
HISTORY_PAGE = 25_000


class Refused(RuntimeError):
    """The server's answer is an error."""


class Rest:
    """One server, asked one question at a time. A refusal raises with the server's words."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.fetch(path, **query))
        return content

    def fetch(self, path: str, **query: Any) -> bytes:
        """An answer as it comes, so that reading it costs nothing here."""
        return self._fetch(Request(f"{self.url}{PREFIX}{path}?{urlencode(query)}"))

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        return self._ask(Request(f"{self.url}{PREFIX}{path}", json.dumps(body).encode(), headers))

    def create_experiment(self, name: str) -> str:
        return str(self.post("experiments/create", name=name)["experiment_id"])

    def create_run(self, experiment_id: str, name: str) -> str:
        run = self.post("runs/create", experiment_id=experiment_id, run_name=name)
        return str(run["run"]["info"]["run_id"])

    def latest_metrics(self, run_id: str) -> dict[str, float]:
        run = self.get("runs/get", run_id=run_id)["run"]
        return {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}

    def history(self, run_id: str, key: str) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"run_id": run_id, "metric_key": key, "max_results": HISTORY_PAGE}
        while True:
            page = self.get("metrics/get-history", **query)
            yield from page.get("metrics", [])
            if not page.get("next_page_token"):
                return
            query["page_token"] = page["next_page_token"]

    def run_names(self, experiment_id: str) -> Iterator[str]:
        query: dict[str, Any] = {"experiment_ids": [experiment_id], "max_results": 1000}
        while True:
            page = self.post("runs/search", **query)
            yield from (run["info"]["run_name"] for run in page.get("runs", []))
            if not page.get("next_page_token"):
                return
            query["page_token"] = page["next_page_token"]

    def history_page(self, run_id: str, key: str, token: str) -> bytes:
        query: dict[str, Any] = {"run_id": run_id, "metric_key": key, "max_results": HISTORY_PAGE}
        if token:
            query["page_token"] = token
        return self.fetch("metrics/get-history", **query)

    def _ask(self, request: Request) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._fetch(request))
        return content

    def _fetch(self, request: Request) -> bytes:
        try:
            with urlopen(request, timeout=600) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            raise Refused(f"{request.full_url}: {error.code} {error.read().decode()}") from None
