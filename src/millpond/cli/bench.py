"""``millpond bench``: measure a server of the MLflow protocol, and others beside it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from millpond.bench.compare import choose_rows, compare
from millpond.bench.figures import WrongAnswer
from millpond.bench.load import LoadFailed
from millpond.bench.rows import ROWS, Sizes
from millpond.bench.target import KNOWN, read_target

_NAMES = ", ".join(row.name for row in ROWS)
_TARGETS = ", ".join(KNOWN)


def run_bench(
    target: Annotated[
        str,
        typer.Option(
            help=f"What to measure: one of {_TARGETS}, an http:// address, or a command that "
            "starts a server and holds {port} and {dir}. A name may stand before it: old=..."
        ),
    ] = "millpond",
    against: Annotated[
        list[str] | None,
        typer.Option(help="A peer to measure in turns with it; may be given several times."),
    ] = None,
    rows: Annotated[str, typer.Option(help=f"Which rows: all, none, or some of {_NAMES}.")] = "all",
    repetitions: Annotated[int, typer.Option(min=1, help="Medians are taken over these.")] = 3,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 5.0,
    runs: Annotated[int, typer.Option(min=300, help="How many runs are searched.")] = 2_000,
    points: Annotated[int, typer.Option(min=5_000, help="How long one metric is.")] = 100_000,
    megabytes: Annotated[int, typer.Option(min=1, help="How large one file is.")] = 256,
    folder: Annotated[
        Path,
        typer.Option(
            "--dir",
            help="Where servers keep their data meanwhile; it decides what a durable write costs.",
        ),
    ] = Path("millpond-bench"),
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures there.")
    ] = None,
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", help="Write the table there.")
    ] = None,
) -> None:
    """Measure servers of the MLflow protocol, and check that they kept what they acknowledged."""
    console = Console()
    try:
        report = compare(
            [read_target(text) for text in [target, *(against or [])]],
            choose_rows(rows),
            Sizes(seconds, runs, points, megabytes),
            repetitions,
            folder,
            console,
        )
    except (ValueError, RuntimeError, OSError, LoadFailed, WrongAnswer) as error:
        typer.echo(f"millpond bench: {type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from None
    console.print(report.table())
    if json_file:
        json_file.write_text(report.json(), "utf-8")
    if markdown_file:
        markdown_file.write_text(report.markdown(), "utf-8")
