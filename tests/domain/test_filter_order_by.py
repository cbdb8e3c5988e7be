"""What an order_by may say."""

import pytest

from millpond.domain.filters import (
    EXPERIMENTS,
    LOGGED_MODELS,
    RUNS,
    Entity,
    Field,
    OrderKey,
    Schema,
    parse_order_by,
    parse_order_fields,
)
from millpond.errors import InvalidParameter


def key(entity: Entity, name: str, ascending: bool = True) -> OrderKey:
    return OrderKey(Field(entity, name), ascending)


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("metrics.m", key(Entity.METRIC, "m")),
        ("metrics.m ASC", key(Entity.METRIC, "m")),
        ("metrics.m  dEsC", key(Entity.METRIC, "m", False)),
        ("  metrics.m desc  ", key(Entity.METRIC, "m", False)),
        ("metrics.`mean error` DESC", key(Entity.METRIC, "mean error", False)),
        ('metrics."a b" desc', key(Entity.METRIC, "a b", False)),
        ("metrics.'a b'", key(Entity.METRIC, "a b")),
        ("metrics.desc desc", key(Entity.METRIC, "desc", False)),
        ("metrics.f1-score", key(Entity.METRIC, "f1-score")),
        ("params.`tree depth` aSc", key(Entity.PARAM, "tree depth")),
        ("tag.team", key(Entity.TAG, "team")),
        ("start_time DESC", key(Entity.ATTRIBUTE, "start_time", False)),
        ("Created", key(Entity.ATTRIBUTE, "start_time")),
        ("`Run Name`", key(Entity.ATTRIBUTE, "run_name")),
        ("attributes.end_time", key(Entity.ATTRIBUTE, "end_time")),
    ],
)
def test_a_clause_is_a_field_and_a_direction(clause: str, expected: OrderKey) -> None:
    assert parse_order_by([clause], RUNS) == (expected,)


def test_the_clauses_keep_their_order() -> None:
    keys = parse_order_by(["params.a", "metrics.a desc", "status"], RUNS)
    assert [one.field.key for one in keys] == ["a", "a", "status"]
    assert parse_order_by([], RUNS) == ()


@pytest.mark.parametrize(
    ("clause", "schema", "words"),
    [
        ("", RUNS, "Invalid order_by clause ''. Could not be parsed."),
        ("metrics.m desc foo", RUNS, "Invalid order_by clause 'metrics.m desc foo'. Could not"),
        ("metrics.m DESC NULLS LAST", RUNS, "Invalid order_by clause 'metrics.m DESC NULLS LAST'"),
        (
            "metrics.auc < 2",
            RUNS,
            "Invalid order_by clause 'metrics.auc < 2'. Could not be parsed.",
        ),
        ("`tags.team", RUNS, "Invalid order_by clause '`tags.team'. Could not be parsed."),
        ("metrics.a, metrics.b", RUNS, "Invalid order_by clause 'metrics.a, metrics.b'."),
        ("1", RUNS, "Invalid order_by clause '1'. Could not be parsed."),
        ("m foo", RUNS, "Invalid ordering key in order_by clause 'm foo'."),
        ("attribute.status UP", RUNS, "Invalid ordering key in order_by clause 'attribute.status"),
        ("measure.auc", RUNS, "Invalid entity type 'measure'. Valid values are "),
        ("`tags.team`", RUNS, "Invalid entity type '`tags'."),
        ("auc", RUNS, "Invalid attribute key 'auc' specified. Valid keys are "),
        ("dataset.name", RUNS, "Invalid identifier type 'dataset'"),
        ("tags.a", EXPERIMENTS, "Invalid order_by entity: tag"),
        ("metrics.a", EXPERIMENTS, "Invalid entity type 'metrics'. Valid entity types are "),
        ("start_time", EXPERIMENTS, "Invalid attribute key 'start_time' specified."),
    ],
)
def test_a_bad_clause_is_told_in_the_words_of_mlflow(
    clause: str, schema: Schema, words: str
) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_order_by([clause], schema)
    assert caught.value.message.startswith(words)
    assert "\nAt character " in caught.value.message


def test_the_caret_stands_under_the_offence() -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_order_by(["start_time", "metrics.m up"], RUNS)
    assert caught.value.message.split("\n")[1:] == [
        "At character 11",
        "metrics.m up",
        "          ^",
    ]


def test_runs_refuse_a_field_named_twice_also_by_two_names() -> None:
    with pytest.raises(InvalidParameter, match="`order_by` contains duplicate fields"):
        parse_order_by(["start_time", "created desc"], RUNS)


def test_experiments_sort_by_the_first_of_a_field_named_twice() -> None:
    keys = parse_order_by(["name desc", "creation_time", "name"], EXPERIMENTS)
    assert keys == (key(Entity.ATTRIBUTE, "name", False), key(Entity.ATTRIBUTE, "creation_time"))


def test_an_order_by_has_a_bounded_number_of_fields() -> None:
    names = [f"metrics.m{i}" for i in range(33)]
    with pytest.raises(InvalidParameter, match="has 33 fields; at most 32 are allowed"):
        parse_order_by(names, RUNS)
    with pytest.raises(InvalidParameter, match="has 33 fields; at most 32 are allowed"):
        parse_order_fields([(name, True) for name in names], LOGGED_MODELS)


def test_logged_models_sort_by_named_fields() -> None:
    fields = [("metrics.a b", False), ("creation_time", True), ("metrics.`c`", True)]
    assert parse_order_fields([*fields, ("creation_timestamp", False)], LOGGED_MODELS) == (
        key(Entity.METRIC, "a b", False),
        key(Entity.ATTRIBUTE, "creation_timestamp_ms"),
        key(Entity.METRIC, "c"),
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nope", "Invalid order by field name: nope."),
        ("", "Invalid order by field name: ."),
        ("params.a", "Invalid order by field name: params.a. Only metrics are supported."),
        ("metrics.\ud800", "The order_by field name holds half of a surrogate pair"),
    ],
)
def test_a_field_that_logged_models_do_not_sort_by_is_refused(name: str, words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_order_fields([(name, True)], LOGGED_MODELS)
    assert caught.value.message.startswith(words)
    caught.value.message.encode("utf-8")
