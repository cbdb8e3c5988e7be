"""The rows of the benchmark by name, and the sizes they work at."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from millpond.bench import files, reading, writing
from millpond.bench.figures import Figure
from millpond.bench.filling import end_run, fill_metric, loss_curve
from millpond.bench.rest import Rest
from millpond.bench.target import Running

_experiment_numbers = itertools.count(1)
_MB = 1e6


@dataclass(frozen=True)
class Sizes:
    """How much the rows that need data put in, and how long a load lasts."""

    seconds: float = 5.0
    runs: int = 2_000
    points: int = 100_000
    megabytes: int = 256
    compaction_s: float = 5.0


@dataclass(frozen=True)
class Row:
    """A name for the command line, and what is measured."""

    name: str
    measure: Callable[[Running, Sizes], list[Figure]]


def _new(target: Running) -> tuple[Rest, str]:
    """The server, and an experiment of its own for a row."""
    rest = Rest(target.url)
    name = f"bench {time.time_ns()} {next(_experiment_numbers)}"
    return rest, rest.create_experiment(name)


def _log_metric(connections: int) -> Callable[[Running, Sizes], list[Figure]]:
    return lambda target, sizes: writing.log_metric(*_new(target), connections, sizes.seconds)


def _log_batch(target: Running, sizes: Sizes) -> list[Figure]:
    return writing.log_batch(*_new(target), 4, sizes.seconds)


def _create(target: Running, sizes: Sizes) -> list[Figure]:
    return writing.create_runs(*_new(target), 16, sizes.seconds)


def _search(target: Running, sizes: Sizes) -> list[Figure]:
    return reading.search(*_new(target), sizes.runs, sizes.seconds)


def _history(target: Running, sizes: Sizes) -> list[Figure]:
    return reading.history(*_new(target), sizes.points, sizes.seconds)


def _size(target: Running, sizes: Sizes) -> list[Figure]:
    """Disk for the points of one long metric, some seconds after its run has ended."""
    before = target.stored_bytes()
    if before is None:
        return []
    rest, experiment_id = _new(target)
    run_id = rest.create_run(experiment_id, "sized")
    fill_metric(target.url, run_id, "loss", loss_curve(sizes.points, seed=2))
    end_run(rest, run_id)
    time.sleep(sizes.compaction_s)
    grown = (target.stored_bytes() or 0) - before
    row = f"{sizes.points:,} points on disk"
    return [Figure(row, "size", "bytes/point", max(grown, 0) / sizes.points)]


def _files(target: Running, sizes: Sizes) -> list[Figure]:
    figures = files.transfer(target.url, sizes.megabytes)
    if (memory := target.resident_bytes()) is not None:
        row = f"a file of {sizes.megabytes} MiB"
        figures.append(Figure(row, "memory afterwards", "MB", memory / _MB))
    return figures


def _small_files(target: Running, sizes: Sizes) -> list[Figure]:
    return files.many_small(target.url, sizes.seconds)


ROWS = [
    Row("log-metric-1", _log_metric(1)),
    Row("log-metric-32", _log_metric(32)),
    Row("log-metric-200", _log_metric(200)),
    Row("log-batch", _log_batch),
    Row("create", _create),
    Row("history", _history),
    Row("size", _size),
    Row("search", _search),
    Row("files", _files),
    Row("small-files", _small_files),
]
