"""One job from its beginning, or from where it was killed, to its end."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from msgspec import Struct

from millpond.errors import BadRequest, InvalidParameter
from millpond.sdk.connection import Connection
from millpond.sdk.scoring.ahead import ahead
from millpond.sdk.scoring.conditions import Condition, column_of
from millpond.sdk.scoring.job import ScoreJob, format_of
from millpond.sdk.scoring.journal import Head, Journal
from millpond.sdk.scoring.outputs import open_writer
from millpond.sdk.scoring.places import Place, SourceFile, SystemPlace
from millpond.sdk.scoring.server_files import SCHEMES, ServerPlace
from millpond.sdk.scoring.signatures import Input, enforce
from millpond.sdk.scoring.tables import Chunk, count_rows, read_chunks, read_schema

Predict = Callable[[Iterator[tuple[Any, Any]]], Iterator[tuple[Any, Any]]]
"""From questions to answers: each something to be handed back, and a table of inputs, then of
predictions; in the same order."""


class Tally(Struct):
    """How far a job is. total_rows: None if that is not known; resumed_rows: of an earlier try."""

    total_rows: int | None = None
    read_rows: int = 0
    scored_rows: int = 0
    resumed_rows: int = 0
    chunks: int = 0


class Watcher(Protocol):
    """Whoever wants to know how far a job is."""

    def __call__(self, tally: Tally) -> None: ...


class Scoring:
    """A job whose files were looked at, and whose journal is open."""

    def __init__(
        self, job: ScoreJob, overwrite: bool = False, server: Connection | None = None
    ) -> None:
        """overwrite: replace an output that is there already; server: whose tables have addresses.

        Raises InvalidParameter for what cannot be done, BadRequest if an output is in the way, or
        an unfinished job that was another one.
        """
        job.check()
        self._job = job
        self._source, self._output = _open(job.source, server), _open(job.output, server)
        self._files = self._source.files()
        self._journal = Journal(_journal_path(self._output))
        self.head = self._journal.open()
        self.tally = Tally()
        try:
            if self.head is not None:
                self._check_same(self.head)
            elif self._output.exists() and not overwrite:
                raise BadRequest(f"{job.output} is there already; --overwrite replaces it.")
            self._columns = read_schema(self._source, self._files[0])
            self._condition = Condition(job.where, self._columns)
            self._check_columns()
        except BaseException:
            # What was just begun leaves nothing behind.
            if self.head is None:
                self._journal.delete()
            self._journal.close()
            raise

    @property
    def files(self) -> Sequence[SourceFile]:
        return self._files

    def run(
        self, model: str, run_id: str, inputs: Sequence[Input], predict: Predict, watch: Watcher
    ) -> Tally:
        """Score every row, write the output, and forget the journal.

        model, run_id: noted by a job that begins; one that goes on has them in its head. Raises
        InvalidParameter for a row that does not fit, and what the model raises; the journal stays.
        """
        if self.head is None:
            self._journal.begin(Head(self._job.identity, self._files, model, run_id))
        tally = self.tally = Tally(count_rows(self._source, self._files))
        done = self._journal.chunks
        chunks = read_chunks(self._source, self._files, self._job.chunk_rows)
        prepared = ahead(self._prepare(chunks, inputs, done))
        answers = ahead(self._answer(prepared, predict, done))
        try:
            with (
                self._output.whole() as stream,
                closing(open_writer(stream, format_of(self._job.output))) as writer,
            ):
                for chunk, selected, predictions, is_new in answers:
                    if is_new:
                        self._journal.append(predictions)
                    if selected.num_rows:
                        writer.write(self._joined(selected, predictions))
                    tally.chunks += 1
                    tally.read_rows += chunk.table.num_rows
                    tally.scored_rows += selected.num_rows
                    tally.resumed_rows += 0 if is_new else selected.num_rows
                    watch(tally)
                if not tally.scored_rows:
                    writer.write(self._nothing())
        finally:
            answers.close()
            prepared.close()
        self._journal.delete()
        return tally

    def close(self) -> None:
        """Let go of the journal, which stays for the next try."""
        self._journal.close()

    def _prepare(
        self, chunks: Iterator[Chunk], inputs: Sequence[Input], done: int
    ) -> Iterator[tuple[Chunk, Any, Any]]:
        """Each chunk, the rows of it that are wanted, and what the model is to be given of them."""
        for chunk in chunks:
            places = self._condition.select(chunk.table)
            selected = chunk.table if places is None else chunk.table.take(places)
            if chunk.number < done:
                yield chunk, selected, None
                continue

            def row_name(place: int, chunk: Chunk = chunk, places: Any = places) -> str:
                return chunk.row_name(place if places is None else places[place].as_py())

            given = selected
            if not inputs and self._job.features is not None:
                given = _columns(selected, self._job.features)
            yield chunk, selected, enforce(given, inputs, row_name)

    def _answer(
        self, prepared: Iterator[tuple[Chunk, Any, Any]], predict: Predict, done: int
    ) -> Iterator[tuple[Chunk, Any, Any, bool]]:
        """What was predicted before, and then what is predicted now."""
        replayed = self._journal.replay()
        for _ in range(done):
            found = next(prepared, None)
            if found is None:
                return
            chunk, selected, _ = found
            yield chunk, selected, next(replayed), False
        empty: list[tuple[Chunk, Any]] = []

        def questions() -> Iterator[tuple[Any, Any]]:
            for chunk, selected, given in prepared:
                if given.num_rows:
                    # Chunks without a row are handed on with the next one that has some.
                    yield (tuple(empty), chunk, selected), given
                    empty.clear()
                else:
                    empty.append((chunk, selected))

        for (skipped, chunk, selected), predictions in predict(questions()):
            yield from ((*pair, _NO_ROWS, True) for pair in skipped)
            yield chunk, selected, predictions, True
        yield from ((*pair, _NO_ROWS, True) for pair in empty)

    def _joined(self, selected: Any, predictions: Any) -> Any:
        kept = selected if self._job.keep is None else _columns(selected, self._job.keep)
        columns = list(chain(kept.columns, predictions.columns))
        return pa.table(columns, names=[*kept.column_names, *predictions.column_names])

    def _nothing(self) -> Any:
        kept = self._job.keep if self._job.keep is not None else self._columns
        columns = {name: pa.array([], self._columns[name]) for name in kept}
        return pa.table({**columns, self._job.prediction: pa.array([], pa.float64())})

    def _check_columns(self) -> None:
        for field in ("keep", "features"):
            for name in getattr(self._job, field) or ():
                if name not in self._columns:
                    raise InvalidParameter(
                        f"There is no column '{name}' ({field}). There are: "
                        f"{', '.join(self._columns)}."
                    )
        kept = self._columns if self._job.keep is None else self._job.keep
        if self._job.prediction in kept:
            raise InvalidParameter(
                f"The input has a column '{self._job.prediction}' already; call the prediction "
                "something else with --prediction."
            )

    def _check_same(self, head: Head) -> None:
        advice = f"Finish that one as it was, or delete {self._journal.path} to begin anew."
        if head.job != self._job.identity:
            raise BadRequest(f"{self._job.output} is half written by another job. {advice}")
        if head.files != self._files:
            raise BadRequest(
                f"The input {self._job.source} has changed since {self._job.output} was begun. "
                f"{advice}"
            )


_NO_ROWS = pa.table({})


def _open(address: str, server: Connection | None) -> Place:
    if server is not None and address.partition(":")[0] in SCHEMES:
        return ServerPlace(address, server)
    return SystemPlace(address)


def _columns(table: Any, names: Sequence[str]) -> Any:
    return pa.table([column_of(table, name) for name in names], names=list(names))


def _journal_path(output: Place) -> Path:
    """Beside the output, or among the user's caches if it is no place of this machine."""
    if output.is_local:
        path = Path(output.path)
        return path.with_name(f".{path.name}.progress")
    name = hashlib.sha256(output.address.encode()).hexdigest()[:32]
    return Path.home() / ".cache" / "millpond" / "scoring" / f"{name}.progress"
