"""Reads that take more than one question to the store."""

from bisect import bisect_right
from collections.abc import Sequence

from millpond.domain import metrics
from millpond.domain.metrics import Point, RunPoint
from millpond.domain.paging import Page, decode_token, encode_token
from millpond.store.contract import Reader


def history_page(
    reader: Reader, run_id: str, key: str, limit: int | None, page_token: str | None
) -> Page[Point]:
    """One page of a metric's history; all of it without a limit."""
    points = reader.history(run_id, key)
    question = f"history {run_id} {key}"
    if page_token:
        timestamp, step, value, is_nan = decode_token(page_token, question, 4)
        after = (timestamp, step, (value, is_nan))
        points = points[bisect_right(points, after, key=metrics.history_order) :]
    if limit is None or len(points) <= limit:
        return Page(points)
    page = points[:limit]
    timestamp, step, (value, is_nan) = metrics.history_order(page[-1])
    return Page(page, encode_token(question, [timestamp, step, value, is_nan]))


def histories(reader: Reader, run_ids: Sequence[str], key: str, limit: int) -> list[RunPoint]:
    """The histories of one metric in several runs, in run id order, ``limit`` points in all."""
    found: list[RunPoint] = []
    for run_id in sorted(set(run_ids)):
        if len(found) >= limit:
            break
        found += [RunPoint(run_id, point) for point in reader.history(run_id, key)]
    return found[:limit]


def sampled_histories(
    reader: Reader,
    run_ids: Sequence[str],
    key: str,
    limit: int,
    start_step: int | None,
    end_step: int | None,
) -> list[RunPoint]:
    """At most ``limit`` points of each run, in the order of steps, from a range of steps."""
    found = []
    for run_id in run_ids:
        points = [
            point
            for point in reader.history(run_id, key)
            if start_step is None or end_step is None or start_step <= point.step <= end_step
        ]
        points.sort(key=metrics.recency)
        found += [RunPoint(run_id, point) for point in metrics.sample(points, limit)]
    return found
