"""Which rows a condition is about: against Python's own reading of it."""

import datetime as dt

import pyarrow as pa
import pytest

from millpond.errors import InvalidParameter
from millpond.sdk.scoring.conditions import Condition

TABLE = pa.table(
    {
        "age": pa.array([18, 31, None, 45, 60], pa.int64()),
        "score": [0.5, float("nan"), 0.7, None, 0.9],
        "country": ["AT", "CH", "at", None, "DE"],
        "code": ["007", "7", "x", "", "12.5"],
        "day": pa.array([dt.date(2026, 1, d) for d in (1, 2, 3, 4, 5)]),
        "is_new": [True, False, None, True, False],
        "a b": [1, 2, 3, 4, 5],
        "a.b": [5, 4, 3, 2, 1],
    }
)


def rows(text, table=TABLE):
    found = Condition(text, {field.name: field.type for field in table.schema}).select(table)
    return None if found is None else found.to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age > 30", [1, 3, 4]),
        ("age >= 31 AND age < 60", [1, 3]),
        ("NOT age > 30", [0, 2]),
        ("age != 18", [1, 3, 4]),
        ("age IS NULL OR score IS NULL", [1, 2, 3]),
        ("age BETWEEN 30 AND 50", [1, 3]),
        ("age IN (18, 60)", [0, 4]),
        ("age NOT IN (18, 60)", [1, 3]),
        ("score > 0.6", [2, 4]),
        ("country = 'AT'", [0]),
        ("country != 'AT'", [1, 2, 4]),
        ("country IN ('AT', 'CH')", [0, 1]),
        ("country NOT IN ('AT', 'CH')", [2, 4]),
        ("country LIKE 'A_'", [0]),
        ("country ILIKE 'a%'", [0, 2]),
        ("country NOT LIKE 'A%'", [1, 2, 4]),
        ("code = 7", [0, 1]),
        ("code = '7'", [1]),
        ("code > 7", [4]),
        ("day >= '2026-01-04'", [3, 4]),
        ("day = '2026-01-02'", [1]),
        ("is_new = 'true'", [0, 3]),
        ("`a b` > 4 OR `a.b` > 4", [0, 4]),
        ("(age > 30 OR country = 'AT') AND NOT is_new = 'true'", [1, 4]),
    ],
)
def test_a_condition_holds_for_the_rows_it_says(text, expected):
    assert rows(text) == expected


def test_no_condition_is_every_row():
    assert rows("") is None
    assert rows("  ") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("height > 1", "There is no column 'height'. There are: age, score"),
        ("a.b > 1", "in backticks"),
        ("age > 'old'", "Expected numeric value"),
        ("age", "Invalid clause"),
        ("day > 'soon'", "'soon' is no date32"),
        ("country LIKE 5", "quoted string"),
    ],
)
def test_what_is_no_condition_is_refused(text, words):
    with pytest.raises(InvalidParameter, match=words):
        rows(text)


def test_a_column_that_some_rows_do_not_have_is_without_values():
    condition = Condition("b > 1 OR c IS NULL", {"b": pa.int64(), "c": pa.string()})
    assert condition.select(pa.table({"b": [1, 2]})).to_pylist() == [0, 1]
    assert condition.select(pa.table({"c": ["x", "y"]})).to_pylist() == []
