"""Measure servers of the MLflow protocol, and check that they kept what they acknowledged."""

import argparse
import os
import platform
import sys
from pathlib import Path

from rich.console import Console

from bench.disk import fdatasync_p50_ms
from bench.load import LoadFailed
from bench.report import Report
from bench.rows import ROWS, WrongAnswer
from bench.target import Target, read_target, running


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add(
        "--url",
        help="measure the server at this address (start-up and memory are left out)",
    )
    add(
        "--command",
        default="millpond",
        help="measure what this command starts; it holds {port} and {dir} (default: millpond)",
    )
    add(
        "--against",
        metavar="TARGET",
        help="measure a peer in turns with it: mlflow, an http:// address, or a command",
    )
    add("--rows", default="all", help=f"which loads: all, none, or of {[r.name for r in ROWS]}")
    add("--repetitions", type=int, default=3, help="medians are taken over these (default: 3)")
    add("--seconds", type=float, default=5.0, help="how long each load lasts (default: 5)")
    add(
        "--dir",
        type=Path,
        default=Path("millpond-bench"),
        help="where servers keep their data meanwhile; it decides the cost of a durable write",
    )
    add("--json", type=Path, metavar="FILE", help="write all figures there")
    add("--markdown", type=Path, metavar="FILE", help="write the table there")
    return parser.parse_args()


def measure_all(
    targets: list[Target], rows: list[str], arguments: argparse.Namespace, console: Console
) -> Report:
    """Every target in every repetition, in turns, so that a busy minute hits them alike."""
    folder = arguments.dir.resolve()
    facts = {
        "fdatasync p50": f"{fdatasync_p50_ms(folder):.3f} ms",
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "repetitions": f"{arguments.repetitions} of {arguments.seconds:g} s",
    }
    report = Report([target.name for target in targets], facts)
    with console.status("") as status:
        for repetition in range(1, arguments.repetitions + 1):
            for target in targets:
                place = f"{target.name}, {repetition} of {arguments.repetitions}"
                status.update(f"{place}: starting")
                with running(target, folder / f"{target.name}.data") as (url, figures):
                    report.add(target.name, figures)
                    for row in ROWS:
                        if row.name in rows:
                            status.update(f"{place}: {row.name}")
                            report.add(target.name, row.measure(url, arguments.seconds))
    return report


def main() -> None:
    arguments = read_arguments()
    console = Console()
    names = [row.name for row in ROWS]
    rows = {"all": names, "none": []}.get(arguments.rows, arguments.rows.split(","))
    if unknown := set(rows) - set(names):
        sys.exit(f"no such load: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    try:
        targets = [read_target(arguments.url or arguments.command)]
        if arguments.against:
            targets.append(read_target(arguments.against))
        report = measure_all(targets, rows, arguments, console)
    except (ValueError, RuntimeError, OSError, LoadFailed, WrongAnswer) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    console.print(report.table())
    if arguments.json:
        arguments.json.write_text(report.json(), "utf-8")
    if arguments.markdown:
        arguments.markdown.write_text(report.markdown(), "utf-8")


if __name__ == "__main__":
    main()
