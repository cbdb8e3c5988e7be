"""The one place where settings become objects, and objects a running server."""

import asyncio
import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from millpond.api.artifacts import ArtifactRoutes
from millpond.api.direct import DirectCalls
from millpond.api.dispatch import AsgiApp, Dispatcher, RequestCounter, Route
from millpond.api.edge import Edge
from millpond.api.files import FileRoutes, Files, open_datastore
from millpond.api.health import HealthRoutes
from millpond.api.http import Receive, Scope, Send
from millpond.api.live import LiveTails
from millpond.api.mlflow import ServerInfo, mlflow_routes
from millpond.api.places import Lookup, Places
from millpond.api.registry import Registry
from millpond.api.storage import StoreCatalog
from millpond.api.studio import Studio
from millpond.api.waiting import StoreAccess
from millpond.artifacts.contract import ArtifactStore
from millpond.artifacts.folder import FolderStore
from millpond.artifacts.locations import absolute_location
from millpond.artifacts.mounts import Mounts
from millpond.artifacts.opening import Opener
from millpond.artifacts.vault import open_vault
from millpond.domain.datastores import Datastore, mounted, parse_location
from millpond.domain.experiments import DEFAULT_EXPERIMENT_ID, DEFAULT_EXPERIMENT_NAME
from millpond.errors import DoesNotExist, InvalidParameter, MillpondError, Unavailable
from millpond.registry.actions import require_model
from millpond.registry.sources import SourceRules, find_version, schemes
from millpond.settings import STORE_URL_SCHEMES, Settings
from millpond.store.contract import DEFAULT_WORKSPACE, Store
from millpond.store.places import Place, SqlitePlace
from millpond.store.sqlite import SqliteStore
from millpond.studio import PAGES
from millpond.tracking.actions import ensure_experiment, require_run_info
from millpond.workspaces.retention import Sweeper

_log = logging.getLogger("millpond")

# The store of the setting artifact_root, when clients reach it themselves; no datastore can be
# registered by this name.
ARTIFACT_ROOT = "@artifact-root"


class Server:
    """A server's parts, made of its settings: an ASGI application, and what it has to let go."""

    def __init__(self, settings: Settings, now_ms: int) -> None:
        """Open the store. Raises Unavailable if another server holds the folder."""
        self.settings = settings
        self._closing = ExitStack()
        self.store = open_store(settings, now_ms)
        self.access = StoreAccess(self.store, settings.read_threads)
        self.tails = LiveTails(self.access)
        self.files = open_files(
            settings,
            self.access,
            self._run_artifact_uri,
            self._model_artifact_uri,
            self._version_artifact_uri,
        )
        self._sweeper = _sweeper(self.store, self.files)
        artifacts = ArtifactRoutes(
            self.files.mounts,
            self.files.places,
            self.files.note_deletion,
            self.files.vault,
            settings.url_prefix,
        )
        self.registry = Registry(
            self.store,
            SourceRules(schemes(settings.model_source_schemes), settings.model_source_pattern),
            self.files.vault,
            settings.webhook_private_addresses,
            self.files.read_small,
        )
        requests = RequestCounter()
        calls = mlflow_routes(
            self.access,
            absolute_location(settings.artifact_root),
            settings.max_body_bytes,
            self.registry,
        )
        self.routes: list[Route] = [
            *HealthRoutes(self.store, requests).routes(),
            *calls,
            *ServerInfo(self.files.mounts.sends_files_past).routes(),
            *artifacts.routes(),
            *FileRoutes(self.files).routes(),
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

    async def _version_artifact_uri(self, uri: str) -> str:
        version = await self.access.read(
            DEFAULT_WORKSPACE, lambda reader: find_version(reader, uri)
        )
        return version.storage_location or version.source

    async def _model_artifact_uri(self, model_id: str) -> str:
        model = await self.access.read(
            DEFAULT_WORKSPACE, lambda reader: require_model(reader, model_id)
        )
        return model.artifact_uri

    def _build_native(self) -> AsgiApp:
        # Litestar takes longer to load than all the rest of the server takes to start.
        build = importlib.import_module("millpond.api.native").build
        app: AsgiApp = build(
            self.access, self.settings, self.tails, self.files, self.registry, self._scoring_jobs()
        )
        return app

    def _scoring_jobs(self) -> Any:
        jobs = importlib.import_module("millpond.api.scoring_jobs").ScoringJobs(
            (self.settings.data_dir / "scoring").absolute(), self.settings.scoring_python
        )
        self._closing.callback(jobs.close)
        return jobs

    async def warm_up(self) -> None:
        """Load what the first requests can do without, beside them."""
        await asyncio.get_running_loop().run_in_executor(None, self._native.load)

    async def sweep_bin(self) -> None:
        """Remove for good what has been in the bin for long, until cancelled."""
        await self._sweeper.run(self.settings.retention_days)

    def close(self) -> None:
        """Finish every write that was taken, then close the store."""
        self._closing.close()
        self.registry.close()
        _close_files(self.files)


@contextmanager
def open_sweeper(settings: Settings, now_ms: int) -> Iterator[Sweeper]:
    """What removes runs for good, without a server. Raises Unavailable as ``Server`` does."""
    access = StoreAccess(open_store(settings, now_ms), settings.read_threads)
    files = open_files(settings, access, _look_nothing_up, _look_nothing_up, _look_nothing_up)
    try:
        yield _sweeper(access.store, files)
    finally:
        _close_files(files)


def _sweeper(store: Store, files: Files) -> Sweeper:
    return Sweeper(store, DEFAULT_WORKSPACE, files.mounts, files.places.path_at, _now_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _look_nothing_up(name: str) -> str:
    """For addresses in which nobody is named."""
    raise DoesNotExist(f"'{name}' is not looked up here.")


def _close_files(files: Files) -> None:
    """Let go of files, then of the store that counts them."""
    store = files.access.store
    files.access.close()
    counted = files.mounts.meter.take_pending()
    if counted:
        store.write(DEFAULT_WORKSPACE, lambda tx: tx.count_storage(counted)).result()
    files.mounts.close()
    files.opener.close()
    store.close()


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


def open_files(
    settings: Settings,
    access: StoreAccess,
    lookup_run: Lookup,
    lookup_model: Lookup,
    lookup_version: Lookup,
) -> Files:
    """The datastores of these settings; see ``Places`` for the others."""
    folder = settings.data_dir / "artifacts"
    vault = open_vault(settings.data_dir, settings.secret_key)
    opener = Opener(settings.data_dir / "uploads", settings.artifact_threads)
    built_in = FolderStore(folder, settings.artifact_threads)
    mounts = Mounts(
        built_in,
        StoreCatalog(access, DEFAULT_WORKSPACE),
        partial(open_datastore, vault, opener),
        _artifact_root(absolute_location(settings.artifact_root), built_in, opener),
    )
    places = Places(lookup_run, lookup_model, lookup_version, mounts.locate_anywhere)
    allowed = [Path(name) for name in settings.datastore_folders.split(os.pathsep) if name]
    return Files(access, mounts, places, vault, opener, folder.absolute(), allowed)


def _artifact_root(root: str, built_in: ArtifactStore, opener: Opener) -> dict[str, ArtifactStore]:
    """The store where clients read and write themselves, so that the server can list it for them.

    Empty if there is no such place, or if this machine does not reach what the clients reach.
    """
    if root.startswith(("mlflow-artifacts:", "datastore:", "http:", "https:")):
        return {}
    if built_in.locate(root) is not None:
        return {}
    try:
        return {ARTIFACT_ROOT: opener.open(Datastore(ARTIFACT_ROOT, root, 0, 0), {})}
    except MillpondError as error:
        _log.warning("what is in the artifact root will not be listed: %s", error)
        return {}


def open_store(settings: Settings, now_ms: int) -> Store:
    """The store of these settings, with the experiment that every client counts on."""
    store = _open_engine(settings)
    location = f"{absolute_location(settings.artifact_root)}/{DEFAULT_EXPERIMENT_ID}"
    if place := parse_location(location):
        # The datastore may still be to be registered; nobody can do that before the first start.
        location = f"mlflow-artifacts:/{mounted(*place)}"
    action = ensure_experiment(DEFAULT_EXPERIMENT_ID, DEFAULT_EXPERIMENT_NAME, location, now_ms)
    store.write(DEFAULT_WORKSPACE, action).result()
    return store


def _open_engine(settings: Settings) -> Store:
    try:
        # Files are kept there in any case.
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not settings.store_url:
            return SqliteStore(settings.data_dir, settings.max_queued_bytes)
    except OSError as error:
        raise Unavailable(
            f"The data folder {settings.data_dir} cannot be used: {error.strerror}."
        ) from None
    store: Store = load_postgres().PostgresStore(settings.store_url, settings.max_queued_bytes)
    return store


def open_place(text: str, is_new: bool = False) -> Place:
    """The database of ``sqlite:FOLDER`` or ``postgresql://...``, for what needs it as a whole.

    is_new: whether a folder may be made. Raises InvalidParameter if it is neither.
    """
    if text.startswith(STORE_URL_SCHEMES):
        place: Place = load_postgres().PostgresPlace(text)
        return place
    scheme, _, folder = text.partition(":")
    if scheme != "sqlite" or not folder:
        # Not repeated: it may hold a password.
        raise InvalidParameter(
            "A database is named sqlite:FOLDER or postgresql://user:password@host:5432/database."
        )
    return SqlitePlace(Path(folder), is_new)


def load_postgres() -> Any:
    """The module of the engine, whose driver not every installation has."""
    try:
        return importlib.import_module("millpond.store.postgres")
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise Unavailable(
            "PostgreSQL needs a driver that is not installed here: pip install 'millpond[postgres]'"
        ) from None


def _allowed_hosts(settings: Settings) -> frozenset[str]:
    named = [name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip()]
    return frozenset({"localhost", "127.0.0.1", "[::1]", settings.host.lower(), *named})
