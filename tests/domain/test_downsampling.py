"""M4 keeps what a chart needs: no spike is lost, however narrow it is."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.domain import downsampling
from millpond.domain.downsampling import m4

values = st.sampled_from([0.0, -0.0, 1.0, 2.0, -3.0, math.nan, math.inf, -math.inf])
xs = st.sampled_from([-(2**63), -5, 0, 1, 2, 3, 4, 5, 100, 2**63 - 1])
drawings = st.lists(st.tuples(xs, values), min_size=1, max_size=40).map(
    lambda points: sorted(points, key=lambda point: point[0])
)
widths = st.integers(1, 9)


def expected_places(x, found_values, columns, low, high):
    """The same, said slowly: exact whole numbers, one column at a time."""
    members = defaultdict(list)
    for place, position in enumerate(x):
        column = (position - low) * columns // (high - low + 1)
        members[min(max(column, 0), columns - 1)].append(place)
    kept = set()
    for places in members.values():
        numbers = [p for p in places if not math.isnan(found_values[p])]
        gaps = [p for p in places if math.isnan(found_values[p])]
        kept |= {places[0], places[-1], *gaps[:1]}
        if numbers:
            kept.add(min(numbers, key=lambda p: found_values[p]))
            kept.add(max(numbers, key=lambda p: found_values[p]))
    return sorted(kept)


def arrays(drawing):
    return (
        np.array([x for x, _ in drawing], np.int64),
        np.array([value for _, value in drawing], np.float64),
    )


@pytest.fixture(params=[1, 512], autouse=True)
def long_column(request, monkeypatch):
    """Both ways to go through the columns."""
    monkeypatch.setattr(downsampling, "_LONG_COLUMN", request.param)


def check(x, found_values, columns, low=None, high=None):
    begin = int(x[0]) if low is None else low
    end = int(x[-1]) if high is None else high
    found = m4(x, found_values, columns, low, high).tolist()
    assert found == expected_places(x.tolist(), found_values.tolist(), columns, begin, end)


@given(drawings, widths)
def test_every_column_keeps_its_first_last_lowest_highest_and_gap(drawing, columns):
    x, found_values = arrays(drawing)
    check(x, found_values, columns)


@given(drawings, widths, st.integers(-10, 0), st.integers(1, 10))
def test_a_chart_may_begin_and_end_elsewhere_than_its_points(drawing, columns, low, high):
    x, found_values = arrays(drawing)
    check(x, found_values, columns, low, high)


def test_no_spike_among_a_million_points_is_lost():
    chance = np.random.default_rng(3)
    found_values = chance.normal(size=1_000_000)
    spikes = chance.choice(1_000_000, 50, replace=False)
    found_values[spikes[:25]] += 1e6
    found_values[spikes[25:]] -= 1e6
    kept = m4(np.arange(1_000_000), found_values, 2_500)
    assert len(kept) <= 4 * 2_500
    shown = set(kept.tolist())
    columns_hit = {int(spike) * 2_500 // 1_000_000 for spike in spikes}
    assert len(shown & set(spikes.tolist())) >= len(columns_hit)


def test_nothing_is_drawn_of_nothing():
    assert m4(np.empty(0, np.int64), np.empty(0), 5).tolist() == []


def test_points_of_columns_of_their_own_are_all_kept():
    assert m4(np.arange(9), np.zeros(9), 9).tolist() == list(range(9))


def test_points_at_one_place_are_one_column():
    found = m4(np.zeros(6, np.int64), np.array([2.0, 9.0, 2.0, -1.0, -1.0, 3.0]), 100)
    assert found.tolist() == [0, 1, 3, 5]
