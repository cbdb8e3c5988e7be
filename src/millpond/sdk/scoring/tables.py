"""Reading tables piece by piece: parquet, CSV and JSON lines, in order, in constant memory."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from msgspec import Struct

from millpond.errors import InvalidParameter
from millpond.sdk.scoring.job import Format
from millpond.sdk.scoring.places import Place, SourceFile

_BLOCK_BYTES = 8 << 20


class Chunk(Struct):
    """Some rows in a row.

    number: of the chunk, from 0; first_row: of the whole input, from 1; file_row: of its file.
    """

    number: int
    table: Any
    file: str
    first_row: int
    file_row: int

    def row_name(self, place: int) -> str:
        """What a person would call the row at a place in this chunk."""
        return f"Row {self.first_row + place} (row {self.file_row + place} of {self.file})"


def read_chunks(place: Place, files: Sequence[SourceFile], rows: int) -> Iterator[Chunk]:
    """All rows in order, so many at a time; a chunk never spans two files.

    Raises InvalidParameter for what is not what its name says, naming the file.
    """
    number, first_row = 0, 1
    for file in files:
        file_row = 1
        try:
            for table in _pieces(place, file, rows):
                yield Chunk(number, table, file.name, first_row, file_row)
                number += 1
                first_row += table.num_rows
                file_row += table.num_rows
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise InvalidParameter(
                f"{file.path} cannot be read near its row {file_row}: {str(error).splitlines()[0]}"
            ) from None


def read_schema(place: Place, file: SourceFile) -> dict[str, Any]:
    """The columns of a file and their types, as ``read_chunks`` will give them.

    Raises InvalidParameter for what is not what its name says.
    """
    if file.format is Format.PARQUET:
        try:
            with place.open_file(file) as stream:
                schema = pyarrow.parquet.ParquetFile(stream).schema_arrow
        except pa.ArrowException as error:
            raise InvalidParameter(f"{file.path} is no parquet file: {error}") from None
        return {field.name: field.type for field in schema}
    for chunk in read_chunks(place, [file], 1_000):
        return {field.name: field.type for field in chunk.table.schema}
    return {}


def count_rows(place: Place, files: Sequence[SourceFile]) -> int | None:
    """How many rows there are, None if that is not known without reading them."""
    total = 0
    for file in files:
        if file.format is not Format.PARQUET:
            return None
        try:
            with place.open_file(file) as stream:
                total += pyarrow.parquet.ParquetFile(stream).metadata.num_rows
        except pa.ArrowException as error:
            raise InvalidParameter(f"{file.path} is no parquet file: {error}") from None
    return total


def _pieces(place: Place, file: SourceFile, rows: int) -> Iterator[Any]:
    with place.open_file(file) as stream:
        if file.format is Format.PARQUET:
            yield from _even(_parquet_tables(stream, rows), rows)
        elif file.format is Format.CSV:
            yield from _even(_csv_tables(stream), rows)
        else:
            yield from _json_tables(stream, rows)


def _parquet_tables(stream: Any, rows: int) -> Iterator[Any]:
    reader = pyarrow.parquet.ParquetFile(stream)
    # Asked for all of them, the reader would keep the bytes of every group until the end.
    for group in range(reader.num_row_groups):
        for batch in reader.iter_batches(batch_size=rows, row_groups=[group]):
            yield pa.Table.from_batches([batch])


def _even(tables: Iterator[Any], rows: int) -> Iterator[Any]:
    """The same rows in pieces of one size, but for the last."""
    waiting: list[Any] = []
    count = 0
    for table in tables:
        while count + table.num_rows >= rows:
            taken = rows - count
            yield pa.concat_tables([*waiting, table.slice(0, taken)])
            table, waiting, count = table.slice(taken), [], 0
        if table.num_rows:
            waiting.append(table)
            count += table.num_rows
    if waiting:
        yield pa.concat_tables(waiting)


def _csv_tables(stream: Any) -> Iterator[Any]:
    """Every value as the text that it is: an id keeps its zeros, and a date its form."""
    names = _csv_header(stream)
    stream.seek(0)
    reader = pyarrow.csv.open_csv(
        stream,
        read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in names}
        ),
    )
    for batch in reader:
        yield pa.Table.from_batches([batch])


def _csv_header(stream: Any) -> list[str]:
    text = stream.read(1 << 20).decode("utf-8-sig", "replace")
    names = next(csv.reader(io.StringIO(text)), [])
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise InvalidParameter(f"The column {sorted(repeated)[0]!r} is there twice.")
    return names


def _json_tables(stream: Any, rows: int) -> Iterator[Any]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    records: list[dict[str, Any]] = []
    for number, line in enumerate(_lines(stream), 1):
        if not line.strip():
            continue
        try:
            records.append(decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InvalidParameter(f"Line {number} is no JSON object: {error}") from None
        if len(records) == rows:
            yield _table_of(records)
            records = []
    if records:
        yield _table_of(records)


def _lines(stream: Any) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(_BLOCK_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _table_of(records: Sequence[dict[str, Any]]) -> Any:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = []
    for name in names:
        values = [record.get(name) for record in records]
        try:
            columns.append(pa.array(values))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            # Of several kinds: kept as the text that each was.
            columns.append(pa.array([None if v is None else _text(v) for v in values]))
    return pa.table(columns, names=names)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
