"""Whatever a model answers becomes columns."""

import numpy as np
import pandas as pd
import pytest

from millpond.errors import InvalidParameter
from millpond.sdk.scoring.predictions import as_columns


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        ([1, 2], {"p": [1, 2]}),
        (np.array([1.5, 2.5]), {"p": [1.5, 2.5]}),
        (np.array([["a"], ["b"]]), {"p": ["a", "b"]}),
        (np.array([[0.1, 0.9], [0.2, 0.8]]), {"p_0": [0.1, 0.2], "p_1": [0.9, 0.8]}),
        (pd.Series([True, False]), {"p": [True, False]}),
        (pd.DataFrame({"x": [1, 2]}), {"p": [1, 2]}),
        (pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), {"p_x": [1, 2], "p_y": ["a", "b"]}),
        (["a", None], {"p": ["a", None]}),
        ({"x": [1, 2]}, {"p_x": [1, 2]}),
        (np.zeros((2, 2, 1)), {"p": [[[0.0], [0.0]], [[0.0], [0.0]]]}),
    ],
)
def test_predictions_become_columns(predicted, expected):
    assert as_columns(predicted, 2, "p").to_pydict() == expected


def test_there_is_one_prediction_for_each_row():
    with pytest.raises(InvalidParameter, match=r"made 3 predictions \(p\) of 2 rows"):
        as_columns([1, 2, 3], 2, "p")
