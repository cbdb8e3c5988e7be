"""The protocol's routes about files on any store, driven without sockets."""

import asyncio
import re
from urllib.parse import quote, unquote

import msgspec

from millpond.api.artifacts import ArtifactRoutes
from millpond.api.http import Request
from millpond.api.places import Places
from millpond.artifacts.vault import Vault
from millpond.errors import DoesNotExist

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
MPU = "/api/2.0/mlflow-artifacts/mpu"


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return msgspec.json.decode(self.body)


class Server:
    """The routes on a store, without sockets."""

    def __init__(self, store):
        self.store = store
        self.runs = {
            "run": "mlflow-artifacts:/0/run/artifacts",
            "s3": "s3://bucket/0/s3/artifacts",
            "local": "/home/alice/mlruns/0/local/artifacts",
        }
        self.models = {"m-1": "mlflow-artifacts:/0/models/m-1/artifacts"}
        self.deletions = []
        places = Places(self.lookup_run, self.lookup_model, self.lookup_model, self.locate)
        routes = ArtifactRoutes(store, places, self.note_deletion, Vault(b"a key of the tests"))
        self.routes = routes.routes()

    async def locate(self, uri):
        return self.store.locate(uri)

    async def note_deletion(self, path):
        self.deletions.append(path)

    async def lookup_run(self, run_id):
        if run_id not in self.runs:
            raise DoesNotExist(f"Run with id={run_id} not found")
        return self.runs[run_id]

    async def lookup_model(self, model_id):
        if model_id not in self.models:
            raise DoesNotExist(f"Logged model with ID '{model_id}' not found.")
        return self.models[model_id]

    def find(self, method, path):
        for known, template, handler in self.routes:
            pattern = re.escape(template).replace(r"\{path:rest\}", "(?P<path>.*)")
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)
            if known == method and (found := re.fullmatch(pattern, path, re.DOTALL)):
                return handler, found.groupdict()
        raise LookupError(f"no route for {method} {path}")

    def call(self, method, url, body=(), cut_off=False, **headers):
        return asyncio.run(self.answer(method, url, body, cut_off, **headers))

    async def answer(self, method, url, body=(), cut_off=False, sent=None, **headers):
        path, _, query = url.partition("?")
        path = unquote(path)
        parts = [body] if isinstance(body, bytes) else list(body)
        messages = [{"type": "http.request", "body": p, "more_body": True} for p in parts]
        if cut_off:
            messages.append({"type": "http.disconnect"})
        else:
            messages.append({"type": "http.request", "body": b"", "more_body": False})

        async def receive():
            if messages:
                return messages.pop(0)
            return await asyncio.Event().wait()

        sent = [] if sent is None else sent

        async def send(message):
            sent.append(message)
            await asyncio.sleep(0)

        raw = [
            (k.replace("_", "-").lower().encode(), v.encode("latin-1")) for k, v in headers.items()
        ]
        scope = {"type": "http", "method": method, "query_string": query.encode(), "headers": raw}
        handler, params = self.find(method, path)
        response = await handler(Request(scope, receive, path, params))
        await response.send(send)
        start, *bodies = sent
        assert start["type"] == "http.response.start"
        names = [name for name, _ in start["headers"]]
        assert len(names) == len(set(names)), "a header twice"
        assert not bodies[-1].get("more_body")
        answer = Answer(
            start["status"],
            {name.decode(): value.decode("latin-1") for name, value in start["headers"]},
            b"".join(message["body"] for message in bodies),
        )
        if method != "HEAD" and "content-length" in answer.headers:
            assert int(answer.headers["content-length"]) == len(answer.body)
        return answer


def put(server, path, data=b"hello"):
    assert server.call("PUT", f"{PROXY}/{quote(path)}", data).status == 200
