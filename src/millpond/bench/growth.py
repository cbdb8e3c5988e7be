"""How cost grows with the number of runs, and with the length of one metric."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from millpond.bench import reading, writing
from millpond.bench.figures import Figure, NotServed, median_ms
from millpond.bench.filling import end_run, fill_metric, fill_runs, loss_curve
from millpond.bench.rest import Rest
from millpond.bench.target import Running

RUNS, POINTS = "runs", "points"

REST_S = 15.0
_RUNS_AT_ONCE = 5_000
_POINTS_AT_ONCE = 100_000
# Up to here a whole history is read; of a longer one so many points from its beginning.
_READ_POINTS = 1_000_000
_MB = 1e6

Told = Callable[[str], None]


def grow_runs(
    target: Running, sizes: Sequence[int], seconds: float, tell: Told
) -> Iterator[tuple[int, list[Figure]]]:
    """At each size, what writing and searching cost among so many runs of one experiment."""
    experiment_id = Rest(target.url).create_experiment("growing")
    searches = reading.searches()
    base_bytes = target.stored_bytes() or 0
    have = 0
    for size in sizes:
        while have < size:
            count = min(_RUNS_AT_ONCE, size - have)
            runs = fill_runs(target.url, experiment_id, count, first=have)
            for search in searches:
                search.take(runs)
            have += count
            tell(f"{have:,} runs")
        row = f"{size:,} runs"
        figures = _rest_and_start(target, row)
        rest = Rest(target.url)
        figures += [search.figure(rest, experiment_id, row, seconds) for search in searches]
        far_ms = reading.far_page(rest, experiment_id, seconds)
        figures.append(Figure(row, "a page far behind", "ms", far_ms))
        figures += _stored(target, row, "run", size, base_bytes)
        figures += _log_metrics(rest, row, seconds) + _log_batches(rest, row, seconds)
        yield size, figures


def grow_points(
    target: Running, sizes: Sequence[int], seconds: float, tell: Told
) -> Iterator[tuple[int, list[Figure]]]:
    """At each size, what reading and drawing one metric of so many points costs."""
    run_id = Rest(target.url).create_run(Rest(target.url).create_experiment("growing"), "long")
    base_bytes = target.stored_bytes() or 0
    have = 0
    for size in sizes:
        began, before = time.perf_counter(), have
        while have < size:
            count = min(_POINTS_AT_ONCE, size - have)
            values = loss_curve(count, seed=have)
            fill_metric(target.url, run_id, "loss", values, have, connections=4)
            have += count
            tell(f"{have:,} points")
        row = f"{size:,} points"
        rate = (have - before) / (time.perf_counter() - began)
        figures = [Figure(row, "filled", "points/s", rate, True)]
        figures += _rest_and_start(target, row)
        rest = Rest(target.url)
        pages = reading.history_pages(rest, run_id, _READ_POINTS)
        read_ms = median_ms(
            lambda pages=pages, rest=rest: reading.read_pages(rest, run_id, pages),  # type: ignore[misc]
            seconds,
            at_least=3,
        )
        figures.append(Figure(row, "history", "us/point", read_ms * 1000 / min(size, _READ_POINTS)))
        with contextlib.suppress(NotServed):
            figures += reading.chart(rest, run_id, row, 99.5, seconds)
        figures += _stored(target, row, "point", size, base_bytes)
        figures += _log_metrics(rest, row, seconds)
        yield size, figures
    end_run(Rest(target.url), run_id)


def _rest_and_start(target: Running, row: str) -> list[Figure]:
    """Stop the server, so that nothing of the filling is left to do, and start it again."""
    startup_s = target.restart()
    if startup_s is None:
        return []
    figures = [Figure(row, "start", "s", startup_s)]
    # What a server does with what has gone quiet, it does in this time.
    time.sleep(REST_S)
    if (memory := target.resident_bytes()) is not None:
        figures.append(Figure(row, "memory", "MB", memory / _MB))
    return figures


_experiments = itertools.count(1)


def _log_metrics(rest: Rest, row: str, seconds: float) -> list[Figure]:
    """Single metrics, beside all that is there."""
    new = rest.create_experiment(f"metrics {next(_experiments)}")
    alone = writing.log_metric(rest, new, 1, seconds)
    crowd = writing.log_metric(rest, new, 32, seconds)
    return [
        *_renamed(alone, "p50", row, "log-metric, p50"),
        *_renamed(crowd, "rate", row, "log-metric, 32 connections"),
    ]


def _log_batches(rest: Rest, row: str, seconds: float) -> list[Figure]:
    new = rest.create_experiment(f"batches {next(_experiments)}")
    return _renamed(writing.log_batch(rest, new, 4, seconds), "rate", row, "log-batch")


def _renamed(figures: Sequence[Figure], what: str, row: str, new_name: str) -> list[Figure]:
    return [replace(f, row=row, what=new_name) for f in figures if f.what == what]


def _stored(target: Running, row: str, of: str, size: int, base_bytes: int) -> list[Figure]:
    stored = target.stored_bytes()
    if stored is None:
        return []
    return [Figure(row, f"disk per {of}", "bytes", max(stored - base_bytes, 0) / size)]
