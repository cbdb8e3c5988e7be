"""What models answer, as columns: lists, arrays of one or two dimensions, data frames."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from millpond.errors import InvalidParameter


def as_columns(predicted: Any, rows: int, name: str) -> Any:
    """A table of the predictions for so many rows.

    One column is called ``name``; several are called by it and their own names or numbers. Raises
    InvalidParameter if there is not one for each row.
    """
    columns = _columns(predicted, name)
    for column_name, column in columns.items():
        if len(column) != rows:
            raise InvalidParameter(
                f"The model made {len(column)} predictions ({column_name}) of {rows} rows."
            )
    return pa.table(columns)


def _columns(predicted: Any, name: str) -> dict[str, Any]:
    if isinstance(predicted, pd.DataFrame):
        if predicted.shape[1] == 1:
            return {name: _array(predicted.iloc[:, 0])}
        return {f"{name}_{label}": _array(predicted[label]) for label in predicted.columns}
    if isinstance(predicted, pd.Series):
        return {name: _array(predicted)}
    if isinstance(predicted, dict):
        return {f"{name}_{key}": _array(np.asarray(value)) for key, value in predicted.items()}
    array = np.asarray(predicted)
    if array.ndim == 2 and array.dtype != object:
        if array.shape[1] == 1:
            return {name: _array(array[:, 0])}
        return {f"{name}_{n}": _array(array[:, n]) for n in range(array.shape[1])}
    if array.ndim == 1:
        return {name: _array(predicted if isinstance(predicted, list) else array)}
    # More dimensions: each row's own array as a list.
    return {name: pa.array([item.tolist() for item in array])}


def _array(values: Any) -> Any:
    if isinstance(values, pd.Series):
        return pa.Array.from_pandas(values)
    return pa.array(np.ascontiguousarray(values) if isinstance(values, np.ndarray) else values)
