"""kill -9 while points are written and compacted: none is lost, none is there twice.

FAULT_ROUNDS says how often; the default is for every day.
"""

import os
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from millpond.domain.metrics import Point
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import ask, start_run
from tests.faults.compacting_writer import SERIES, WRITERS, points_of
from tests.store.sqlite_files import rows

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "20"))
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(60 + 15 * ROUNDS)


def test_no_kill_loses_or_doubles_a_point(tmp_path: Path, chance: random.Random) -> None:
    folder = tmp_path / "data"
    acknowledged: dict[str, list[int]] = {}
    for number in range(ROUNDS):
        run_id = f"run{number}"
        with closing(SqliteStore(folder)) as store:
            start_run(store, run_id)
        acknowledged[run_id] = write_and_kill(folder, run_id, chance.uniform(0, 0.4))
        with closing(SqliteStore(folder)) as store:
            check(store, run_id, acknowledged[run_id])
    with closing(SqliteStore(folder)) as store:
        ((segments,),) = rows(store, "SELECT COUNT(*) FROM segments")
        for run_id, last in acknowledged.items():
            check(store, run_id, last)
            # The log is empty now, so every count is exact.
            check_counts(store, run_id)
    print(f"{sum(map(sum, acknowledged.values()))} writes, {segments} segments at the end")


def write_and_kill(folder: Path, run_id: str, after_s: float) -> list[int]:
    """The number of the last acknowledged write of each writer, -1 if there is none."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.compacting_writer", str(folder), run_id],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    time.sleep(after_s)
    process.kill()
    lines += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    last = [-1] * WRITERS
    for line in lines:
        writer, number = map(int, line.split())
        last[writer] = number
    return last


def check(store: SqliteStore, run_id: str, last: list[int]) -> None:
    for key in SERIES:
        points = ask(store, lambda r, k=key: r.series(run_id, k).points())
        for writer, number in enumerate(last):
            kept = [p for p in points if p.step // 1_000_000 == writer]
            # The write that was not acknowledged may be there.
            assert kept in (expected(writer, number, key), expected(writer, number + 1, key))


def expected(writer: int, last: int, key: str) -> list[Point]:
    found = {}
    for number in range(last + 1):
        found.update({p.step: p for p in points_of(writer, number) if p.key == key})
    return [found[step] for step in sorted(found)]


def check_counts(store: SqliteStore, run_id: str) -> None:
    for summary in ask(store, lambda r: r.metric_summaries(run_id)):
        points = ask(store, lambda r, k=summary.latest.key: r.series(run_id, k).points())
        values = [point.value for point in points]
        assert summary.points == len(points)
        assert (summary.lowest, summary.highest) == (min(values), max(values))
        assert summary.latest == points[-1]
