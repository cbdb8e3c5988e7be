"""The SQLite store keeps the contract, and what only files and locks can get wrong."""

import math
import sqlite3
from contextlib import closing

import pytest

from millpond.domain.filters import RUNS, parse_filter
from millpond.domain.metrics import Point
from millpond.errors import InvalidParameter
from millpond.store.contract import RunSearch
from millpond.store.sql import compaction
from millpond.store.sqlite import SqliteStore
from millpond.testing.store_contract import StoreContract
from millpond.testing.store_contract.samples import ask, do, start_run
from tests.store.sqlite_files import compact, quick_folder


@pytest.fixture
def store():
    with quick_folder() as folder, closing(SqliteStore(folder)) as store:
        yield store


class TestSqliteStore(StoreContract):
    pass


def log(store, *points):
    do(store, lambda tx: tx.append_points("r1", points))


def history(store):
    return ask(store, lambda r: r.history("r1", "m"))


def test_compaction_changes_nothing_that_is_read(store, monkeypatch):
    monkeypatch.setattr(compaction, "SEGMENT_POINTS", 3)
    start_run(store)
    # Of equal points the first is kept, so the order in the segments counts.
    log(store, Point("m", 1.0, 1, dataset_name="first"), Point("m", math.nan, 2))
    for i in range(10):
        log(store, Point("m", 1.0, 1, dataset_name=f"later {i}"), Point("m", float(i), 5, i))
        before = history(store)
        if i % 3:
            compact(store)
        assert repr(history(store)) == repr(before)
    assert history(store)[0].dataset_name == "first"
    assert len(history(store)) == 12


def test_compaction_of_an_empty_log_is_nothing(store):
    compact(store)
    start_run(store)
    compact(store)
    log(store, Point("m", 1.0, 1))
    compact(store)
    compact(store)
    assert history(store) == [Point("m", 1.0, 1)]


def test_a_compaction_that_fails_loses_and_doubles_nothing(store, monkeypatch):
    start_run(store)
    log(store, Point("m", 1.0, 1), Point("m", 2.0, 2))
    settle = compaction.settle

    def settle_and_fail(session, gathered):
        settle(session, gathered)
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "settle", settle_and_fail)
        with pytest.raises(sqlite3.OperationalError):
            compact(store)
    assert history(store) == [Point("m", 1.0, 1), Point("m", 2.0, 2)]
    log(store, Point("m", 3.0, 3))
    compact(store)
    assert [point.value for point in history(store)] == [1.0, 2.0, 3.0]


def test_the_log_goes_on_after_compaction_and_a_restart():
    with quick_folder() as folder:
        for i in range(4):
            with closing(SqliteStore(folder)) as store:
                if i == 0:
                    start_run(store)
                log(store, Point("m", float(i), i))
                if i % 2:
                    compact(store)
        with closing(SqliteStore(folder)) as store:
            assert [point.value for point in history(store)] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "form",
    [
        "attributes.status = 'x' AND NOT (attributes.run_name = 'y' OR ({}))",
        "attributes.status = 'x' AND (attributes.run_name = 'y' OR ({}))",
        "NOT ({})",
    ],
)
def test_every_depth_that_the_grammar_takes_is_within_sqlites_parser(store, form):
    deepest, filter_text = None, "attributes.status = 'z'"
    for _ in range(100):
        try:
            deepest = parse_filter(filter_text, RUNS)
        except InvalidParameter:
            break
        filter_text = form.format(filter_text)
    found = ask(store, lambda r: r.search_runs(RunSearch((0,), 10, deepest)))
    assert list(found.items) == []
