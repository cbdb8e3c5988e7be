"""What a model asks for, held against rows: what does not fit is named by row and column."""

import pyarrow as pa
import pytest

from millpond.errors import InvalidParameter
from millpond.sdk.scoring.signatures import Input, enforce


def fit(values, kind, is_required=True):
    table = values if isinstance(values, pa.Table) else pa.table({"x": values})
    asked = [Input("x", kind, is_required)]
    return enforce(table, asked, lambda place: f"Row {place + 1}").column("x")


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2], "double", [1.0, 2.0]),
        ([1, 2], "long", [1, 2]),
        ([1.0, 2.0], "long", [1, 2]),
        (["1", " 2.5 "], "double", [1.0, 2.5]),
        (["1", "", "NA"], "double", [1.0, None, None]),
        (["1", "-2"], "integer", [1, -2]),
        (["true", "False"], "boolean", [True, False]),
        (["007", "x"], "string", ["007", "x"]),
        ([None, 1.5], "float", [None, 1.5]),
        (["2026-01-02"], "datetime", None),
        ([[1, 2], [3]], "array", [[1, 2], [3]]),
    ],
)
def test_what_fits_is_converted_without_loss(values, kind, expected):
    found = fit(values, kind)
    if expected is not None:
        assert found.to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (["1", "2", "three", "4"], "double", "^Row 3, column 'x': 'three' is no double"),
        ([1.0, 2.5], "long", "^Row 2, column 'x': 2.5 is no long"),
        ([1, 2**40], "integer", "^Row 2, column 'x': 1099511627776 is no integer"),
        ([1, None], "long", "^Row 2, column 'x': there is no value"),
        (["a", None], "string", "^Row 2, column 'x': there is no value"),
        (["1", ""], "long", "^Row 2, column 'x': there is no value"),
        ([1, 2], "string", "column 'x': 1 is no string"),
        ([1, 0], "boolean", "column 'x': 1 is no boolean"),
        ([True], "string", "column 'x': True is no string"),
        (["x" * 200], "double", r"column 'x': 'x+\.\.\. is no double"),
    ],
)
def test_what_does_not_fit_is_named_by_row_and_column(values, kind, words):
    with pytest.raises(InvalidParameter, match=words):
        fit(values, kind)


def test_the_first_of_many_rows_that_does_not_fit_is_found():
    values = [str(n) for n in range(10_000)]
    values[7_654] = values[9_000] = "many"
    with pytest.raises(InvalidParameter, match=r"^Row 7655, column 'x': 'many'"):
        fit(values, "long")


def test_columns_are_given_in_the_models_order_and_missing_ones_are_named():
    table = pa.table({"a": [1], "b": ["2"], "c": [3]})
    asked = [Input("b", "double"), Input("a", "long"), Input("z", "long", False)]
    found = enforce(table, asked, str)
    assert found.to_pydict() == {"b": [2.0], "a": [1]}
    with pytest.raises(InvalidParameter, match=r"no column 'z'.*Its columns are: a, b, c"):
        enforce(table, [Input("z", "long")], str)


def test_an_optional_column_may_have_no_value():
    assert fit([1, None], "long", is_required=False).to_pylist() == [1, None]


def test_without_a_signature_everything_is_given():
    table = pa.table({"a": [1], "b": ["2"]})
    assert enforce(table, [], str) is table
