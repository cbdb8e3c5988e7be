"""Series keep the order and the distinctness that points have, without a record for each."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.domain import series as rules
from millpond.domain.metrics import Point, distinct, history_order, recency
from millpond.domain.series import Axis, HistoryPosition, concatenate, series_of

points = st.builds(
    Point,
    st.just("m"),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 5e-324]),
    st.sampled_from([0, 1, 2, 2**63 - 1]),
    st.sampled_from([0, 1, 2, -(2**63), 2**63 - 1]),
    st.none(),
    st.none() | st.just("iris"),
    st.none() | st.just("1"),
)
many = st.lists(points, max_size=30)
orders = {Axis.STEP: recency, Axis.TIME: history_order}


@given(many)
def test_points_become_a_series_and_come_back(given_points):
    assert repr(series_of("m", given_points).points()) == repr(given_points)


@given(many, st.sampled_from(Axis))
def test_each_distinct_point_stands_once_in_order_and_the_first_is_kept(given_points, axis):
    expected = sorted(distinct(given_points), key=orders[axis])
    found = rules.in_order(series_of("m", given_points), axis)
    assert repr(found.points()) == repr(expected)


def test_what_is_in_order_is_not_copied():
    series = series_of("m", [Point("m", 1.0, 3, i) for i in range(5)])
    assert rules.in_order(series, Axis.STEP) is series
    assert rules.in_order(series, Axis.TIME) is series


@given(many, st.sampled_from(Axis), st.none() | st.integers(-1, 3), st.none() | st.integers(-1, 3))
def test_a_range_has_both_its_ends(given_points, axis, low, high):
    ordered = rules.in_order(series_of("m", given_points), axis)

    def is_within(point):
        x = point.step if axis is Axis.STEP else point.timestamp
        return (low is None or low <= x) and (high is None or x <= high)

    found = rules.within(ordered, axis, low, high)
    assert repr(found.points()) == repr([p for p in ordered.points() if is_within(p)])


@given(many)
def test_after_each_position_comes_the_rest(given_points):
    history = rules.in_order(series_of("m", given_points), Axis.TIME)
    for i in range(len(history)):
        position = rules.position_of_last(history.take(slice(i + 1)))
        rest = rules.after_position(history, position)
        assert repr(rest.points()) == repr(history.points()[i + 1 :])


def test_a_position_between_points_is_one_too():
    history = series_of("m", [Point("m", 1.0, 1), Point("m", 1.0, 5)])
    assert len(rules.after_position(history, HistoryPosition(3, 0, 0.0, False))) == 1


@given(st.lists(many, min_size=1, max_size=4))
def test_parts_put_together_are_the_points_in_order(parts):
    # Of one store, so that a number means one context in all of them.
    whole = series_of("m", [point for part in parts for point in part])
    pieces, start = [], 0
    for part in parts:
        pieces.append(whole.take(slice(start, start + len(part))))
        start += len(part)
    assert repr(concatenate(pieces).points()) == repr(whole.points())


@pytest.mark.parametrize("axis", Axis)
def test_an_empty_series_is_in_order_and_within_any_range(axis):
    empty = rules.empty_series("m")
    assert len(rules.within(rules.in_order(empty, axis), axis, 1, 2)) == 0
