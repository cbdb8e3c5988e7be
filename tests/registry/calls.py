"""A server in this process, and the shortest way to call it."""

import json
from typing import Any
from urllib.parse import urlencode

from tests.asgi import call

PROTOCOL = "/api/2.0/mlflow"


class Caller:
    """Calls one server's ASGI application; a refusal is an AssertionError unless it is expected."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def __call__(self, method: str, path: str, status: int = 200, /, **fields: Any) -> Any:
        url = path if path.startswith("/") else f"{PROTOCOL}/{path}"
        body = None
        if method == "GET" and fields:
            url += "?" + urlencode(fields, doseq=True)
        elif fields or method in ("POST", "PATCH", "PUT"):
            body = json.dumps(fields).encode()
        answer = call(self._app, method, url, body)
        assert answer.status == status, (answer.status, answer.body)
        return json.loads(answer.body) if answer.body else None

    def register(self, name: str, versions: int = 1, **fields: Any) -> None:
        self("POST", "registered-models/create", name=name)
        for number in range(1, versions + 1):
            self(
                "POST",
                "model-versions/create",
                name=name,
                source=f"s3://bucket/{number}",
                **fields,
            )

    def run(self, **metrics: float) -> str:
        """A run with these metrics; its id."""
        made = self("POST", "runs/create", experiment_id="0", start_time=1)
        run_id: str = made["run"]["info"]["run_id"]
        points = [{"key": k, "value": v, "timestamp": 1} for k, v in metrics.items()]
        self("POST", "runs/log-batch", run_id=run_id, metrics=points)
        return run_id

    def refusal(self, method: str, path: str, status: int = 400, /, **fields: Any) -> str:
        """The message of a call that is refused."""
        message: str = self(method, path, status, **fields)["message"]
        return message
