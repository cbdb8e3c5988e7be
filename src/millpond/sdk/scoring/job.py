"""What a scoring job is asked to do."""

import json
from enum import Enum
from pathlib import PurePosixPath

from msgspec import Struct

from millpond.errors import InvalidParameter

CHUNK_ROWS = 131_072
MAX_WORKERS = 256


class Format(Enum):
    """How a table is written down; the values are the names' ends."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


_ENDS = {
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
    ".csv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
}


class ScoreJob(Struct, frozen=True):
    """One table to be scored.

    model: an address of MLflow, such as models:/churn@champion.
    source: a file, or a folder whose files are taken in the order of their names.
    where: which rows are scored and written, a filter over the columns.
    features: what a model without a signature is given, all columns if None.
    keep: the columns that are written beside the prediction, all if None.
    prediction: what the new column is called, or begins with if there are several.
    """

    model: str
    source: str
    output: str
    where: str = ""
    features: tuple[str, ...] | None = None
    keep: tuple[str, ...] | None = None
    prediction: str = "prediction"
    workers: int = 1
    chunk_rows: int = CHUNK_ROWS
    experiment: str = "batch scoring"

    @property
    def identity(self) -> str:
        """What the output depends on: a job that was killed goes on only with the same."""
        asked = {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name not in ("workers", "experiment")
        }
        return json.dumps(asked, sort_keys=True)

    def check(self) -> None:
        """Raises InvalidParameter for what no job can be."""
        if not 1 <= self.workers <= MAX_WORKERS:
            raise InvalidParameter(f"workers is {self.workers}; it must be 1 to {MAX_WORKERS}.")
        if self.chunk_rows < 1:
            raise InvalidParameter(f"chunk_rows is {self.chunk_rows}; it must be at least 1.")
        if not self.prediction:
            raise InvalidParameter("The prediction needs a name.")
        if self.output.rstrip("/") == self.source.rstrip("/"):
            raise InvalidParameter(f"The output {self.output} is the input.")
        if self.output.startswith(("runs:", "models:")):
            raise InvalidParameter(
                f"{self.output} cannot be written: give a path, datastore://NAME/PATH or an "
                "address of an object store."
            )
        format_of(self.output)


def format_of(path: str) -> Format:
    """The format that a file's name says. Raises InvalidParameter."""
    end = PurePosixPath(path).suffix.lower()
    found = _ENDS.get(end)
    if found is None:
        raise InvalidParameter(f"{path} has no ending that says what it is: {', '.join(_ENDS)}.")
    return found
