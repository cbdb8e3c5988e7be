"""The model of a job: which one it is, its files, its signature, and what it predicts."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pyarrow as pa
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from msgspec import Struct

from millpond.errors import InvalidParameter, MillpondError
from millpond.sdk.scoring.predictions import as_columns
from millpond.sdk.scoring.signatures import Input

_REGISTERED = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<suffix>[^/]+)|@(?P<alias>[^/]+))")


class ModelRef(Struct, frozen=True):
    """One model that does not change: a version, a logged model, or a run's files.

    name, version: of a registered model, empty if it is none.
    """

    uri: str
    name: str = ""
    version: str = ""


@contextmanager
def told_plainly() -> Iterator[None]:
    """MLflow's refusals become ours."""
    try:
        yield
    except MlflowException as error:
        raise MillpondError(str(error.message)) from None


@told_plainly()
def resolve(uri: str) -> ModelRef:
    """The version that an address means at this moment. Raises MillpondError."""
    found = _REGISTERED.fullmatch(uri)
    if found is None:
        return ModelRef(uri)
    client, name = MlflowClient(), found["name"]
    if found["alias"]:
        version = str(client.get_model_version_by_alias(name, found["alias"]).version)
    elif found["suffix"].isdigit():
        version = str(client.get_model_version(name, found["suffix"]).version)
    else:
        stages = None if found["suffix"].lower() == "latest" else [found["suffix"]]
        numbers = [int(v.version) for v in client.get_latest_versions(name, stages)]
        if not numbers:
            raise InvalidParameter(f"{uri} names no version.")
        version = str(max(numbers))
    return ModelRef(f"models:/{name}/{version}", name, version)


@told_plainly()
def fetch(ref: ModelRef, folder: Path) -> Path:
    """The folder of a model's files, downloaded once for all who load it.

    Raises MillpondError.
    """
    return Path(mlflow.artifacts.download_artifacts(artifact_uri=ref.uri, dst_path=str(folder)))


class Model:
    """A model that was loaded from its folder."""

    def __init__(self, folder: Path) -> None:
        self._model = mlflow.pyfunc.load_model(str(folder))
        self._schema = self._model.metadata.get_input_schema()
        self.model_id = getattr(self._model.metadata, "model_id", None) or ""

    @property
    def inputs(self) -> Sequence[Input]:
        """The columns that its signature names; none if it has no signature, or one of tensors."""
        if self._schema is None or self._schema.is_tensor_spec():
            return []
        columns = [column for column in self._schema.inputs if column.name is not None]
        return [
            Input(
                column.name,
                str(getattr(column.type, "name", column.type)).lower(),
                bool(getattr(column, "required", True)),
            )
            for column in columns
        ]

    def predict(self, table: Any, name: str) -> Any:
        """A table of the predictions for the rows of a table of its inputs."""
        if self._schema is not None and self._schema.is_tensor_spec():
            given = self._tensor(table)
        else:
            given = table.to_pandas(split_blocks=True)
        return as_columns(self._model.predict(given), table.num_rows, name)

    def _tensor(self, table: Any) -> Any:
        kind = self._schema.inputs[0].type
        names = table.column_names
        try:
            columns = [table.column(name).to_numpy().astype(kind, copy=False) for name in names]
        except (ValueError, TypeError, pa.ArrowInvalid) as error:
            raise InvalidParameter(
                f"The model takes an array of {kind}, and a column is none: {error}. Say which "
                "columns it is given with --features."
            ) from None
        return np.column_stack(columns)
