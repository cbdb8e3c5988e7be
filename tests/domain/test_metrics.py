"""Which points may be logged, which is the latest, which are one, and how many a chart gets."""

import math
import random

import pytest

from millpond.domain.metrics import (
    Point,
    check_interval,
    check_point,
    distinct,
    history_order,
    recency,
)
from millpond.errors import InvalidParameter

NAN = math.nan


def shuffled(ordered):
    return random.Random(7).sample(ordered, k=len(ordered))


def point(value=1.0, timestamp=1, step=0, key="m"):
    return Point(key, value, timestamp, step)


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf, -0.0])
@pytest.mark.parametrize("key", ["m", "loss/val", "a b", "a.b-c_d:e", "é", "x" * 250])
def test_a_good_point_passes(key, value):
    check_point(point(value, 0, -(2**63), key))
    check_point(point(value, 2**63 - 1, 2**63 - 1, key))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (point(timestamp=-1), "Invalid value -1 for parameter 'metrics[3].timestamp' supplied: "),
        (point(timestamp=2**63), "for parameter 'metrics[3].timestamp' supplied"),
        (point(step=2**63), "for parameter 'metrics[3].step' supplied"),
        (point(step=-(2**63) - 1), "for parameter 'metrics[3].step' supplied"),
        (point(key="a//b"), """Invalid value "a//b" for parameter 'metrics[3].name' supplied"""),
        (point(key="a;b"), "Names may only contain alphanumerics"),
        (point(key="../a"), "must not resolve to other names"),
        (point(key="x" * 251), "'Metric name' exceeds the maximum length of 250 characters"),
    ],
)
def test_a_bad_point_is_told_by_its_place(bad, words):
    with pytest.raises(InvalidParameter) as refused:
        check_point(bad, "metrics[3].")
    assert words in refused.value.message


def test_the_latest_goes_by_step_then_time_then_value_with_nan_right_after_zero():
    ordered = [
        point(9.0, 9, 1),
        point(9.0, 1, 2),
        point(-1.0, 2, 2),
        point(0.0, 2, 2),
        point(NAN, 2, 2),
        point(5e-324, 2, 2),
        point(math.inf, 2, 2),
    ]
    assert sorted(shuffled(ordered), key=recency) == ordered


def test_history_goes_by_time_then_step_then_value():
    ordered = [point(9.0, 1, 5), point(1.0, 2, 1), point(NAN, 2, 2), point(0.5, 2, 2)]
    assert sorted(shuffled(ordered), key=history_order) == ordered


def test_repeats_are_one_and_the_first_is_kept():
    first = Point("m", -0.0, 1, dataset_name="first")
    points = [
        first,
        point(0.0),
        point(NAN),
        point(-NAN),
        point(1.0),
        point(1.0),
        point(1.0, key="n"),
    ]
    assert repr(distinct(points)) == repr([first, points[2], points[4], points[6]])


@pytest.mark.parametrize(("start", "end"), [(1, None), (None, 0), (2, 1)])
def test_an_interval_has_two_ends_in_order(start, end):
    with pytest.raises(InvalidParameter, match=r"end.?step"):
        check_interval(start, end)


@pytest.mark.parametrize(("start", "end"), [(None, None), (1, 1), (-5, 0)])
def test_a_good_interval_passes(start, end):
    check_interval(start, end)
