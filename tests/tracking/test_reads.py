"""Histories by the page, of many runs at once, and thinned out for a chart."""

import math
from contextlib import closing

import pytest

from millpond.domain.metrics import Point
from millpond.errors import InvalidParameter
from millpond.store.memory import MemoryStore
from millpond.testing.store_contract.samples import ask, do, start_run
from millpond.tracking import reads


@pytest.fixture
def store():
    with closing(MemoryStore()) as store:
        for run_id in ("r2", "r1"):
            start_run(store, run_id)
        points = [Point("m", v, 5, 1) for v in (1.0, math.nan, -math.inf, 0.0)]
        points += [Point("m", float(i), i, 20 - i) for i in range(6, 12)]
        do(store, lambda tx: tx.append_points("r1", points))
        do(store, lambda tx: tx.append_points("r2", points[:3]))
        yield store


def history_pages(store, limit, key="m"):
    parts, token = [], None
    while True:
        page = ask(store, lambda r, t=token: reads.history_page(r, "r1", key, limit, t))
        parts.append(page.series.points())
        token = page.next_token
        if token is None:
            return parts


@pytest.mark.parametrize("limit", [1, 2, 3, 9, 10, 11, None])
def test_the_pages_of_a_history_are_the_whole(store, limit):
    whole = ask(store, lambda r: r.history("r1", "m").points())
    parts = history_pages(store, limit)
    assert repr([point for part in parts for point in part]) == repr(whole)
    assert all(len(part) == limit for part in parts[:-1])
    assert len(whole) == 10


def test_a_metric_that_nobody_logged_has_one_empty_page(store):
    assert history_pages(store, 2, "never") == [[]]


def test_a_point_that_comes_between_pages_moves_no_other(store):
    first = ask(store, lambda r: reads.history_page(r, "r1", "m", 2, None))
    do(store, lambda tx: tx.append_points("r1", [Point("m", 9.0, 0), Point("m", 9.0, 99)]))
    rest = ask(store, lambda r: reads.history_page(r, "r1", "m", None, first.next_token))
    assert len(rest.series) == 9
    assert rest.series.points()[-1] == Point("m", 9.0, 99)


def test_the_token_of_another_history_is_refused(store):
    token = ask(store, lambda r: reads.history_page(r, "r1", "m", 2, None)).next_token
    with pytest.raises(InvalidParameter, match="page token"):
        ask(store, lambda r: reads.history_page(r, "r2", "m", 2, token))


def test_histories_of_several_runs_come_in_run_order_up_to_the_limit(store):
    found = ask(store, lambda r: reads.histories(r, ["r2", "r1", "r2", "nobody"], "m", 12))
    assert [(run_id, len(series)) for run_id, series in found] == [("r1", 10), ("r2", 2)]
    short = ask(store, lambda r: reads.histories(r, ["r2", "r1"], "m", 3))
    assert [(run_id, len(series)) for run_id, series in short] == [("r1", 3)]


def test_a_sample_goes_by_steps_within_the_range(store):
    found = ask(store, lambda r: reads.sampled_histories(r, ["r1"], "m", 3, 9, 13))
    assert [step for _, series in found for step in series.steps.tolist()] == [9, 11, 13]
    every = ask(store, lambda r: reads.sampled_histories(r, ["r1", "r2"], "m", 100, None, None))
    assert sum(len(series) for _, series in every) == 13
