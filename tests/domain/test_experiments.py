"""The rules about experiments: ids, names, tags, artifact places, stages."""

import pytest

from millpond.domain import experiments
from millpond.domain.experiments import Stage, ViewType
from millpond.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("12", 12), ("007", 7), ("9" * 18, 10**18 - 1)]
)
def test_an_experiment_id_is_digits(text, number):
    assert experiments.parse_experiment_id(text) == number


@pytest.mark.parametrize("text", ["", "+1", " 1", "1_0", "1.0", "٣", "x", "9" * 19])
def test_anything_else_is_no_experiment_id(text):
    with pytest.raises(InvalidParameter, match="Experiment ID must be a valid integer"):
        experiments.parse_experiment_id(text)


def test_a_name_has_1_to_500_characters():
    experiments.check_name("/Users/me/é" + "x" * 489)
    with pytest.raises(InvalidParameter, match="Invalid experiment name: ''"):
        experiments.check_name("")
    with pytest.raises(InvalidParameter, match="'name' exceeds the maximum length of 500"):
        experiments.check_name("x" * 501)


def test_a_tag_value_has_20000_characters_at_most():
    experiments.check_tag("a", "x" * 20_000)
    with pytest.raises(InvalidParameter, match="'value' exceeds the maximum length of 20000"):
        experiments.check_tag("a", "x" * 20_001)
    with pytest.raises(InvalidParameter, match="'key'"):
        experiments.check_tag("a;b", "")


@pytest.mark.parametrize(
    "location", ["mlflow-artifacts:/a", "s3://bucket/a%20b?x=1", "/data/a", "file:///a/../b", "a"]
)
def test_a_good_artifact_location_passes(location):
    experiments.check_artifact_location(location)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("runs:/a", "cannot be a runs:/ URI"),
        ("s3://a#b", "can't include fragments or params"),
        ("http://a/b;c", "can't include fragments or params"),
        ("s3://a?x=%2e%2e", "Invalid query string"),
        ("s3://a\x00b", "NUL"),
        ("x" * 2049, "cannot be greater than 2048"),
    ],
)
def test_a_bad_artifact_location_is_refused(location, words):
    with pytest.raises(InvalidParameter) as refused:
        experiments.check_artifact_location(location)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (ViewType.ACTIVE_ONLY, [True, False]),
        (ViewType.DELETED_ONLY, [False, True]),
        (ViewType.ALL, [True, True]),
    ],
)
def test_a_view_shows_stages(view, shown):
    assert [view.shows(stage) for stage in (Stage.ACTIVE, Stage.DELETED)] == shown


@pytest.mark.parametrize("location", ["s3://[", "http://[::1"])
def test_a_location_that_is_no_url_is_refused_and_not_a_crash(location):
    with pytest.raises(InvalidParameter):
        experiments.check_artifact_location(location)
