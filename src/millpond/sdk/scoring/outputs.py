"""Writing scored tables: parquet, CSV and JSON lines, piece by piece."""

from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from millpond.errors import InvalidParameter
from millpond.sdk.scoring.job import Format


class Writer(Protocol):
    """Writes tables one after another."""

    def write(self, table: Any) -> None: ...

    def close(self) -> None: ...


def open_writer(stream: Any, kind: Format) -> Writer:
    if kind is Format.JSONL:
        return _JsonWriter(stream)
    return _ArrowWriter(stream, kind)


class _ArrowWriter:
    """Parquet or CSV; every table has the columns and types of the first."""

    def __init__(self, stream: Any, kind: Format) -> None:
        self._stream = stream
        self._kind = kind
        self._writer: Any = None
        self._schema: Any = None

    def write(self, table: Any) -> None:
        if self._writer is None:
            self._schema = pa.schema([_definite(field) for field in table.schema])
            self._writer = self._open()
        self._writer.write_table(_conform(table, self._schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _open(self) -> Any:
        if self._kind is Format.PARQUET:
            # A dictionary of numbers is made at some cost, and mostly thrown away.
            texts = [field.name for field in self._schema if pa.types.is_string(field.type)]
            return pyarrow.parquet.ParquetWriter(
                self._stream, self._schema, compression="snappy", use_dictionary=texts
            )
        nested = [field.name for field in self._schema if pa.types.is_nested(field.type)]
        if nested:
            raise InvalidParameter(
                f"The column '{nested[0]}' holds lists or objects, which CSV cannot; write "
                ".jsonl or .parquet, or leave the column out with --keep."
            )
        return pyarrow.csv.CSVWriter(self._stream, self._schema)


class _JsonWriter:
    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._encode = msgspec.json.Encoder(enc_hook=str).encode

    def write(self, table: Any) -> None:
        lines = [self._encode(record) for record in table.to_pylist()]
        self._stream.write(b"\n".join([*lines, b""]))

    def close(self) -> None:
        """Nothing is held back."""


def _definite(field: Any) -> Any:
    # A column without any value yet may have texts later, and texts hold everything.
    return pa.field(field.name, pa.string()) if pa.types.is_null(field.type) else field


def _conform(table: Any, schema: Any) -> Any:
    if table.schema.equals(schema):
        return table
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise InvalidParameter(
                f"The column '{field.name}' was {field.type} in the rows before, and is "
                f"{column.type} now: {str(error).splitlines()[0]}"
            ) from None
    return pa.table(columns, schema=schema)
