"""Artifacts, through the server's artifact proxy."""

import hashlib
import json
import os
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow.artifacts import download_artifacts, list_artifacts, load_dict, load_image, load_text
from mlflow.exceptions import MlflowException

# A #, a ? or a %41 in a name is lost in the client, which puts names into its URLs as they are.
ODD_NAMES = ["with space.txt", "größe ✓.txt", "100%.txt", "a+b&c=d.txt", "[1] {x}.txt"]


def paths(client, run_id, path=None):
    return [entry.path for entry in client.list_artifacts(run_id, path)]


def test_text_dict_and_bytes_come_back_as_they_went(client):
    with mlflow.start_run() as run:
        mlflow.log_text("Grüße\n漢字", "notes/readme.md")
        mlflow.log_dict({"a": [1, 2], "ü": None}, "config.json")
        mlflow.log_dict({"a": [1, 2]}, "config.yaml")
    root = run.info.artifact_uri
    assert load_text(f"{root}/notes/readme.md") == "Grüße\n漢字"
    assert load_dict(f"{root}/config.json") == {"a": [1, 2], "ü": None}
    assert load_text(f"runs:/{run.info.run_id}/config.yaml").startswith("a:")
    assert sorted(paths(client, run.info.run_id)) == ["config.json", "config.yaml", "notes"]
    (note,) = client.list_artifacts(run.info.run_id, "notes")
    assert (note.path, note.is_dir) == ("notes/readme.md", False)
    assert note.file_size == len("Grüße\n漢字".encode())


def test_figures_and_images_come_back_as_they_went(client):
    figure = Figure()
    figure.subplots().plot([1, 2])
    pixels = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_image(pixels, "grey.png")
        for step in range(2):
            mlflow.log_image(pixels, key="wide shot", step=step)
    loaded = np.asarray(load_image(f"{run.info.artifact_uri}/grey.png"))
    assert (loaded == pixels).all()
    assert paths(client, run.info.run_id, "plots") == ["plots/line.png"]
    assert len(paths(client, run.info.run_id, "images")) == 4  # and a small one of each
    assert client.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"


def test_a_table_grows_and_loads(client):
    frame = pd.DataFrame({"frage": ["warum?", "was?"], "score": [0.5, 1.0]})
    with mlflow.start_run() as run:
        mlflow.log_table(frame, "eval/table.json")
        mlflow.log_table({"frage": ["wer?"], "score": [0.0]}, "eval/table.json")
    loaded = mlflow.load_table("eval/table.json", run_ids=[run.info.run_id])
    assert list(loaded["frage"]) == ["warum?", "was?", "wer?"]
    assert list(loaded["score"]) == [0.5, 1.0, 0.0]
    of_all = mlflow.load_table("eval/table.json", extra_columns=["run_id"])
    assert list(of_all["run_id"]) == [run.info.run_id] * 3
    tag = client.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tag) == [{"path": "eval/table.json", "type": "table"}]


def make_tree(folder):
    """Some files, and what each holds by its path."""
    contents = {f"deep/er/{name}": name.encode() for name in ODD_NAMES}
    contents |= {"empty": b"", "top.bin": os.urandom(3 << 20), "a/b/c/d.txt": b"d"}
    for name, data in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return contents


def read_tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_tree_with_odd_names_comes_back_whole(client, tmp_path):
    contents = make_tree(tmp_path / "in")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(tmp_path / "in", artifact_path="my tree/ü")
    (tmp_path / "out").mkdir()
    got = download_artifacts(
        run_id=run.info.run_id, artifact_path="my tree/ü", dst_path=str(tmp_path / "out")
    )
    assert read_tree(Path(got)) == contents
    listed = sorted(paths(client, run.info.run_id, "my tree/ü/deep/er"))
    assert listed == sorted(f"my tree/ü/deep/er/{name}" for name in ODD_NAMES)
    sizes = {
        entry.path: entry.file_size for entry in client.list_artifacts(run.info.run_id, "my tree/ü")
    }
    assert sizes["my tree/ü/top.bin"] == 3 << 20
    assert sizes["my tree/ü/deep"] is None


def test_one_file_is_logged_listed_replaced_and_downloaded(client, run_id, tmp_path):
    file = tmp_path / "my file.txt"
    for text in ("first", "second and longer", "3rd"):
        file.write_text(text)
        client.log_artifact(run_id, str(file), artifact_path="sub dir")
    assert paths(client, run_id, "sub dir") == ["sub dir/my file.txt"]
    (tmp_path / "out").mkdir()
    got = client.download_artifacts(run_id, "sub dir/my file.txt", str(tmp_path / "out"))
    assert Path(got).read_text() == "3rd"
    everything = download_artifacts(artifact_uri=f"runs:/{run_id}/", dst_path=str(tmp_path))
    assert Path(everything, "sub dir/my file.txt").read_text() == "3rd"
    assert [entry.path for entry in list_artifacts(run_id=run_id)] == ["sub dir"]


def test_a_large_file_comes_back_bit_by_bit(client, run_id, tmp_path):
    data = os.urandom(1 << 20) * 24
    (tmp_path / "large.bin").write_bytes(data)
    client.log_artifact(run_id, str(tmp_path / "large.bin"))
    got = download_artifacts(run_id=run_id, artifact_path="large.bin")
    assert hashlib.sha256(Path(got).read_bytes()).digest() == hashlib.sha256(data).digest()


def test_what_is_not_there_is_not_listed_and_not_downloaded(client, run_id):
    assert paths(client, run_id) == []
    assert paths(client, run_id, "nowhere") == []
    with pytest.raises((MlflowException, OSError), match=r"Failed to download|No such artifact"):
        download_artifacts(run_id=run_id, artifact_path="nowhere.txt")
    # MLflow 2 passes the server's refusal on as requests raises it, which is an OSError.
    with pytest.raises((MlflowException, OSError), match=r"(?i)invalid"):
        client.list_artifacts(run_id, "../other")


def test_artifacts_are_deleted_through_the_proxy(client):
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with mlflow.start_run() as run:
        for name in ("keep.txt", "drop/a.txt", "drop/b.txt"):
            mlflow.log_text("x", name)
    get_artifact_repository(run.info.artifact_uri).delete_artifacts("drop")
    assert paths(client, run.info.run_id) == ["keep.txt"]
