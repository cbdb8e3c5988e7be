"""The one place where settings become objects, and objects a running server."""

import asyncio
import importlib
import threading
from collections.abc import Callable

from millpond.api.artifacts import ArtifactRoutes
from millpond.api.direct import DirectCalls
from millpond.api.dispatch import AsgiApp, Dispatcher, RequestCounter, Route
from millpond.api.edge import Edge
from millpond.api.health import HealthRoutes
from millpond.api.http import Receive, Scope, Send
from millpond.api.live import LiveTails
from millpond.api.mlflow import mlflow_routes
from millpond.api.studio import Studio
from millpond.api.waiting import StoreAccess
from millpond.artifacts.folder import FolderStore
from millpond.domain.experiments import DEFAULT_EXPERIMENT_ID, DEFAULT_EXPERIMENT_NAME
from millpond.errors import Unavailable
from millpond.registry.actions import require_model
from millpond.settings import Settings
from millpond.store.contract import DEFAULT_WORKSPACE, Store
from millpond.store.sqlite import SqliteStore
from millpond.studio import PAGES
from millpond.tracking.actions import ensure_experiment, require_run_info


class Server:
    """A server's parts, made of its settings: an ASGI application, and what it has to let go."""

    def __init__(self, settings: Settings, now_ms: int) -> None:
        """Open the store. Raises Unavailable if another server holds the folder."""
        self.settings = settings
        self.store = open_store(settings, now_ms)
        self.access = StoreAccess(self.store, settings.read_threads)
        self.tails = LiveTails(self.access)
        files = FolderStore(settings.data_dir / "artifacts", settings.artifact_threads)
        artifacts = ArtifactRoutes(files, self._run_artifact_uri, self._model_artifact_uri)
        requests = RequestCounter()
        calls = mlflow_routes(self.access, settings.artifact_root, settings.max_body_bytes)
        self.routes: list[Route] = [
            *HealthRoutes(self.store, requests).routes(),
            *calls,
            *artifacts.routes(),
        ]
        native = LazyApp(self._build_native)
        studio = Studio(PAGES, native, settings.url_prefix)
        dispatcher = Dispatcher(self.routes, studio, requests, settings.url_prefix)
        edge = Edge(dispatcher, _allowed_hosts(settings))
        self.app: AsgiApp = edge
        posts = [route for route in calls if route[0] == "POST"]
        self.direct_calls = DirectCalls(posts, settings.url_prefix, edge.allows, requests)
        self._native = native

    async def _run_artifact_uri(self, run_id: str) -> str:
        info = await self.access.read(
            DEFAULT_WORKSPACE, lambda reader: require_run_info(reader, run_id)
        )
        return info.artifact_uri

    async def _model_artifact_uri(self, model_id: str) -> str:
        model = await self.access.read(
            DEFAULT_WORKSPACE, lambda reader: require_model(reader, model_id)
        )
        return model.artifact_uri

    def _build_native(self) -> AsgiApp:
        # Litestar takes longer to load than all the rest of the server takes to start.
        build = importlib.import_module("millpond.api.native").build
        app: AsgiApp = build(self.access, self.settings, self.tails)
        return app

    async def warm_up(self) -> None:
        """Load what the first requests can do without, beside them."""
        await asyncio.get_running_loop().run_in_executor(None, self._native.load)

    def close(self) -> None:
        """Finish every write that was taken, then close the store."""
        self.access.close()
        self.store.close()


class LazyApp:
    """An ASGI application that is made when it is first needed."""

    def __init__(self, build: Callable[[], AsgiApp]) -> None:
        self._build = build
        self._app: AsgiApp | None = None
        # Two threads that load the same modules at once can find them half loaded.
        self._loading = threading.Lock()

    def load(self) -> AsgiApp:
        with self._loading:
            if self._app is None:
                self._app = self._build()
            return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if app is None:
            app = await asyncio.get_running_loop().run_in_executor(None, self.load)
        await app(scope, receive, send)


def open_store(settings: Settings, now_ms: int) -> Store:
    """The store of these settings, with the experiment that every client counts on."""
    try:
        store = SqliteStore(settings.data_dir, settings.max_queued_bytes)
    except OSError as error:
        raise Unavailable(
            f"The data folder {settings.data_dir} cannot be used: {error.strerror}."
        ) from None
    action = ensure_experiment(
        DEFAULT_EXPERIMENT_ID,
        DEFAULT_EXPERIMENT_NAME,
        f"{settings.artifact_root}/{DEFAULT_EXPERIMENT_ID}",
        now_ms,
    )
    store.write(DEFAULT_WORKSPACE, action).result()
    return store


def _allowed_hosts(settings: Settings) -> frozenset[str]:
    named = [name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip()]
    return frozenset({"localhost", "127.0.0.1", "[::1]", settings.host.lower(), *named})
