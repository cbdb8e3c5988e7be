"""What a filter means: which records it matches."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.domain.filters import (
    RUNS,
    Entity,
    Field,
    like_to_regex,
    matches,
    numeric_text,
    parse_filter,
)
from millpond.domain.filters.evaluate import Recorded

RECORD: dict[tuple[Entity, str], list[Recorded]] = {
    (Entity.ATTRIBUTE, "run_id"): ["abc"],
    (Entity.ATTRIBUTE, "status"): ["FINISHED"],
    (Entity.ATTRIBUTE, "start_time"): [1000],
    (Entity.METRIC, "loss"): [0.5],
    (Entity.METRIC, "bad"): [math.nan],
    (Entity.METRIC, "huge"): [math.inf],
    (Entity.PARAM, "lr"): ["0.50"],
    (Entity.PARAM, "model"): ["Forest\nTwo"],
    (Entity.PARAM, "infinite"): ["inf"],
    (Entity.TAG, "size"): ["5"],
    (Entity.TAG, "empty"): [""],
    (Entity.DATASET, "name"): ["iris", "wine"],
}


def recorded(field: Field) -> list[Recorded]:
    return RECORD.get((field.entity, field.key), [])


def is_match(text: str) -> bool:
    return matches(parse_filter(text, RUNS), recorded)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status = 'FINISHED'",
        "status != 'FAILED'",
        "status LIKE 'FIN%'",
        "status ILIKE 'fin_shed'",
        "status NOT LIKE 'fin%'",
        "status IN ('FAILED', 'FINISHED')",
        "start_time >= 1000 AND start_time < 1000.5",
        "start_time IN (5, 1000)",
        "start_time = 1e3",
        "metrics.loss BETWEEN 0.5 AND 0.5",
        "metrics.loss IN (0.50)",
        "metrics.huge > 1e308",
        "metrics.huge = 1e400",
        "params.model LIKE 'F%T_o'",
        "params.lr = '0.50'",
        "params.lr = 0.50",
        "params.lr != 0.5",
        "params.lr NOT IN (0.5, 1)",
        "params.lr <= 0.5 AND params.lr >= '0.5'",
        "params.lr BETWEEN 0.1 AND 1",
        "tags.size=5",
        "tags.size > 4.5",
        "tags.empty = ''",
        "datasets.name = 'iris' AND datasets.name = 'wine'",
        "datasets.name != 'iris'",
        "datasets.name NOT IN ('iris')",
        "run_id = 'nope' OR status = 'FINISHED' AND tags.size = '5'",
        "NOT run_id = 'nope'",
        "end_time IS NULL AND start_time IS NOT NULL AND datasets.name IS NOT NULL",
    ],
)
def test_the_record_is_found(text: str) -> None:
    assert is_match(text)


@pytest.mark.parametrize(
    "text",
    [
        "status = 'finished'",
        "status LIKE 'fin%'",
        "status LIKE 'FINISH'",
        "status NOT ILIKE 'fin%'",
        "status NOT IN ('FAILED', 'FINISHED')",
        "metrics.loss > 0.5",
        "metrics.loss NOT BETWEEN 0 AND 1",
        "params.lr = 0.5",
        "params.lr = '0.5'",
        "params.lr > 0.5",
        "params.infinite > 0",
        "params.model > 0",
        "params.model NOT BETWEEN 0 AND 1",
        "tags.empty < 1",
        "datasets.name = 'digits'",
        "datasets.name IS NULL",
        "(run_id = 'nope' OR status = 'FINISHED') AND tags.size = '6'",
        "NOT (status = 'FINISHED' AND tags.size = '5')",
    ],
)
def test_the_record_is_not_found(text: str) -> None:
    assert not is_match(text)


@pytest.mark.parametrize(
    "condition",
    [
        *["= 'x'", "!= 'x'", "LIKE '%'", "NOT LIKE 'x'", "NOT ILIKE 'x'", "IN ('x')"],
        *["!= 5", "> 0", "<= 0", "BETWEEN 0 AND 1", "NOT BETWEEN 0 AND 1"],
        *["NOT IN ('x')", "IS NOT NULL"],
    ],
)
def test_on_a_missing_key_every_comparison_is_false_and_its_not_true(condition: str) -> None:
    assert not is_match(f"params.missing {condition}")
    assert is_match(f"NOT params.missing {condition}")


@pytest.mark.parametrize("comparator", ["=", "<", "<=", ">", ">="])
def test_nan_satisfies_no_comparison(comparator: str) -> None:
    assert not is_match(f"metrics.bad {comparator} 0")


@pytest.mark.parametrize("condition", ["!= 0", "NOT IN (0, 1)", "IS NOT NULL"])
def test_nan_differs_from_every_number_and_is_there(condition: str) -> None:
    assert is_match(f"metrics.bad {condition}")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0),
        ("-1.5", -1.5),
        ("+2", 2.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        ("9" * 5000, None),
        ("1e400", None),
        ("1e-400", 0.0),
        ("", None),
        (".", None),
        ("e5", None),
        ("inf", None),
        ("-Infinity", None),
        ("nan", None),
        ("1_000", None),
        (" 1", None),
        ("1\n", None),
        ("٣", None),
        ("0x10", None),
        ("1.2.3", None),
        ("True", None),
    ],
)
def test_only_plain_decimal_text_is_a_number(text: str, number: float | None) -> None:
    assert numeric_text(text) == number


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_every_number_that_python_prints_is_a_number(number: float) -> None:
    assert numeric_text(str(number)) == float(number)


pieces = st.text(alphabet="ab%_.\n\\*İ", max_size=8)


@given(pattern=pieces, value=pieces)
def test_like_is_the_plain_wildcard_match(pattern: str, value: str) -> None:
    plain = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    expected = re.compile(plain, re.DOTALL).fullmatch(value) is not None
    assert (like_to_regex(pattern).match(value) is not None) is expected


def test_a_hostile_pattern_costs_little() -> None:
    assert like_to_regex("%a" * 5000 + "b").match("a" * 20_000) is None


def test_ilike_lowers_both_sides() -> None:
    assert is_match("params.model ILIKE 'fOREST%'")
    assert is_match("tags.size ILIKE '5'")
