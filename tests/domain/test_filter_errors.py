"""What a bad filter is told: MLflow's words, and the character."""

import pytest

from millpond.domain.filters import EXPERIMENTS, LOGGED_MODELS, RUNS, Schema, parse_filter
from millpond.errors import InvalidParameter


def refusal(text: str, schema: Schema = RUNS) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_filter(text, schema)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "measure.auc >= 0.8",
            "Invalid entity type 'measure'. Valid values are ['metric', 'parameter', ",
        ),
        ("Metrics.auc >= 0.8", "Invalid entity type 'Metrics'."),
        ("`params.a` = 'x'", "Invalid entity type '`params'."),
        ("auc >= 0.8", "Invalid attribute key 'auc' specified. Valid keys are '{'Created', "),
        ("owner is null", "Invalid attribute key 'owner' specified."),
        ("attribute.lifecycle_stage = 'deleted'", "Invalid attribute key 'lifecycle_stage'"),
        ("dataset.profile = 'x'", "Invalid dataset key 'profile' specified. Valid keys are "),
        (
            "metrics.auc > 1 XOR params.solver = 'sgd'",
            "Invalid clause(s) in filter string: 'XOR', ",
        ),
        (
            "metrics.auc > 1 params.solver = 'sgd'",
            "Invalid clause(s) in filter string: 'params.solver', ",
        ),
        ("metrics.auc > 1 AND", "Invalid clause(s) in filter string: 'AND'"),
        ("`metrics.auc > 1", "Invalid clause(s) in filter string: '`'"),
        ("tags`.team = 1", "Invalid clause(s) in filter string: 'tags', '`'"),
        ("tags.done = true", "Invalid clause(s) in filter string: 'tags.done', '=', 'true'"),
        ("params.opt = 'adam", "Invalid clause(s) in filter string: 'params.opt', '=', '''"),
        ("params.opt = \"adam'", "Invalid clause(s) in filter string: 'params.opt', '=', '\"'"),
        ("tags.os = = 'bsd'", "Invalid clause(s) in filter string: 'tags.os', '=', '=', ''bsd''"),
        ("run_name IS 'first'", "Invalid clause(s) in filter string: "),
        ("params.opt adam <=", "Invalid clause(s) in filter string: 'params.opt', 'adam', '<='"),
        ("metric.auc <", "Invalid clause(s) in filter string: 'metric.auc', '<'"),
        ("metrics.a = - 5", "Invalid clause(s) in filter string: 'metrics.a', '=', '-'"),
        ("metrics.a = 0x10", "Invalid clause(s) in filter string: 'metrics.a', '=', '0x10'"),
        ("run_id IN 'a'", "Invalid clause(s) in filter string: 'run_id', 'IN', ''a''"),
        ("run_id IN ('a'", "Invalid clause(s) in filter string: 'run_id', 'IN', '(', ''a''"),
        ("metrics.a BETWEEN 1", "Invalid clause(s) in filter string: 'metrics.a', 'BETWEEN', '1'"),
        ("(metrics.a > 1", "Invalid clause(s) in filter string: "),
        ("metrics.a > 1)", "Invalid clause(s) in filter string: ')'"),
        ("NOT", "Invalid clause(s) in filter string: 'NOT'"),
        ("metrics.a > 1;", "Invalid clause(s) in filter string: ';'"),
        ("metrics.a > 1; metrics.b < 2", "Search filter contained multiple expression 'metrics.a"),
        ("0.5 < metrics.auc", "Invalid comparison clause. Expected 'Identifier' found '0.5'"),
        ("'x' = 'x'", "Invalid comparison clause. Expected 'Identifier' found ''x''"),
        ("metric.m = 'low'", "Expected numeric value type for metric. Found 'low'"),
        ("metric.m < '7'", "Expected numeric value type for metric. Found '7'"),
        ("metric.m = nan", "Expected numeric value type for metric. Found nan"),
        ("metric.m IN (1, 'x')", "Expected numeric value type for metric. Found 'x'"),
        ("metrics.a != metrics.b", "Expected numeric value type for metric. Found metrics.b"),
        ("created > '1'", "Expected numeric value type for numeric attribute: start_time. Found "),
        ("run.user_id = 42", "Expected a quoted string value for attributes. Got value 42"),
        ("dataset.name = 5", "Expected a quoted string value for dataset attributes. Got value 5"),
        ("params.a = null", "Expected a quoted string value for parameter (e.g. 'my-value'). Got"),
        ("tags.a LIKE 5", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 5"),
        ("params.opt = adam", "Parameter value is either not quoted or unidentified quote types"),
        ("params.opt = `adam`", "Parameter value is either not quoted or unidentified quote types"),
        ("metrics.auc ~ 0.5", "Invalid comparator '~' not one of '{'=', '!=', "),
        ("metrics.auc == 0.5", "Invalid comparator '==' not one of "),
        ("metrics.auc <> 0.5", "Invalid comparator '<>' not one of "),
        ("metrics.auc LIKE 2", "Invalid comparator 'LIKE' not one of "),
        ("params.opt > 'adam'", "Invalid comparator '>' not one of "),
        ("params.opt ~ 'adam'", "Invalid comparator '~' not one of "),
        ("tags.os rlike 'bsd'", "Invalid comparator 'rlike' not one of "),
        ("attributes.status >= 'x'", "Invalid comparator '>=' not one of "),
        ("attributes.status BETWEEN 'a' AND 'b'", "Invalid comparator 'BETWEEN' not one of "),
        ("attributes.start_time LIKE 17", "Invalid comparator 'LIKE' not one of "),
        ("datasets.name < 'x'", "Invalid comparator '<' not one of "),
        ("run_id IN ()", "While parsing a list in the query, expected a non-empty list of string "),
        ("run_id IN (a)", "While parsing a list in the query, expected a non-empty list of string"),
        ("run_id IN ('a' 'b')", "While parsing a list in the query, expected a non-empty list of"),
        ("run_id IN ('a', 5)", "While parsing a list in the query, expected string value, "),
    ],
)
def test_a_mistake_is_told_in_the_words_of_mlflow(text: str, words: str) -> None:
    assert refusal(text).startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "attributes.name = 'x'",
            "Invalid entity type 'attributes'. Valid entity types are ('attribute', 'tag', 'tags')",
        ),
        ("metrics.a = 1", "Invalid entity type 'metrics'. Valid entity types are "),
        ("owner = 'x'", "Invalid attribute key 'owner' specified. Valid keys are '{'creation_time"),
        ("name = 'x' XOR", "Invalid clause(s) in filter string: XOR."),
        ("tags.a ~ 'x'", "Invalid comparator for tag: ~"),
        ("experiment_id LIKE '1%'", "Invalid comparator for experiment_id: LIKE"),
        ("experiment_id > '1'", "Invalid comparator for experiment_id: >"),
        ("experiment_id IN ('1', 'x')", "Invalid experiment ID 'x'. Experiment ID must be a valid"),
        ("creation_time > 1.5", "Invalid value for numeric attribute 'creation_time': '1.5'"),
        ("creation_time > 1" + "0" * 40, "Invalid value for numeric attribute 'creation_time'"),
    ],
)
def test_the_search_for_experiments_has_its_own_words(text: str, words: str) -> None:
    assert refusal(text, EXPERIMENTS).startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Owner",
            "Invalid filter string: 'Owner'. Expected a list of comparisons separated by 'AND'",
        ),
        (
            "owner.name = 'a'",
            "Invalid entity type: 'owner'. Expected one of ['attributes', 'metrics', ",
        ),
        ("metric.a > 1", "Invalid entity type: 'metric'."),
        ("foo = 'a'", "Invalid attribute key 'foo' specified."),
        (
            "name >= 'tree'",
            "Invalid comparison operator for attributes.name: '>='. Expected one of ",
        ),
        ("metrics.auc LIKE 2", "Invalid comparison operator for metrics.auc: 'LIKE'. Expected "),
        ("metrics.auc = 'x'", "Expected numeric value type for metric. Found 'x'"),
    ],
)
def test_the_search_for_logged_models_has_its_own_words(text: str, words: str) -> None:
    assert refusal(text, LOGGED_MODELS).startswith(words)


@pytest.mark.parametrize(
    ("text", "place", "schema"),
    [
        ("foo.bar = 'x'", 1, RUNS),
        ("metrics.a > 1 AND acc > 2", 19, RUNS),
        ("attributes.nope = 'x'", 12, RUNS),
        ("`run`.nope = 'x'", 7, RUNS),
        ("dataset.nope = 'x'", 9, RUNS),
        ("metrics.a ~ 1", 11, RUNS),
        ("metrics.a > 'x'", 13, RUNS),
        ("metrics.a >", 12, RUNS),
        ("params.a > 'x'", 10, RUNS),
        ("run_id IN ('a', 5)", 17, RUNS),
        ("run_id IN ()", 12, RUNS),
        ("(metrics.a > 1", 15, RUNS),
        ("name = 'a' OR x", 16, EXPERIMENTS),
    ],
)
def test_the_message_names_the_character(text: str, place: int, schema: Schema) -> None:
    *_, at, line, caret = refusal(text, schema).split("\n")
    assert at == f"At character {place}"
    assert line == text
    assert caret == " " * (place - 1) + "^"


def test_the_whole_message_reads_like_a_note_on_the_filter() -> None:
    assert refusal("metrics.loss < 1 AND status = DONE") == (
        "Parameter value is either not quoted or unidentified quote types used for string value "
        "DONE. Use either single or double quotes.\n"
        "At character 31\n"
        "metrics.loss < 1 AND status = DONE\n"
        "                              ^"
    )


def test_a_long_filter_is_shown_by_a_window_around_the_offence() -> None:
    text = "metrics.a > 1 AND " * 20 + "metrics.b > x AND " + "metrics.c > 1 AND " * 20
    *_, at, line, caret = refusal(text).split("\n")
    assert at == f"At character {text.index('x') + 1}"
    assert line.startswith("...")
    assert line.endswith("...")
    assert len(line) == 106
    assert line[len(caret) - 1] == "x"


def test_line_breaks_and_tabs_do_not_move_the_caret() -> None:
    *_, at, line, caret = refusal("metrics.a > 1\nAND\tfoo = 'x'").split("\n")
    assert at == "At character 19"
    assert line == "metrics.a > 1 AND foo = 'x'"
    assert line[len(caret) - 1] == "f"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(" * 31 + "metrics.a > 1" + ")" * 31, "The filter nests deeper than 30 levels"),
        ("NOT " * 31 + "metrics.a > 1", "The filter nests deeper than 30 levels"),
        ("(" * 90_000, "The filter nests deeper than 30 levels"),
        (" OR ".join(["metrics.a > 1"] * 501), "A filter may have at most 500 comparisons"),
        (
            " OR ".join(["metrics.a BETWEEN 1 AND 2"] * 251),
            "A filter may have at most 500 comparisons",
        ),
        (
            "run_id IN (" + ",".join(["'x'"] * 10_001) + ")",
            "A filter may list at most 10000 values",
        ),
        (
            f"tags.a LIKE '{'x' * 10_001}'",
            "A LIKE pattern may have at most 10000 characters",
        ),
        ("params.p = '" + "x" * 100_000 + "'", "The filter has 100013 characters; at most 100000"),
        ("params.p = '\ud800'", "The filter holds half of a surrogate pair"),
    ],
)
def test_what_is_too_large_or_no_text_is_refused_with_the_limit(text: str, words: str) -> None:
    message = refusal(text)
    assert message.startswith(words)
    assert len(message) < 1000
    message.encode("utf-8")


def test_a_refused_piece_does_not_make_a_message_of_its_own_length() -> None:
    assert len(refusal("metrics.a > '" + "x" * 50_000 + "'")) < 1000
