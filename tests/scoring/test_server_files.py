"""Tables that a server keeps, read and written by a job."""

import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from millpond.errors import BadRequest, InvalidParameter
from millpond.sdk import Workspace
from millpond.sdk.scoring.job import ScoreJob
from millpond.sdk.scoring.scoring import Scoring
from millpond.sdk.scoring.server_files import ServerPlace
from millpond.sdk.scoring.signatures import Input
from tests.server_process import running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def workspace(server):
    with Workspace(server.url) as workspace:
        yield workspace


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def put(workspace, tmp_path, path, ages):
    file = tmp_path / "made.parquet"
    pyarrow.parquet.write_table(pa.table({"age": ages}), file)
    workspace.datastores.get("local").upload(file, path, show_progress=False)


def double(questions):
    for asked, table in questions:
        doubled = [2 * age for age in table.column("age").to_pylist()]
        yield asked, pa.table({"prediction": doubled})


def fall(questions):
    yield next(double(questions))
    raise RuntimeError("fell")


def run(workspace, source, output, predict=double, overwrite=False):
    job = ScoreJob("models:/x/1", source, output, chunk_rows=3)
    scoring = Scoring(job, overwrite, workspace._connection)
    try:
        return scoring.run(
            "models:/x/1", "r1", [Input("age", "double")], predict, lambda tally: None
        )
    finally:
        scoring.close()


def test_a_folder_of_a_datastore_is_scored_in_order_into_a_datastore(workspace, tmp_path, home):
    for name in ("b ü 20%", "a"):
        put(workspace, tmp_path, f"in/{name}.parquet", [float(len(name)), 1.0, 2.0, 3.0])
    put(workspace, tmp_path, "in/_notes.parquet", [0.0])
    local = workspace.datastores.get("local")
    source, output = local.path("in"), local.path("out/a b.parquet")
    tally = run(workspace, source, output)
    assert (tally.total_rows, tally.scored_rows) == (8, 8)
    local.download("out/a b.parquet", tmp_path / "out.parquet", show_progress=False)
    found = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert found["age"] == [1.0, 1.0, 2.0, 3.0, 7.0, 1.0, 2.0, 3.0]
    assert found["prediction"] == [2 * age for age in found["age"]]
    with pytest.raises(BadRequest, match="is there already"):
        run(workspace, source, output)
    assert run(workspace, source, output, overwrite=True).scored_rows == 8
    assert list(home.rglob("*.progress")) == []


def test_a_job_that_fell_goes_on_unless_the_table_was_replaced(workspace, tmp_path, home):
    put(workspace, tmp_path, "one.parquet", [1.0, 2.0, 3.0, 4.0])
    source, output = "datastore://local/one.parquet", "datastore://local/done.parquet"
    with pytest.raises(RuntimeError, match="fell"):
        run(workspace, source, output, fall)
    (journal,) = home.rglob("*.progress")
    kept = journal.read_bytes()
    assert run(workspace, source, output).resumed_rows == 3
    journal.write_bytes(kept)
    put(workspace, tmp_path, "one.parquet", [4.0, 3.0, 2.0, 1.0])
    with pytest.raises(BadRequest, match="has changed since"):
        run(workspace, source, output)


def test_a_file_is_read_at_any_position_and_not_mixed_with_another(workspace, tmp_path):
    data = bytes(range(256)) * 9_000
    (tmp_path / "b.csv").write_bytes(data)
    local = workspace.datastores.get("local")
    local.upload(tmp_path / "b.csv", "b.csv", show_progress=False)
    place = ServerPlace(local.path("b.csv"), workspace._connection)
    (file,) = place.files()
    assert (file.name, file.size_bytes) == ("b.csv", len(data))
    with place.open_file(file) as stream:
        assert stream.read(5) == data[:5]
        stream.seek(-7, io.SEEK_END)
        assert stream.read() == data[-7:]
        stream.seek(1_000_001)
        assert stream.read(1_200_000) == data[1_000_001:2_200_001]
        assert stream.tell() == 2_200_001
        (tmp_path / "b.csv").write_bytes(data[::-1])
        local.upload(tmp_path / "b.csv", "b.csv", show_progress=False)
        stream.seek(0)
        with pytest.raises(BadRequest, match="was replaced while it was read"):
            stream.read()


def test_what_is_not_there_or_cannot_be_written_is_said(workspace, tmp_path, home):
    with pytest.raises(InvalidParameter, match=r"There is no datastore://local/nothing\.csv"):
        run(workspace, "datastore://local/nothing.csv", str(tmp_path / "a.csv"))
    put(workspace, tmp_path, "two.parquet", [1.0])
    with pytest.raises(InvalidParameter, match="cannot be written: give a path"):
        run(workspace, "datastore://local/two.parquet", "runs:/" + "0" * 32 + "/a.csv")
