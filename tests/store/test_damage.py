"""A segment with a flipped bit is named, counted and left alone, and the rest is served."""

from contextlib import closing

import pytest

from millpond.domain.charts import Frame
from millpond.domain.metrics import Point
from millpond.store.sql import compaction
from millpond.store.sqlite import DATABASE_NAME, SqliteStore
from millpond.testing.store_contract.samples import ask, do, start_run
from tests.store.sqlite_files import compact, damage, quick_folder, rows

FIRST_OF_M = "SELECT segment_id, data FROM segments WHERE key_id = 1 AND step_min = 0"


@pytest.fixture
def folder(monkeypatch):
    """A store with two full segments of one series and one of another; one bit is flipped."""
    monkeypatch.setattr(compaction, "OWN_SEGMENT_POINTS", 4)
    monkeypatch.setattr(compaction, "SEGMENT_POINTS", 8)
    with quick_folder() as folder:
        with closing(SqliteStore(folder)) as store:
            start_run(store)
            log(store, *ramp(0, 16), *ramp(0, 8, "n"))
            compact(store)
        assert damage(folder / DATABASE_NAME, FIRST_OF_M) != []
        yield folder


def log(store, *points):
    do(store, lambda tx: tx.append_points("r1", points))


def ramp(begin, end, key="m"):
    return [Point(key, float(i), i, i) for i in range(begin, end)]


def history(store, key="m"):
    return ask(store, lambda r: r.history("r1", key).points())


def test_the_rest_of_the_run_is_served_and_the_segment_is_named_once(folder, caplog):
    with closing(SqliteStore(folder)) as store:
        assert store.statistics()["damaged_segments"] == 0
        for _ in range(3):
            assert history(store) == ramp(8, 16)
            assert ask(store, lambda r: r.series("r1", "m").points()) == ramp(8, 16)
            line = ask(store, lambda r: r.line(("r1", "m"), Frame(x_min=0, x_max=15, width=1)))
            assert (line.points, line.first, line.last) == (8, (8, 8.0), (15, 15.0))
            assert history(store, "n") == ramp(0, 8, "n")
        assert store.statistics()["damaged_segments"] == 1
    (record,) = caplog.records
    assert "segment 1 of run r1 is damaged" in record.getMessage()
    assert "checksum" in record.getMessage()


def test_the_damage_is_known_after_a_restart(folder):
    with closing(SqliteStore(folder)) as store:
        history(store)
    with closing(SqliteStore(folder)) as store:
        assert store.statistics()["damaged_segments"] == 1
        assert history(store) == ramp(8, 16)


def test_compaction_leaves_a_damaged_segment_as_it_is(folder, caplog):
    with closing(SqliteStore(folder)) as store:
        before = rows(store, FIRST_OF_M)
        # Steps and times overlap: whether these are repeats cannot be told any more.
        log(store, *ramp(2, 7))
        compact(store)
        assert history(store) == [*ramp(2, 7), *ramp(8, 16)]
        assert store.statistics()["damaged_segments"] == 1
        assert rows(store, FIRST_OF_M) == before
        compact(store)
    assert len(caplog.records) == 1


def test_a_small_segment_that_is_damaged_is_not_merged(folder, caplog):
    with closing(SqliteStore(folder)) as store:
        log(store, *ramp(16, 19))
        compact(store)
    small = "SELECT segment_id, data FROM segments WHERE points = 3"
    damage(folder / DATABASE_NAME, small)
    with closing(SqliteStore(folder)) as store:
        before = rows(store, small)
        log(store, *ramp(19, 22))
        compact(store)
        assert history(store) == [*ramp(8, 16), *ramp(19, 22)]
        assert set(before) <= set(rows(store, small))
        assert store.statistics()["damaged_segments"] == 2
