"""``millpond server``: run the server until it is told to stop."""

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from millpond.api.transport import DirectProtocol
from millpond.app import Server, load_postgres
from millpond.cli.workers import STOP_SIGNALS, Workers
from millpond.settings import ENV_PREFIX, Settings, describe, load

app = typer.Typer()

_HELP = {name: sentence for name, _, _, sentence in describe()}
_DEFAULT = {name: default for name, _, default, _ in describe()}
# The writer thread and the event loop take turns; the interpreter's own 5 ms would be most of a
# request's time.
_SWITCH_INTERVAL_S = 0.0005
_BACKLOG = 2048


def _option(name: str, flag: str | None = None) -> typer.models.OptionInfo:
    help_text = f"{_HELP[name]} (default: {_DEFAULT[name]!s}; {ENV_PREFIX}{name.upper()})"
    flag = flag or "--" + name.replace("_", "-")
    option: typer.models.OptionInfo = typer.Option(flag, help=help_text, show_default=False)
    return option


@app.command("server")
def run_server(
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    data_dir: Annotated[Path | None, _option("data_dir")] = None,
    store_url: Annotated[str | None, _option("store_url")] = None,
    workers: Annotated[int | None, _option("workers")] = None,
    artifact_root: Annotated[str | None, _option("artifact_root")] = None,
    datastore_folders: Annotated[str | None, _option("datastore_folders")] = None,
    allow_remote: Annotated[bool | None, _option("allow_remote", "--allow-remote")] = None,
    allowed_hosts: Annotated[str | None, _option("allowed_hosts")] = None,
    url_prefix: Annotated[str | None, _option("url_prefix")] = None,
    max_body_bytes: Annotated[int | None, _option("max_body_bytes")] = None,
    max_queued_bytes: Annotated[int | None, _option("max_queued_bytes")] = None,
    read_threads: Annotated[int | None, _option("read_threads")] = None,
    artifact_threads: Annotated[int | None, _option("artifact_threads")] = None,
    model_source_schemes: Annotated[str | None, _option("model_source_schemes")] = None,
    model_source_pattern: Annotated[str | None, _option("model_source_pattern")] = None,
    retention_days: Annotated[float | None, _option("retention_days")] = None,
    webhook_private_addresses: Annotated[
        bool | None, _option("webhook_private_addresses", "--webhook-private-addresses")
    ] = None,
    scoring_python: Annotated[str | None, _option("scoring_python")] = None,
    log_level: Annotated[str | None, _option("log_level")] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A TOML file with settings by these names, such as port = 5001."),
    ] = None,
) -> None:
    """Run the server until Ctrl-C: one process, and one folder that holds everything.

    With a PostgreSQL database there may be several processes, on several machines too.
    """
    given = {name: value for name, value in locals().items() if name in _HELP}
    serve(load(given, config_file=config))


def serve(settings: Settings) -> None:
    """Listen, serve, and on SIGINT or SIGTERM finish what was taken and stop."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    # Requests leave no cycles behind, so looking for them after every 700 objects is for nothing.
    gc.set_threshold(50_000, 20, 50)
    listener = _listen(settings)
    try:
        if settings.workers == 1:
            _serve_here(settings, listener, lambda: _announce(settings, listener))
        else:
            listener.listen(_BACKLOG)
            workers = Workers(
                settings.workers, lambda when_ready: _serve_here(settings, listener, when_ready)
            )
            workers.run(lambda: _announce(settings, listener))
    finally:
        listener.close()


def _serve_here(
    settings: Settings, listener: socket.socket, when_ready: Callable[[], None]
) -> None:
    """In this process, until a signal says stop."""
    server = Server(settings, now_ms=time.time_ns() // 1_000_000)
    try:
        _run(server, listener, when_ready)
    finally:
        server.close()


def _announce(settings: Settings, listener: socket.socket) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listener.getsockname()[1]}{settings.url_prefix}"
    place = f"data in {settings.data_dir}"
    if settings.store_url:
        postgres = load_postgres()
        place = f"data in {postgres.Address(settings.store_url)}, files in {settings.data_dir}"
    typer.echo(f"Millpond is at {url} ({place})")
    typer.echo(f'In Python: mlflow.set_tracking_uri("{url}")')


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        typer.echo(
            f"millpond: cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Choose another port with --port.",
            err=True,
        )
        raise typer.Exit(1) from None
    return listener


def _run(server: Server, listener: socket.socket, when_ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        server.app,
        http=partial(DirectProtocol, direct_calls=server.direct_calls),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        log_config=None,
        timeout_graceful_shutdown=30,
        # Longer than a training loop's pause: a request on a connection that is just being closed
        # fails in the client.
        timeout_keep_alive=75,
        backlog=_BACKLOG,
    )
    http = _Announced(config, server, when_ready)
    tasks, calls = http.server_state.tasks, server.direct_calls
    server.access.requests_in_hand = lambda: len(tasks) + calls.in_hand
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(http.serve(sockets=[listener]))


class _Announced(uvicorn.Server):
    """Says so once it listens."""

    def __init__(
        self, config: uvicorn.Config, server: Server, when_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._millpond = server
        self._when_ready = when_ready
        # What runs beside the requests; somebody has to hold it.
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM; that is how a server ends, so it is no failure."""
        earlier = {number: signal.signal(number, self.handle_exit) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()
        for work in (self._millpond.warm_up(), self._millpond.sweep_bin()):
            self._tasks.append(asyncio.create_task(work))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Streams have no end of their own, and every other answer is waited for.
        self._millpond.tails.close()
        await super().shutdown(sockets)
