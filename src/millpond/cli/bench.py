"""``millpond bench``: measure a server of the MLflow protocol, and others beside it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from millpond.bench.compare import choose_rows, compare, grow
from millpond.bench.figures import WrongAnswer
from millpond.bench.growth import POINTS, RUNS
from millpond.bench.load import LoadFailed
from millpond.bench.rows import ROWS, Sizes
from millpond.bench.target import KNOWN, read_target

app = typer.Typer()

_NAMES = ", ".join(row.name for row in ROWS)
_TARGETS = ", ".join(KNOWN)


@app.command("bench")
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
    grow_runs: Annotated[
        str,
        typer.Option(
            help="Instead of the rows: what everything costs at so many runs, such as "
            "1000,10000,100000."
        ),
    ] = "",
    grow_points: Annotated[
        str, typer.Option(help="The same for one metric of so many points, such as 100000,1000000.")
    ] = "",
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
        targets = [read_target(text) for text in [target, *(against or [])]]
        growing = {RUNS: _sizes(grow_runs), POINTS: _sizes(grow_points)}
        if any(growing.values()):
            asked = {kind: sizes for kind, sizes in growing.items() if sizes}
            report = grow(targets, asked, seconds, folder, console)
        else:
            sizes = Sizes(seconds, runs, points, megabytes)
            report = compare(targets, choose_rows(rows), sizes, repetitions, folder, console)
    except (ValueError, RuntimeError, OSError, LoadFailed, WrongAnswer) as error:
        typer.echo(f"millpond bench: {type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from None
    console.print(report.table())
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(report.json(), "utf-8")
    if markdown_file:
        markdown_file.write_text(report.markdown(), "utf-8")


def _sizes(text: str) -> list[int]:
    """Numbers with commas between, in rising order. Raises ValueError."""
    numbers = [word.strip().replace("_", "") for word in text.split(",") if word.strip()]
    if not all(word.isdigit() and int(word) >= 1_000 for word in numbers):
        raise ValueError(f"{text!r} is not a list of sizes such as 1000,10000; 1000 is the least")
    return sorted(map(int, numbers))
