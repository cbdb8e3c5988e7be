"""``millpond db``: what is done to a store while no server runs on it."""

from pathlib import Path
from typing import Annotated

import typer

from millpond.settings import Settings, load
from millpond.store.sqlite import SqliteStore

app = typer.Typer(help="What is done to a store while no server runs on it.", no_args_is_help=True)


@app.command("portable")
def make_portable(
    data_dir: Annotated[
        Path | None,
        typer.Option(help=f"The folder of the store (default: {Settings.data_dir})."),
    ] = None,
) -> None:
    """Rewrite the metric points so that they can be read without pcodec.

    They take about twice the room then. A server that has pcodec reads them as before, and writes
    new points with it.
    """
    store = SqliteStore(load({"data_dir": data_dir}).data_dir)
    try:
        count = store.make_portable()
    finally:
        store.close()
    typer.echo(f"{count} segments were rewritten; the store can be read without pcodec.")
