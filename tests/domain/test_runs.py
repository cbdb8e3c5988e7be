"""The rules about runs: names, batches, params that do not change."""

import random

import pytest

from millpond.domain import runs
from millpond.domain.experiments import Tag
from millpond.domain.metrics import Point
from millpond.domain.runs import RUN_NAME_TAG, Batch, Param
from millpond.errors import InvalidParameter


def points(count):
    return [Point("m", 1.0, i) for i in range(count)]


def params(count):
    return [Param(f"p{i}", "1") for i in range(count)]


def tags(count):
    return [Tag(f"t{i}", "1") for i in range(count)]


def test_a_random_name_is_two_words_and_a_number():
    adjective, noun, number = runs.random_name(random.Random(1)).split("-")
    assert adjective.isalpha()
    assert noun.isalpha()
    assert 0 <= int(number) < 1000
    assert runs.random_name(random.Random(1)) == f"{adjective}-{noun}-{number}"


@pytest.mark.parametrize(
    ("asked", "tagged", "chosen"),
    [
        ("a", [], "a"),
        ("", [Tag(RUN_NAME_TAG, "b")], "b"),
        ("", [], ""),
        ("a", [Tag(RUN_NAME_TAG, "a")], "a"),
        ("a", [Tag("other", "b")], "a"),
    ],
)
def test_a_name_comes_from_the_argument_or_the_tag(asked, tagged, chosen):
    assert runs.choose_name(asked, tagged) == chosen


def test_a_name_and_a_tag_that_disagree_are_refused():
    with pytest.raises(InvalidParameter, match=r"run_name='a', mlflow.runName='b'"):
        runs.choose_name("a", [Tag(RUN_NAME_TAG, "b")])


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (Batch(points(1001)), "at most 1000 metrics. Got 1001 metrics. Please split up metrics"),
        (Batch([], params(101)), "at most 100 params. Got 101 params."),
        (Batch([], [], tags(101)), "at most 100 tags. Got 101 tags."),
        (
            Batch(points(900), params(50), tags(51)),
            "at most 1000 metrics, params, and tags. Got 1001",
        ),
        (Batch([], [Param("a", "1"), Param("a", "1")]), "Duplicate parameter keys"),
        (Batch([], [Param("a;", "1")]), "'params[0].key'"),
        (Batch([], [], [Tag("a", ""), Tag("b;", "")]), "'tags[1].key'"),
        (Batch([Point("m", 1.0, -1)]), "'metrics[0].timestamp'"),
    ],
)
def test_a_bad_batch_is_refused_by_name(batch, words):
    with pytest.raises(InvalidParameter) as refused:
        runs.checked_batch(batch)
    assert words in refused.value.message


@pytest.mark.parametrize(
    "batch", [Batch(), Batch(points(1000)), Batch(points(800), params(100), tags(100))]
)
def test_a_batch_at_its_limits_passes(batch):
    kept = runs.checked_batch(batch)
    assert (list(kept.params), list(kept.tags)) == (list(batch.params), list(batch.tags))


def test_values_that_are_too_long_are_cut():
    assert runs.checked_param(Param("a", "é" * 6_001)).value == "é" * 6_000
    assert runs.checked_tag(Tag("a", "é" * 8_001)).value == "é" * 8_000
    assert runs.checked_param(Param("a", "x" * 6_000)).value == "x" * 6_000


def test_only_params_that_are_not_logged_yet_are_new():
    asked = [Param("a", "1"), Param("b", "2")]
    assert runs.new_params("r", {"a": "1", "z": "9"}, asked) == [Param("b", "2")]


def test_a_param_that_is_logged_with_another_value_is_refused():
    with pytest.raises(InvalidParameter) as refused:
        runs.new_params("r", {"a": "1", "b": ""}, [Param("a", "1"), Param("b", "2")])
    assert "'key': 'b', 'old_value': '', 'new_value': '2'" in refused.value.message
    assert "for run ID='r'" in refused.value.message
