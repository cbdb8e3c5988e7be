"""Reads that take more than one question to the store."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from msgspec import Struct

from millpond.domain import series as series_rules
from millpond.domain.charts import ChartAxis, Frame, Line
from millpond.domain.downsampling import POINTS_PER_COLUMN, m4_of_at_most
from millpond.domain.paging import decode_token, encode_token
from millpond.domain.series import NO_CONTEXT, Axis, HistoryPosition, Series, series_of
from millpond.errors import InvalidParameter
from millpond.store.contract import Reader

# A series with more points than this is drawn part by part, never read as a whole.
LONG_SERIES = 200_000
_LARGE_LIMIT = 1_000


class HistoryPage(Struct, frozen=True):
    """Some points of a history, and the token to ask for those after them, if there are any."""

    series: Series
    next_token: str | None


def history_page(
    reader: Reader, run_id: str, key: str, limit: int | None, page_token: str | None
) -> HistoryPage:
    """One page of a metric's history; all of it without a limit."""
    question = f"history {run_id} {key}"
    after = _position(decode_token(page_token, question, 4)) if page_token else None
    series = reader.history(run_id, key, None if limit is None else limit + 1, after)
    if limit is None or len(series) <= limit:
        return HistoryPage(series, None)
    page = series.take(slice(limit))
    last = series_rules.position_of_last(page)
    position = [last.timestamp, last.step, last.value, last.is_nan]
    return HistoryPage(page, encode_token(question, position))


def histories(
    reader: Reader, run_ids: Sequence[str], key: str, limit: int
) -> list[tuple[str, Series]]:
    """The histories of one metric in several runs, in run id order, ``limit`` points in all."""
    found = []
    for run_id in sorted(set(run_ids)):
        if limit <= 0:
            break
        series = reader.history(run_id, key, limit)
        if len(series):
            found.append((run_id, series))
            limit -= len(series)
    return found


def sampled_histories(
    reader: Reader,
    run_ids: Sequence[str],
    key: str,
    limit: int,
    start_step: int | None,
    end_step: int | None,
) -> list[tuple[str, Series]]:
    """At most ``limit`` points of each run, in the order of steps, from a range of steps.

    They are those that a chart would draw, so that no spike is lost.
    """
    sampled = {run_id: series_of(key, []) for run_id in run_ids}
    names = [(run_id, key) for run_id in sampled]
    states = zip(names, reader.series_states(names), strict=True)
    # A small limit is filled up with other points; for that it takes all of them.
    is_large = limit >= _LARGE_LIMIT
    long = [name for name, state in states if is_large and state.points > LONG_SERIES]
    short = [name for name in names if name not in long]
    for place, series in reader.each_series(short, start_step, end_step):
        chosen = m4_of_at_most(series.steps, series.values, limit)
        sampled[short[place][0]] = series.take(chosen)
    frame = Frame(ChartAxis.STEP, start_step, end_step, limit // POINTS_PER_COLUMN)
    for run_id, _ in long:
        line = reader.line((run_id, key), frame, with_timestamps=True)
        sampled[run_id] = _sampled(line, start_step, end_step)
    return [(run_id, sampled[run_id]) for run_id in run_ids]


def _sampled(line: Line, start_step: int | None, end_step: int | None) -> Series:
    """The points of a line that are in a range of steps."""
    no_contexts = np.zeros(len(line.xs), np.uint32)
    assert line.timestamps is not None
    series = Series(line.key, line.xs, line.timestamps, line.values, no_contexts, {0: NO_CONTEXT})
    return series_rules.within(series, Axis.STEP, start_step, end_step)


def _position(values: Sequence[object]) -> HistoryPosition:
    match values:
        case [int(timestamp), int(step), int() | float() as value, bool(is_nan)] if (
            isfinite(value) or not is_nan
        ):
            return HistoryPosition(timestamp, step, float(value), is_nan)
    raise InvalidParameter("Invalid page token: it is not one that this server gave.")
