"""What a filter may say, and the tree that it becomes."""

import pytest

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
    Text,
    parse_filter,
)


def attribute(key: str, op: Op, value: object) -> Comparison:
    return Comparison(Field(Entity.ATTRIBUTE, key), op, value)  # type: ignore[arg-type]


def metric(key: str, op: Op, text: str) -> Comparison:
    return Comparison(Field(Entity.METRIC, key), op, Number(text, float(text)))


def param(key: str, op: Op, value: str) -> Comparison:
    return Comparison(Field(Entity.PARAM, key), op, Text(value))


def tag(key: str, op: Op, value: str) -> Comparison:
    return Comparison(Field(Entity.TAG, key), op, Text(value))


A = metric("a", Op.GT, "1")
B = param("b", Op.EQ, "x")
C = attribute("status", Op.NE, Text("FAILED"))


@pytest.mark.parametrize("blank", [None, "", " ", "\n\t"])
def test_a_blank_filter_is_no_filter(blank: str | None) -> None:
    assert parse_filter(blank, RUNS) is None


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("metric.auc >= 0.81", metric("auc", Op.GE, "0.81")),
        ("metric.epoch>=30", metric("epoch", Op.GE, "30")),
        ("`metric`.gain >= 0.3", metric("gain", Op.GE, "0.3")),
        ("metrics.x>-1", metric("x", Op.GT, "-1")),
        ("metrics.x = .5", metric("x", Op.EQ, ".5")),
        ("metrics.x = 5.", metric("x", Op.EQ, "5.")),
        ("metrics.x = 1e-05", metric("x", Op.EQ, "1e-05")),
        ("metrics.x = 1E+16", metric("x", Op.EQ, "1E+16")),
        ("metrics.x < 1e400", metric("x", Op.LT, "1e400")),
        ("metrics.\"top one\" >= 0.7", metric("top one", Op.GE, "0.7")),
        ("metrics.`mean error` > 5", metric("mean error", Op.GT, "5")),
        ("metrics.'single' > 5", metric("single", Op.GT, "5")),
        ("metrics.\"p@5 / #1 $&\" = 3", metric("p@5 / #1 $&", Op.EQ, "3")),
        ("metrics.\"loss.v2.1\" > 5", metric("loss.v2.1", Op.GT, "5")),
        ("metrics.val/loss > 5", metric("val/loss", Op.GT, "5")),
        ("metrics.f1-score > 5", metric("f1-score", Op.GT, "5")),
        ("metrics.1 > 5", metric("1", Op.GT, "5")),
        ("params.solver!='sgd'", param("solver", Op.NE, "sgd")),
        ('params."solver"!="sgd"', param("solver", Op.NE, "sgd")),
        ("parameters.m = 'a'", param("m", Op.EQ, "a")),
        ("params.ключ = 'значение'", param("ключ", Op.EQ, "значение")),
        ("tags.mlflow.source.type = 'LOCAL'", tag("mlflow.source.type", Op.EQ, "LOCAL")),
        ("tags.`mlflow.runName` like 'a%'", tag("mlflow.runName", Op.LIKE, "a%")),
        ("tags.in = 'x'", tag("in", Op.EQ, "x")),
        ("tags.x iLiKe 'A_'", tag("x", Op.ILIKE, "A_")),
        ("tags.x not like 'A_'", tag("x", Op.NOT_LIKE, "A_")),
        ("tags.x NOT ILIKE 'A_'", tag("x", Op.NOT_ILIKE, "A_")),
    ],
)  # fmt: skip
def test_every_form_of_a_field_and_a_value_is_read(text: str, node: Node) -> None:
    assert parse_filter(text, RUNS) == node


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("run_id = 'x'", "run_id"),
        ("attribute.run_id = 'x'", "run_id"),
        ("attributes.run_id = 'x'", "run_id"),
        ("attr.run_id = 'x'", "run_id"),
        ("run.run_id = 'x'", "run_id"),
        ("`Run Name` = 'x'", "run_name"),
        ("\"run name\" = 'x'", "run_name"),
        ("attributes.`Run name` = 'x'", "run_name"),
    ],
)
def test_an_attribute_has_one_key_whatever_it_is_called(text: str, key: str) -> None:
    assert parse_filter(text, RUNS) == attribute(key, Op.EQ, Text("x"))


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("''", ""),
        ('""', ""),
        ("' x '", " x "),
        ('"it\'s"', "it's"),
        ("'say \"hi\"'", 'say "hi"'),
        ("'it''s'", "it's"),
        ('"a""b"', 'a"b'),
        (r"'it\'s'", "it's"),
        (r'"a\"b"', 'a"b'),
        (r"'C:\tmp\new'", r"C:\tmp\new"),
        (r"'\\server\share'", r"\\server\share"),
        (r"'C:\tmp\\'", "C:\\tmp\\"),
        (r"'C:\tmp\'", "C:\\tmp\\"),
        (r"'\"'", r"\""),
        ("'a\nb'", "a\nb"),
        ("''''", "'"),
    ],
)
def test_a_string_says_what_stands_between_its_quotes(literal: str, value: str) -> None:
    assert parse_filter(f"params.p = {literal}", RUNS) == param("p", Op.EQ, value)


def test_a_protected_backslash_does_not_swallow_the_rest_of_the_filter() -> None:
    parsed = parse_filter(r"params.dir = 'C:\tmp\\' AND params.b = 'x'", RUNS)
    assert parsed == And((param("dir", Op.EQ, "C:\\tmp\\"), B))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("metrics.a > 1 AND params.b = 'x'", And((A, B))),
        ("metrics.a>1 and params.b='x'and status!='FAILED'", And((A, B, C))),
        ("metrics.a > 1 OR params.b = 'x' AND status != 'FAILED'", Or((A, And((B, C))))),
        ("(metrics.a > 1 OR params.b = 'x') AND status != 'FAILED'", And((Or((A, B)), C))),
        ("(((metrics.a > 1)))", A),
        ("metrics.a > 1 AND (params.b = 'x' AND status != 'FAILED')", And((A, B, C))),
        ("(metrics.a > 1 OR params.b = 'x') or status != 'FAILED'", Or((A, B, C))),
        ("NOT metrics.a > 1 AND params.b = 'x'", And((Not(A), B))),
        ("not (metrics.a > 1 AND params.b = 'x')", Not(And((A, B)))),
        ("NOT NOT metrics.a > 1", Not(Not(A))),
        ("NOT(metrics.a > 1)OR(params.b = 'x')", Or((Not(A), B))),
    ],
)
def test_not_binds_before_and_and_before_or(text: str, node: Node) -> None:
    assert parse_filter(text, RUNS) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("run_id IN ('a', \"b\")", attribute("run_id", Op.IN, (Text("a"), Text("b")))),
        ("status not  in('a',)", attribute("status", Op.NOT_IN, (Text("a"),))),
        (
            "metrics.a IN (1, 0.5)",
            Comparison(Field(Entity.METRIC, "a"), Op.IN, (Number("1", 1.0), Number("0.5", 0.5))),
        ),
        ("start_time IN (5)", attribute("start_time", Op.IN, (Number("5", 5),))),
        (
            "params.p IN ('a', 0.50)",
            Comparison(Field(Entity.PARAM, "p"), Op.IN, (Text("a"), Number("0.50", 0.5))),
        ),
        (
            "datasets.context IN ('train')",
            Comparison(Field(Entity.DATASET, "context"), Op.IN, (Text("train"),)),
        ),
        ("end_time is null", attribute("end_time", Op.IS_NULL, None)),
        ("metrics.a IS  NOT\nNULL", Comparison(Field(Entity.METRIC, "a"), Op.IS_NOT_NULL, None)),
        (
            "metrics.a BETWEEN 1 AND 2 AND params.b = 'x'",
            And((metric("a", Op.GE, "1"), metric("a", Op.LE, "2"), B)),
        ),
        (
            "metrics.a NOT BETWEEN 1 AND 2 AND params.b = 'x'",
            And((Or((metric("a", Op.LT, "1"), metric("a", Op.GT, "2"))), B)),
        ),
    ],
)
def test_lists_nulls_and_betweens_go_with_every_entity(text: str, node: Node) -> None:
    assert parse_filter(text, RUNS) == node


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ("params.elasticNetParam = 0.5", Op.EQ, Number("0.5", 0.5)),
        ("params.elasticNetParam != 1e2", Op.NE, Number("1e2", 100.0)),
        ("params.elasticNetParam > 5", Op.GT, Number("5", 5.0)),
        ("params.elasticNetParam <= '0.50'", Op.LE, Number("0.50", 0.5)),
    ],
)
def test_a_param_takes_an_unquoted_number_and_a_range(text: str, op: Op, value: Number) -> None:
    assert parse_filter(text, RUNS) == Comparison(Field(Entity.PARAM, "elasticNetParam"), op, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("created > 1700000000000", 1700000000000),
        ("start_time > 1700000000000.25", 1700000000000.25),
        ("start_time > 9223372036854775807", 2**63 - 1),
        ("start_time > 9223372036854775808", float(2**63)),
    ],
)
def test_a_time_of_a_run_takes_any_number(text: str, value: float) -> None:
    parsed = parse_filter(text, RUNS)
    assert isinstance(parsed, Comparison)
    assert isinstance(parsed.value, Number)
    assert parsed.field.key == "start_time"
    assert (parsed.value.value, type(parsed.value.value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("name = 'a'", attribute("name", Op.EQ, Text("a"))),
        ("attribute.`name` ILIKE 'a%'", attribute("name", Op.ILIKE, Text("a%"))),
        ("experiment_id IN ('1', '02')", attribute("experiment_id", Op.IN, (Text("1"), Text("2")))),
        ("experiment_id = 5", attribute("experiment_id", Op.EQ, Text("5"))),
        ("creation_time > 5", attribute("creation_time", Op.GT, Number("5", 5))),
        ("tag.team = 'a'", tag("team", Op.EQ, "a")),
        ("name IS NOT NULL", attribute("name", Op.IS_NOT_NULL, None)),
    ],
)
def test_experiments_are_searched_by_their_own_names(text: str, node: Node) -> None:
    assert parse_filter(text, EXPERIMENTS) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("attributes.name = 'a'", attribute("name", Op.EQ, Text("a"))),
        ("creation_time > 5", attribute("creation_timestamp_ms", Op.GT, Number("5", 5))),
        ("creation_timestamp > 5.5", attribute("creation_timestamp_ms", Op.GT, Number("5.5", 5.5))),
        (
            "last_updated_timestamp = 5",
            attribute("last_updated_timestamp_ms", Op.EQ, Number("5", 5)),
        ),
        ("status = READY", attribute("status", Op.EQ, Text("READY"))),
        ("params.model_type = tree", param("model_type", Op.EQ, "tree")),
        ("params.lr = 0.01", Comparison(Field(Entity.PARAM, "lr"), Op.EQ, Number("0.01", 0.01))),
        ("metrics.val/loss > 0.5", metric("val/loss", Op.GT, "0.5")),
        ("model_id IN ('m-1')", attribute("model_id", Op.IN, (Text("m-1"),))),
    ],
)  # fmt: skip
def test_logged_models_are_searched_by_their_own_names(text: str, node: Node) -> None:
    assert parse_filter(text, LOGGED_MODELS) == node


def test_equal_filters_are_one_key_of_a_cache() -> None:
    one = parse_filter("metrics.a > 1 AND NOT run_id IN ('x', 'y')", RUNS)
    other = parse_filter("metric.a>1 and not attributes.run_id in (\"x\",'y')", RUNS)
    assert one == other
    assert hash(one) == hash(other)


def test_a_filter_at_the_limits_is_read() -> None:
    assert parse_filter("(" * 30 + "metrics.a > 1" + ")" * 30, RUNS) == A
    assert parse_filter("NOT " * 30 + "metrics.a > 1", RUNS) is not None
    assert parse_filter(" OR ".join(["metrics.a > 1"] * 500), RUNS) is not None
    values = ",".join(["'x'"] * 10_000)
    assert parse_filter(f"run_id IN ({values})", RUNS) is not None
    assert parse_filter("params.p = '" + "x" * 99_987 + "'", RUNS) is not None
