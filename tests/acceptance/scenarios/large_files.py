"""Large files, in one piece or in parts, as the environment tells the client."""

import hashlib
import os
from pathlib import Path

import mlflow
import pytest
from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

MB = 1 << 20
SIZE_MB = int(os.environ.get("LARGE_FILE_MB", "24"))
IN_PARTS = os.environ.get("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD") == "true"
IN_RANGES = os.environ.get("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD") == "true"


def make_file(path, size_mb):
    """A file that no store can keep smaller than it is, and its checksum."""
    block = os.urandom(4 * MB)
    hasher = hashlib.sha256()
    with path.open("wb") as file:
        for number in range(size_mb // 4):
            piece = number.to_bytes(8, "big") + block[8:]
            file.write(piece)
            hasher.update(piece)
        file.write(b"and a rest")
        hasher.update(b"and a rest")
    return hasher.hexdigest()


def checksum(path):
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def watched(monkeypatch, name):
    """The calls of a method of the client, if it has it."""
    calls = []
    real = getattr(HttpArtifactRepository, name, None)
    if real is not None:
        is_static = isinstance(vars(HttpArtifactRepository)[name], staticmethod)

        def called(*args, **kwargs):
            calls.append(args)
            return real(*args, **kwargs)

        monkeypatch.setattr(
            HttpArtifactRepository, name, staticmethod(called) if is_static else called
        )
    return calls, real is not None


def test_a_large_file_goes_up_and_comes_down(client, run_id, tmp_path, monkeypatch):
    sent, _ = watched(monkeypatch, "_upload_part")
    asked, knows_ranges = watched(monkeypatch, "_multipart_download")
    source = tmp_path / "model weights.bin"
    expected = make_file(source, SIZE_MB)
    client.log_artifact(run_id, str(source), "big files")
    assert bool(sent) == IN_PARTS
    (listed,) = client.list_artifacts(run_id, "big files")
    assert listed.file_size == source.stat().st_size
    source.unlink()
    got = mlflow.artifacts.download_artifacts(
        run_id=run_id, artifact_path="big files/model weights.bin", dst_path=str(tmp_path)
    )
    assert checksum(got) == expected
    assert bool(asked) == (IN_RANGES and knows_ranges)


def test_a_part_that_cannot_be_sent_leaves_no_file(client, run_id, tmp_path, monkeypatch):
    if not IN_PARTS:
        return

    def fail(*args, **kwargs):
        raise ConnectionError("the line dropped")

    monkeypatch.setattr(HttpArtifactRepository, "_upload_part", staticmethod(fail))
    source = tmp_path / "f.bin"
    make_file(source, 24)
    with pytest.raises(Exception, match=r"the line dropped|at least one part"):
        client.log_artifact(run_id, str(source), "cut off")
    assert client.list_artifacts(run_id, "cut off") == []
