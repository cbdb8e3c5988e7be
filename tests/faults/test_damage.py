"""A flipped bit on the disk, as a client and an operator see it."""

import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path

from tests.faults.conftest import Connect, Serve
from tests.server_process import ServerProcess


def test_a_damaged_segment_is_named_and_the_rest_is_served(
    serve: Serve, connect: Connect, data_dir: Path
) -> None:
    server = serve()
    wire = connect(server)
    run_ids = [wire.create_run(name) for name in ("healthy", "damaged")]
    for run_id in run_ids:
        for begin in (0, 1000):
            steps = range(begin, begin + 1000)
            metrics = [{"key": "loss", "value": n, "timestamp": n, "step": n} for n in steps]
            wire.post("runs/log-batch", run_id=run_id, metrics=metrics)
        wire.post("runs/log-metric", run_id=run_id, key="acc", value=0.5, timestamp=1, step=1)
    # A clean stop brings all points into segments.
    assert server.stop() == 0
    flip_a_bit(data_dir / "millpond.db", run_ids[1])

    server = serve()
    wire = connect(server)
    assert len(wire.history(run_ids[0], "loss")) == 2000
    assert wire.history(run_ids[1], "loss") == []
    assert wire.history(run_ids[1], "acc") == [(1, 0.5)]
    assert wire.run(run_ids[1])["metrics"] == {"loss": 1999, "acc": 0.5}
    wire.post("runs/log-metric", run_id=run_ids[1], key="loss", value=7, timestamp=1, step=5000)
    assert wire.history(run_ids[1], "loss") == [(5000, 7)]
    assert "millpond_store_damaged_segments 1\n" in metrics_of(server)
    assert server.words.count(f"of run {run_ids[1]} is damaged (checksum") == 1


def flip_a_bit(path: Path, run_uuid: str) -> None:
    """In the largest segment of a run."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        ((segment_id, data),) = database.execute(
            "SELECT segment_id, data FROM segments JOIN runs USING (run_id) WHERE uuid = ? "
            "ORDER BY points DESC LIMIT 1",
            [run_uuid],
        ).fetchall()
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 1
        database.execute(
            "UPDATE segments SET data = ? WHERE segment_id = ?", [bytes(flipped), segment_id]
        )


def metrics_of(server: ServerProcess) -> str:
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        return str(answer.read(), "utf-8")
