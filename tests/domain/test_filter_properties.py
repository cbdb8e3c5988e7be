"""What holds for every filter: it parses or is refused, and reads back from its tree."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millpond.domain.filters import (
    EXPERIMENTS,
    LOGGED_MODELS,
    RUNS,
    And,
    Comparison,
    Entity,
    Field,
    Node,
    Not,
    Number,
    Op,
    Or,
    Schema,
    Text,
    matches,
    parse_filter,
    parse_order_by,
    parse_order_fields,
    unparse,
)
from millpond.errors import InvalidParameter

SCHEMAS = [RUNS, EXPERIMENTS, LOGGED_MODELS]

words = [
    *["metrics.a", "params.`b c`", 'tags."d"', "datasets.name", "status", "start_time", "run_id"],
    *["name", "attribute.name", "experiment_id", "attributes.status", "creation_time", "foo"],
    *["=", "!=", "<", ">=", "==", "~", "(", ")", ",", ";", ".", "-", "--", "`", "'", '"', "\\"],
    *["AND", "or", "Not", "IN", "is", "NULL", "between", "LIKE", "ilike", "true", "RLIKE"],
    *["1", "-2.5", ".5", "1e400", "0x1", "'x'", '"y"', "'5'", "'a%_'", "''", " ", "\n", "é", "\0"],
    *["FINISHED", "('a', 'b')", "(1, 2)", "\ud800", "'it\\'s'", "'\\\\'"],
]
soup = st.lists(st.sampled_from(words), max_size=14).map(" ".join) | st.lists(
    st.sampled_from(words), max_size=14
).map("".join)
any_text = st.text(st.characters(codec=None), max_size=60)


@pytest.mark.parametrize("schema", SCHEMAS, ids=["runs", "experiments", "logged models"])
@settings(max_examples=400)
@given(text=any_text | soup)
def test_any_text_parses_or_is_refused_by_name(schema: Schema, text: str) -> None:
    try:
        node = parse_filter(text, schema)
    except InvalidParameter as refused:
        refused.message.encode("utf-8")
        *_, at, line, caret = refused.message.split("\n")
        assert at.startswith("At character ")
        assert 1 <= int(at.removeprefix("At character ")) <= len(text) + 1
        assert len(caret) <= len(line) + 1
    else:
        assert parse_filter(unparse(node), schema) == node
        assert matches(node, lambda field: []) in (True, False)


@pytest.mark.parametrize("schema", SCHEMAS, ids=["runs", "experiments", "logged models"])
@given(text=any_text | soup)
def test_any_order_by_parses_or_is_refused_by_name(schema: Schema, text: str) -> None:
    with contextlib.suppress(InvalidParameter):
        parse_order_by([text], schema)
    with contextlib.suppress(InvalidParameter):
        parse_order_fields([(text, True)], schema)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    alphabet="\\'\"`a%", max_size=8
)
numbers = st.builds(
    lambda value: Number(repr(value), value), st.floats(allow_nan=False, allow_infinity=False)
)
whole = st.builds(
    lambda value: Number(str(value), value), st.integers(min_value=-(2**63), max_value=2**63 - 1)
)
same = st.sampled_from([Op.EQ, Op.NE])
ranges = st.sampled_from([Op.LT, Op.LE, Op.GT, Op.GE])
likes = st.sampled_from([Op.LIKE, Op.ILIKE, Op.NOT_LIKE, Op.NOT_ILIKE])
lists = st.sampled_from([Op.IN, Op.NOT_IN])
nulls = st.sampled_from([Op.IS_NULL, Op.IS_NOT_NULL])


def listed(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, min_size=1, max_size=4).map(tuple)


def fields(entity: Entity, keys: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Field]:
    return st.builds(Field, st.just(entity), keys)


strings = st.builds(Text, texts)
text_fields = fields(Entity.ATTRIBUTE, st.sampled_from(["run_id", "run_name", "status"])) | fields(
    Entity.DATASET, st.sampled_from(["name", "digest", "context"])
)
logged_fields = fields(Entity.PARAM) | fields(Entity.TAG)
times = fields(Entity.ATTRIBUTE, st.sampled_from(["start_time", "end_time"]))
metrics = fields(Entity.METRIC)

comparisons = st.one_of(
    st.builds(Comparison, text_fields, same | likes, strings),
    st.builds(Comparison, text_fields, lists, listed(strings)),
    st.builds(Comparison, logged_fields, same, strings | numbers),
    st.builds(Comparison, logged_fields, ranges, numbers),
    st.builds(Comparison, logged_fields, likes, strings),
    st.builds(Comparison, logged_fields, lists, listed(strings | numbers)),
    st.builds(Comparison, metrics, same | ranges, numbers),
    st.builds(Comparison, metrics, lists, listed(numbers)),
    st.builds(Comparison, times, same | ranges, whole),
    st.builds(Comparison, text_fields | logged_fields | times | metrics, nulls, st.none()),
)


def junctions(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def terms(unlike: type) -> st.SearchStrategy[tuple[Node, ...]]:
        flat = nodes.filter(lambda node: not isinstance(node, unlike))
        return st.lists(flat, min_size=2, max_size=3).map(tuple)

    return st.builds(And, terms(And)) | st.builds(Or, terms(Or)) | st.builds(Not, nodes)


nodes = st.recursive(comparisons, junctions, max_leaves=8)


@settings(max_examples=500)
@given(nodes)
def test_a_tree_reads_back_from_its_text(node: Node) -> None:
    assert parse_filter(unparse(node), RUNS) == node


@settings(max_examples=500)
@given(node=nodes, data=st.data())
def test_a_damaged_filter_parses_or_is_refused_by_name(node: Node, data: st.DataObject) -> None:
    text = unparse(node)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 3)))
    damaged = text[:start] + data.draw(st.sampled_from(["", *words])) + text[end:]
    with contextlib.suppress(InvalidParameter):
        parsed = parse_filter(damaged, RUNS)
        assert parse_filter(unparse(parsed), RUNS) == parsed


def test_no_filter_is_the_empty_text() -> None:
    assert unparse(None) == ""


def test_a_tree_at_the_depth_limit_reads_back() -> None:
    deepest = "NOT (" * 14 + "metrics.a NOT BETWEEN 1 AND 2 AND params.b = 'x'" + ")" * 14
    node = parse_filter(deepest, RUNS)
    assert parse_filter(unparse(node), RUNS) == node
