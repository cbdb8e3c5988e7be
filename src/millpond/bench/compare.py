"""Measure servers of the MLflow protocol in turns, and check that they kept what they took."""

import itertools
import os
import platform
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.status import Status

from millpond.bench import growth
from millpond.bench.disk import fdatasync_p50_ms
from millpond.bench.figures import NotServed
from millpond.bench.load import LoadFailed
from millpond.bench.report import Report
from millpond.bench.rest import Refused
from millpond.bench.rows import ROWS, Sizes
from millpond.bench.target import Target, running


def choose_rows(text: str) -> list[str]:
    """The names in ``all``, ``none``, or a list with commas. Raises ValueError."""
    names = [row.name for row in ROWS]
    chosen = {"all": names, "none": []}.get(text, text.split(","))
    if unknown := sorted(set(chosen) - set(names)):
        raise ValueError(f"no such row: {', '.join(unknown)}; there are {', '.join(names)}")
    return chosen


def compare(
    targets: Sequence[Target],
    rows: Sequence[str],
    sizes: Sizes,
    repetitions: int,
    folder: Path,
    console: Console,
) -> Report:
    """Every target in every repetition, in turns, so that a busy minute hits them alike.

    What a peer cannot bear, or refuses, is told and noted; that the first target does all of it
    is what the benchmark is for, so there it raises LoadFailed or Refused.
    """
    folder = folder.resolve()
    report = Report([target.name for target in targets], _facts(folder))
    report.facts["repetitions"] = f"{repetitions} of {sizes.seconds:g} s"
    with console.status("") as status:
        for repetition in range(1, repetitions + 1):
            for target in targets:
                place = f"{target.name}, {repetition} of {repetitions}"
                status.update(f"{place}: starting")
                with running(target, folder / f"{target.name}.data") as server:
                    report.add(target.name, server.figures)
                    for row in ROWS:
                        if row.name not in rows:
                            continue
                        status.update(f"{place}: {row.name}")
                        try:
                            report.add(target.name, row.measure(server, sizes))
                        except NotServed as missing:
                            console.print(f"{target.name} does not serve {missing}")
                        except (LoadFailed, Refused) as failure:
                            if target is targets[0]:
                                raise
                            console.print(f"{target.name} fails at {row.name}: {failure!s:.200}")
                            report.fail(target.name, row.name)
    return report


def grow(
    targets: Sequence[Target],
    growing: Mapping[str, Sequence[int]],
    seconds: float,
    folder: Path,
    console: Console,
) -> Report:
    """How cost grows with the number of runs or points; each target by itself, one time.

    growing: the sizes to measure at, under ``runs`` or ``points``; they rise.
    """
    folder = folder.resolve()
    report = Report([target.name for target in targets], _facts(folder))
    for target, (kind, sizes) in itertools.product(targets, growing.items()):
        with (
            console.status("") as status,
            running(target, folder / f"{target.name}.data") as server,
        ):
            tell = partial(_tell, status, target.name)
            for size, figures in _GROWTH[kind](server, sizes, seconds, tell):
                report.add(target.name, figures)
                console.print(f"{target.name}: measured at {size:,} {kind}")
    return report


_GROWTH = {growth.RUNS: growth.grow_runs, growth.POINTS: growth.grow_points}


def _tell(status: Status, name: str, what: str) -> None:
    status.update(f"{name}: {what}")


def _facts(folder: Path) -> dict[str, str]:
    return {
        "fdatasync p50": f"{fdatasync_p50_ms(folder):.3f} ms",
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
    }
