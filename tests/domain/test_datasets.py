"""The rules about dataset inputs."""

import pytest

from millpond.domain.datasets import (
    CONTEXT_TAG,
    Dataset,
    DatasetInput,
    check_inputs,
    first_of_each,
)
from millpond.domain.experiments import Tag
from millpond.errors import InvalidParameter


def test_the_context_is_the_tag_of_that_name():
    tags = (Tag("a", "1"), Tag(CONTEXT_TAG, "training"))
    assert DatasetInput(Dataset("d", "1"), tags).context == "training"
    assert DatasetInput(Dataset("d", "1")).context is None


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("name", 500),
        ("digest", 36),
        ("source", 65_535),
        ("schema", 1_048_575),
        ("profile", 16_777_215),
    ],
)
def test_each_field_has_its_limit(field, limit):
    fits = {"name": "d", "digest": "1", field: "x" * limit}
    check_inputs([DatasetInput(Dataset(**fits))])
    with pytest.raises(InvalidParameter, match=f"'{field}' exceeds the maximum length of {limit}"):
        check_inputs([DatasetInput(Dataset(**{**fits, field: "x" * (limit + 1)}))])


@pytest.mark.parametrize(
    ("tag", "words"), [(Tag("x" * 256), "'key' exceeds"), (Tag("a", "x" * 501), "'value' exceeds")]
)
def test_an_inputs_tags_have_limits(tag, words):
    with pytest.raises(InvalidParameter, match=words):
        check_inputs([DatasetInput(Dataset("d", "1"), (tag,))])


def test_a_request_has_1000_datasets_at_most():
    inputs = [DatasetInput(Dataset("d", str(i))) for i in range(1001)]
    check_inputs(inputs[:1000])
    with pytest.raises(InvalidParameter, match="Got 1001 datasets"):
        check_inputs(inputs)


def test_of_one_dataset_named_twice_the_first_mention_stands():
    first, again = (DatasetInput(Dataset("d", "1", source=s)) for s in ("here", "there"))
    other = DatasetInput(Dataset("d", "2"))
    assert first_of_each([first, other, again]) == [first, other]
