"""Jobs with a model that is a plain function: order, chunks, resuming, formats."""

import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from millpond.errors import BadRequest, InvalidParameter
from millpond.sdk.scoring.job import ScoreJob
from millpond.sdk.scoring.predictions import as_columns
from millpond.sdk.scoring.scoring import Scoring
from millpond.sdk.scoring.signatures import Input

AGES = [Input("age", "double")]


class Model:
    """Doubles ages, and counts what it was asked; it may be told to fall."""

    def __init__(self, falls_at=None):
        self.rows = 0
        self._falls_at = falls_at

    def __call__(self, questions):
        for asked, table in questions:
            if self._falls_at is not None and self.rows >= self._falls_at:
                raise RuntimeError("fell")
            self.rows += table.num_rows
            doubled = [2 * age for age in table.column("age").to_pylist()]
            yield asked, as_columns(doubled, table.num_rows, "prediction")


def job(folder, source="people.parquet", output="scored.parquet", **more):
    values = {"chunk_rows": 10, **more}
    return ScoreJob("models:/x/1", str(folder / source), str(folder / output), **values)


def run(asked, model=None, inputs=AGES, watch=lambda tally: None, overwrite=False):
    scoring = Scoring(asked, overwrite)
    try:
        return scoring.run("models:/x/1", "r1", inputs, model or Model(), watch)
    finally:
        scoring.close()


PEOPLE = pa.table(
    {
        "id": [f"{n:05}" for n in range(100)],
        "age": [float(n % 60) for n in range(100)],
        "note": ["größe" if n % 2 else None for n in range(100)],
    }
)


@pytest.fixture
def folder(tmp_path):
    pyarrow.parquet.write_table(PEOPLE, tmp_path / "people.parquet", row_group_size=33)
    PEOPLE.to_pandas().to_csv(tmp_path / "people.csv", index=False)
    records = [json.dumps(record) for record in PEOPLE.to_pylist()]
    (tmp_path / "people.jsonl").write_text("\n".join(records) + "\n\n", "utf-8")
    return tmp_path


def read(path):
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path).to_pylist()
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={"id": str}, keep_default_na=False).to_dict("records")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("source", ["people.parquet", "people.csv", "people.jsonl"])
@pytest.mark.parametrize("output", ["scored.parquet", "scored.csv", "scored.jsonl"])
def test_every_format_keeps_rows_ids_and_order(folder, source, output):
    tally = run(job(folder, source, output, where="age > 30"))
    expected = [n for n in range(100) if n % 60 > 30]
    assert (tally.read_rows, tally.scored_rows) == (100, len(expected))
    found = read(folder / output)
    assert [row["id"] for row in found] == [f"{n:05}" for n in expected]
    assert [float(row["prediction"]) for row in found] == [2.0 * (n % 60) for n in expected]
    assert {row["note"] or "" for row in found} == {"", "größe"}
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["people.csv", "people.jsonl", "people.parquet", output]
    )


def test_only_what_is_asked_for_is_kept(folder):
    run(job(folder, keep=("id",), prediction="double"))
    table = pyarrow.parquet.read_table(folder / "scored.parquet")
    assert table.column_names == ["id", "prediction"] or table.column_names == ["id", "double"]


@pytest.mark.parametrize("output", ["scored.parquet", "scored.csv", "scored.jsonl"])
@pytest.mark.parametrize("falls_at", [0, 10, 40, 70])
def test_a_job_that_fell_goes_on_and_ends_as_one_that_did_not(folder, output, falls_at):
    whole = Model()
    run(job(folder, output=f"whole.{output.partition('.')[2]}", where="age > 5"), whole)
    first, second = Model(falls_at), Model()
    asked = job(folder, output=output, where="age > 5")
    with pytest.raises(RuntimeError, match="fell"):
        run(asked, first)
    assert not (folder / output).exists()
    tally = run(asked, second)
    expected = (folder / f"whole.{output.partition('.')[2]}").read_bytes()
    assert (folder / output).read_bytes() == expected
    assert tally.scored_rows == whole.rows
    # What was on its way when it fell is scored again; what was kept is not.
    assert tally.resumed_rows == whole.rows - second.rows
    assert second.rows < whole.rows or falls_at == 0


def test_a_journal_that_was_cut_off_loses_its_last_record_only(folder):
    asked = job(folder)
    with pytest.raises(RuntimeError):
        run(asked, Model(70))
    journal = folder / ".scored.parquet.progress"
    kept = journal.stat().st_size
    for cut in (1, 7, 200):
        os.truncate(journal, kept - cut)
        scoring = Scoring(asked)
        assert scoring.head is not None
        scoring.close()
        kept = journal.stat().st_size
    run(asked)
    assert [row["id"] for row in read(folder / "scored.parquet")] == PEOPLE["id"].to_pylist()


def test_another_job_or_another_input_does_not_go_on(folder):
    with pytest.raises(RuntimeError):
        run(job(folder), Model(50))
    with pytest.raises(BadRequest, match="half written by another job"):
        run(job(folder, where="age > 1"))
    pyarrow.parquet.write_table(PEOPLE.slice(0, 50), folder / "people.parquet")
    with pytest.raises(BadRequest, match="has changed since"):
        run(job(folder))
    (folder / ".scored.parquet.progress").unlink()
    assert run(job(folder)).read_rows == 50


def test_an_output_that_is_there_is_replaced_only_when_told_so(folder):
    run(job(folder))
    with pytest.raises(BadRequest, match="--overwrite"):
        run(job(folder))
    run(job(folder, where="age < 1"), overwrite=True)
    assert len(read(folder / "scored.parquet")) == 2


def test_a_row_that_does_not_fit_is_named_and_leaves_no_output(folder):
    lines = (folder / "people.csv").read_text().splitlines()
    lines[58] = lines[58].replace("57.0", "old")
    (folder / "people.csv").write_text("\n".join(lines))
    expected = r"^Row 58 \(row 58 of people.csv\), column 'age': 'old' is no double"
    with pytest.raises(InvalidParameter, match=expected):
        run(job(folder, "people.csv", where="id != '00003'"))
    assert not (folder / "scored.parquet").exists()
    assert run(job(folder, "people.csv", "other.csv", where="age < 50")).scored_rows == 90


def test_a_folder_is_read_file_by_file_in_the_order_of_names(folder):
    parts = folder / "parts"
    (parts / "b").mkdir(parents=True)
    pyarrow.parquet.write_table(PEOPLE.slice(40, 30), parts / "a.parquet")
    pyarrow.parquet.write_table(PEOPLE.slice(0, 15), parts / "b" / "c.parquet")
    (parts / "_SUCCESS").touch()
    run(job(folder, "parts"))
    expected = [*range(40, 70), *range(15)]
    assert [row["id"] for row in read(folder / "scored.parquet")] == [f"{n:05}" for n in expected]


def test_no_rows_are_a_table_without_rows(folder):
    for output in ("none.parquet", "none.csv", "none.jsonl"):
        assert run(job(folder, output=output, where="age > 1000")).scored_rows == 0
        assert read(folder / output) == []
    table = pyarrow.parquet.read_table(folder / "none.parquet")
    assert table.column_names == ["id", "age", "note", "prediction"]


def test_a_watcher_hears_how_far_it_is(folder):
    heard = []
    run(job(folder), watch=lambda tally: heard.append((tally.read_rows, tally.total_rows)))
    assert heard[0] == (10, 100)
    assert heard[-1] == (100, 100)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"source": "nothing.parquet"}, "There is no"),
        ({"output": "scored.xlsx"}, "no ending that says what it is"),
        ({"output": "people.parquet"}, "is the input"),
        ({"where": "height > 1"}, "no column 'height'"),
        ({"keep": ("height",)}, "no column 'height'"),
        ({"prediction": "note"}, "has a column 'note' already"),
        ({"workers": 0}, "workers"),
        ({"chunk_rows": 0}, "chunk_rows"),
        ({"source": "people.csv", "output": "x/../people.csv"}, "."),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(folder, more, words):
    if more.get("output") == "x/../people.csv":
        more = {**more, "output": "people.csv"}
    with pytest.raises(InvalidParameter, match=words):
        run(job(folder, **more))
    assert not list(folder.glob(".*.progress"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("bad.parquet", b"no parquet", "bad.parquet"),
        ("bad.jsonl", b'{"age": 1}\nnonsense\n', "Line 2 is no JSON object"),
        ("bad.csv", b"id,age\n1,2\n3\n", "bad.csv"),
        ("twice.csv", b"a,a\n1,2\n", "'a' is there twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder, name, content, words):
    (folder / name).write_bytes(content)
    with pytest.raises(InvalidParameter, match=words):
        run(job(folder, name), inputs=[])


def test_lists_go_into_parquet_and_json_and_not_into_csv(folder):
    pyarrow.parquet.write_table(
        pa.table({"age": [1.0, 2.0], "tags": [["a"], []]}), folder / "lists.parquet"
    )
    run(job(folder, "lists.parquet", "lists.jsonl"))
    assert read(folder / "lists.jsonl")[0] == {"age": 1.0, "tags": ["a"], "prediction": 2.0}
    with pytest.raises(InvalidParameter, match="column 'tags' holds lists"):
        run(job(folder, "lists.parquet", "lists.csv"))


def test_records_of_several_shapes_are_one_table(folder):
    lines = [{"age": 1}, {"age": 2.5, "extra": "x"}, {"age": 3, "extra": 7}]
    (folder / "odd.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run(job(folder, "odd.jsonl", "odd.csv"))
    assert [row["extra"] for row in read(folder / "odd.csv")] == ["", "x", 7] or [
        row["extra"] for row in read(folder / "odd.csv")
    ] == ["", "x", "7"]


def test_a_job_that_another_process_is_at_is_left_alone(folder):
    first = Scoring(job(folder))
    try:
        with pytest.raises(BadRequest, match="Another process is at this job"):
            Scoring(job(folder))
    finally:
        first.close()
    assert run(job(folder)).scored_rows == 100


def test_memory_does_not_grow_with_the_table(tmp_path):
    rows = 50_000
    block = pa.table({"age": np.arange(rows, dtype=float), "more": np.random.rand(rows)})
    with pyarrow.parquet.ParquetWriter(tmp_path / "people.parquet", block.schema) as writer:
        for _ in range(60):
            writer.write_table(block)
    held = []

    def watch(tally):
        held.append(pa.total_allocated_bytes())

    before = pa.total_allocated_bytes()
    run(job(tmp_path, chunk_rows=20_000), model=Doubling(), watch=watch)
    assert len(held) == 150
    # The table is 48 MB.
    assert max(held) - before < 16_000_000


class Doubling:
    def __call__(self, questions):
        for asked, table in questions:
            yield asked, pa.table({"prediction": pc.multiply(table.column("age"), 2.0)})
