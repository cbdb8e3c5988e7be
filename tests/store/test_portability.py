"""A store that was made portable is read by a process that has no pcodec; another is refused."""

import subprocess
import sys
from contextlib import closing

import pytest

from millpond.domain.metrics import Point
from millpond.store.points.segments import PCO, PORTABLE
from millpond.store.sql import compaction
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract.samples import ask, do, start_run
from tests.store.sqlite_files import quick_folder, rows

# Python as it is where there is no pcodec: importing it fails.
WITHOUT_PCODEC = """
import sys
from pathlib import Path
sys.modules["pcodec"] = None
from millpond.errors import Unavailable
from millpond.store.points import segments
from millpond.store.sqlite import SqliteStore
from millpond.domain.metrics import Point
from millpond.testing.store_contract.samples import ask, do
assert not segments.has_pcodec()
try:
    store = SqliteStore(Path(sys.argv[1]))
except Unavailable as refused:
    sys.exit(f"refused: {refused.message}")
for key in ("m", "n"):
    print(repr(ask(store, lambda r: r.history("r1", key).points())))
do(store, lambda tx: tx.append_points("r1", [Point("m", float("inf"), 2**62, 9)]))
store.close()
"""

POINTS = [Point(key, i / 3, 1_000 + i, i) for i in range(12) for key in ("m", "n")]


@pytest.fixture
def folder(monkeypatch):
    """A store with segments of both kinds, and something in the log yet."""
    monkeypatch.setattr(compaction, "OWN_SEGMENT_POINTS", 10)
    with quick_folder() as folder:
        with closing(SqliteStore(folder)) as store:
            start_run(store)
            log(store, *POINTS[:-4])
        with closing(SqliteStore(folder)) as store:
            log(store, *POINTS[-4:])
        yield folder


def log(store, *points):
    do(store, lambda tx: tx.append_points("r1", points))


def read_without_pcodec(folder):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_PCODEC, folder], capture_output=True, text=True, timeout=60
    )


def codecs(store):
    return {codec for (codec,) in rows(store, "SELECT DISTINCT codec FROM segments")}


def test_a_portable_store_is_read_and_written_without_pcodec(folder):
    with closing(SqliteStore(folder)) as store:
        assert codecs(store) == {PCO}
        before = [ask(store, lambda r, k=key: r.history("r1", k).points()) for key in ("m", "n")]
        assert store.make_portable() > 0
        assert codecs(store) == {PORTABLE}
        after = [ask(store, lambda r, k=key: r.history("r1", k).points()) for key in ("m", "n")]
        assert after == before
    done = read_without_pcodec(folder)
    assert done.stdout.splitlines() == [repr(part) for part in before], done.stderr
    assert done.returncode == 0, done.stderr
    # Whoever has pcodec reads what was written without it.
    with closing(SqliteStore(folder)) as store:
        assert codecs(store) == {PORTABLE}
        assert len(ask(store, lambda r: r.history("r1", "m"))) == 13


def test_a_store_that_needs_pcodec_is_refused_with_the_two_ways_out(folder):
    refused = read_without_pcodec(folder)
    assert refused.returncode == 1
    assert refused.stderr.startswith("refused: ")
    assert "Install pcodec" in refused.stderr
    assert "millpond db portable" in refused.stderr


def test_what_is_portable_already_is_not_rewritten(folder):
    with closing(SqliteStore(folder)) as store:
        store.make_portable()
        assert store.make_portable() == 0
