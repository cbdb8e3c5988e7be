"""``millpond db``: what is done to a store while no server runs on it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from millpond.app import open_place, open_sweeper
from millpond.errors import BadRequest
from millpond.settings import Settings, load
from millpond.store import check as checking
from millpond.store import migrations
from millpond.store.move import move as move_store
from millpond.store.places import Place
from millpond.store.sqlite import SqliteStore
from millpond.workspaces.retention import DAY_MS, Purged

_DataDir = Annotated[
    Path | None,
    typer.Option(help=f"The folder of the store (default: {Settings.data_dir})."),
]
_StoreUrl = Annotated[
    str | None,
    typer.Option(help="The PostgreSQL database of the store (better in MILLPOND_STORE_URL)."),
]

app = typer.Typer(help="What is done to a store while no server runs on it.", no_args_is_help=True)


@app.command("portable")
def make_portable(
    data_dir: _DataDir = None,
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


@app.command("upgrade")
def upgrade(data_dir: _DataDir = None, store_url: _StoreUrl = None) -> None:
    """Bring the tables to the newest version, as a server does when it starts."""
    with closing(_place(data_dir, store_url, is_new=True)) as place:
        before = place.version()
        place.upgrade()
        word = "was" if before == migrations.HEAD else f"is now (it was {before or 'empty'})"
        typer.echo(f"{place.name} {word} of version {migrations.HEAD}.")


@app.command("check")
def check(data_dir: _DataDir = None, store_url: _StoreUrl = None) -> None:
    """Look whether everything in the store hangs together; exit code 1 if something does not."""
    console = Console()
    with closing(_place(data_dir, store_url)) as place, _progress(console) as progress:
        task = progress.add_task("runs", total=None)
        findings = checking.check(
            place, lambda done, total: progress.update(task, completed=done, total=total)
        )
    table = Table("check", "looked at", "faults")
    for finding in findings:
        table.add_row(finding.check, f"{finding.looked_at:,}", f"{len(finding.faults):,}")
    console.print(table)
    for finding in findings:
        for fault in finding.faults[:10]:
            console.print(f"{finding.check}: {fault}", soft_wrap=True)
    if any(finding.faults for finding in findings):
        raise typer.Exit(1)


@app.command("move")
def move(
    source: Annotated[
        str, typer.Option("--from", help="Where it is: sqlite:FOLDER or postgresql://...")
    ],
    target: Annotated[
        str, typer.Option("--to", help="Where it shall be: sqlite:FOLDER or postgresql://...")
    ],
) -> None:
    """Copy a store to an empty database, compare every row, and leave the source as it is.

    Stop the servers first. If it is killed, the same command goes on where it was. Files are not
    moved: the server on the new database needs the same data folder, or a copy of its artifacts.
    """
    console = Console()
    with ExitStack() as stack:
        origin = stack.enter_context(closing(open_place(source)))
        goal = stack.enter_context(closing(open_place(target, is_new=True)))
        progress = stack.enter_context(_progress(console))
        tasks = {}

        def tell(what: str, table: str, done: int, total: int) -> None:
            if (what, table) not in tasks:
                tasks[what, table] = progress.add_task(f"{what} {table}", total=total)
            progress.update(tasks[what, table], completed=done, total=total)

        moved = move_store(origin, goal, tell)
    table = Table("table", "rows", "checksum (SHA-256)")
    for one in moved:
        table.add_row(one.name, f"{one.rows:,}", one.checksum[:16])
    console.print(table)
    console.print(f"Moved to {goal.name}; every row is the same in both places.", soft_wrap=True)


@app.command("purge")
def purge(
    older_than: Annotated[
        float,
        typer.Option(
            help="How many days something must have been in the bin; 0 takes it all.", min=0
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be removed.")
    ] = False,
    data_dir: _DataDir = None,
    store_url: _StoreUrl = None,
) -> None:
    """Remove deleted runs and logged models for good, with their files.

    What a registered model version points at stays. Stop the server first if the store is in a
    folder; with PostgreSQL servers may run, and --data-dir must be theirs.
    """
    given = {"data_dir": data_dir, "store_url": store_url, "retention_days": older_than}
    settings = load(given)
    with closing(_place(data_dir, store_url)) as place:
        if place.version() != migrations.HEAD:
            raise BadRequest(f"Run `millpond db upgrade` on {place.name} first.")
    if not (settings.data_dir / "artifacts").is_dir():
        raise BadRequest(
            f"There are no files in {settings.data_dir}: name the data folder of the server with "
            "--data-dir."
        )
    console = Console()
    with _progress(console) as progress:
        task = progress.add_task("runs and models", total=None)

        def tell(done: Purged) -> None:
            progress.update(task, completed=done.runs + done.models)

        done = asyncio.run(_sweep(settings, dry_run, tell))
    word = "would be removed" if dry_run else "were removed"
    console.print(
        f"{done.runs} runs and {done.models} logged models {word}, with {done.freed_bytes} bytes "
        "of files.",
        soft_wrap=True,
    )


async def _sweep(settings: Settings, dry_run: bool, tell: Callable[[Purged], None]) -> Purged:
    age_ms = int(settings.retention_days * DAY_MS)
    with open_sweeper(settings, time.time_ns() // 1_000_000) as sweeper:
        if dry_run:
            return await sweeper.measure(age_ms, tell)
        await sweeper.delete_files()
        return await sweeper.sweep(age_ms, tell)


def _place(data_dir: Path | None, store_url: str | None, is_new: bool = False) -> Place:
    settings = load({"data_dir": data_dir, "store_url": store_url})
    return open_place(settings.store_url or f"sqlite:{settings.data_dir}", is_new)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)
