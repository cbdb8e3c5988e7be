"""M4: the picture through the chosen points is the picture through all."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.domain.charts import ChartAxis, Frame, draw, draw_long
from millpond.domain.downsampling import m4_of_at_most, m4_of_line
from millpond.domain.metrics import Point
from millpond.domain.series import series_of
from millpond.testing.store_contract.samples import plain

values = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, math.inf, -math.inf])
with_nan = values | st.just(math.nan)
xs = st.integers(-50, 50) | st.integers(-(2**63), 2**63 - 1)


def columns_of(x, low, high, width):
    """The pixel column of each x, by the formula of the docstring in whole numbers."""
    starts = [low - (-i * (high + 1 - low)) // width for i in range(width)]
    return [max(0, sum(start <= int(one) for start in starts) - 1) for one in x]


@given(
    st.lists(st.tuples(xs, with_nan), min_size=1, max_size=300), st.integers(1, 12), st.booleans()
)
def test_every_pixel_column_keeps_its_ends_extremes_and_gap(points, width, with_range):
    x = np.array(sorted(x for x, _ in points), np.int64)
    y = np.array([value for _, value in points], np.float64)
    low, high = int(x[0]), int(x[-1])
    if with_range:
        low, high = max(-(2**63), low - 3), min(2**63 - 1, high + 40)
    chosen = m4_of_line(x, y, width, low, high) if with_range else m4_of_line(x, y, width)
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert len(chosen) <= 5 * width
    if x[0] == x[-1]:
        x = np.arange(len(x))
        low, high = 0, len(x) - 1
    columns = np.array(columns_of(x, low, high, width))
    for column in set(columns.tolist()):
        there = np.flatnonzero(columns == column)
        kept = np.intersect1d(there, chosen)
        assert {there[0], there[-1]} <= set(kept.tolist())
        numbers = y[there][~np.isnan(y[there])]
        if len(numbers):
            assert np.nanmin(y[kept]) == numbers.min()
            assert np.nanmax(y[kept]) == numbers.max()
        assert np.isnan(y[kept]).any() == (len(numbers) < len(there))


@given(st.lists(with_nan, min_size=1, max_size=400), st.integers(1, 100))
def test_a_limit_is_kept_with_first_and_last(points, limit):
    x = np.arange(len(points))
    y = np.array(points, np.float64)
    chosen = m4_of_at_most(x, y, limit).tolist()
    assert len(chosen) <= limit
    assert chosen[-1] == len(points) - 1
    assert limit == 1 or chosen[0] == 0
    if limit >= 5 and not np.isnan(y).all():
        assert np.nanmax(y[chosen]) == np.nanmax(y)
        assert np.nanmin(y[chosen]) == np.nanmin(y)


def test_a_limit_is_filled_where_nothing_stands_out():
    x = np.arange(10_000)
    assert len(m4_of_at_most(x, x.astype(float), 2_500)) == 2_500


@pytest.mark.parametrize("size", [10_000, 1_000_000])
@pytest.mark.parametrize("width", [1, 7, 625, 1_000])
def test_one_spike_among_many_points_is_drawn(size, width):
    rng = np.random.default_rng(size)
    y = rng.normal(size=size)
    for place in rng.integers(0, size, 5).tolist():
        y[place] = 1e9 * (-1) ** place
    chosen = m4_of_line(np.arange(size), y, width)
    assert y.max() in y[chosen]
    assert y.min() in y[chosen]


POINTS = [Point("m", float(step), 1_000 + step * 10, step) for step in range(0, 100, 10)]


def drawn(frame, start_ms=0, points=POINTS):
    return draw(("r1", "m"), series_of("m", points), start_ms, frame)


def test_a_range_has_the_neighbours_for_the_line_to_come_in_and_go_out():
    line = drawn(Frame(ChartAxis.STEP, 25, 45, 100))
    assert line.xs.tolist() == [20, 30, 40, 50]
    assert (line.points, line.value_min, line.value_max) == (2, 30.0, 40.0)
    assert (line.first, line.last) == ((30, 30.0), (40, 40.0))


def test_both_ends_of_a_range_belong_to_it():
    assert drawn(Frame(ChartAxis.STEP, 0, 90, 100)).points == 10
    assert drawn(Frame(ChartAxis.STEP, 90, 200, 100)).points == 1


def test_a_range_without_points_is_empty():
    line = drawn(Frame(ChartAxis.STEP, 200, 300, 100))
    assert (line.points, line.first, line.missing) == (0, None, None)


def test_the_axis_may_be_the_time_or_the_time_since_the_start():
    assert drawn(Frame(ChartAxis.TIME)).first == (1_000, 0.0)
    assert drawn(Frame(ChartAxis.RELATIVE_TIME), 900).last == (1_000, 90.0)


def test_points_are_drawn_by_time_though_steps_go_back():
    points = [Point("m", 1.0, 5, 9), Point("m", 2.0, 9, 1)]
    assert drawn(Frame(ChartAxis.TIME), points=points[::-1]).values.tolist() == [1.0, 2.0]


@given(
    st.lists(st.tuples(xs, with_nan), min_size=1, max_size=120),
    st.integers(1, 9),
    st.lists(st.integers(0, 120), max_size=4),
    st.none() | st.integers(-60, 60),
    st.none() | st.integers(-60, 60),
)
def test_a_series_in_parts_is_drawn_as_the_whole(points, width, cuts, x_min, x_max):
    rows = sorted(points, key=lambda row: row[0])
    whole = series_of("m", [Point("m", value, 0, x) for x, value in rows])
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [(whole.steps[a:b], whole.values[a:b], None) for a, b in pairwise(ends)]
    frame = Frame(ChartAxis.STEP, x_min, x_max, width)
    low = rows[0][0] if x_min is None else x_min
    high = rows[-1][0] if x_max is None else x_max
    found = draw_long(("r1", "m"), parts, low, high, frame) if low <= high else None
    expected = draw(("r1", "m"), whole, 0, frame)
    if found is None:
        is_one_place = expected.first is None or expected.first[0] == expected.last[0]
        assert is_one_place or expected.points < 5 * width
    else:
        assert repr(plain(found)) == repr(plain(expected))


def test_a_series_of_nan_alone_has_no_bounds():
    line = drawn(Frame(), points=[Point("m", math.nan, step, step) for step in range(3)])
    assert (line.value_min, line.value_max, line.points) == (None, None, 3)
