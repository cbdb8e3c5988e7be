"""A process that logs points to a store that compacts all the time, until it is killed.

Prints a line for each write that the store acknowledged: the writer and its number.
"""

import os
import sys
import threading
from pathlib import Path

from millpond.domain.metrics import Point
from millpond.store import sqlite
from millpond.store.contract import DEFAULT_WORKSPACE, Transaction
from millpond.store.sql import compaction
from millpond.store.sqlite import SqliteStore

WRITERS = 3
SERIES = ("loss", "acc", "rare")


def points_of(writer: int, number: int) -> list[Point]:
    """What a writer logs as its write of this number; with the one before, as a retry does."""
    found = []
    for n in (number - 1, number) if number else (0,):
        step = writer * 1_000_000 + n
        found += [Point("loss", n / 3, 10_000 + n, step), Point("acc", n / 7, 10_000 + n, step)]
        if n % 10 == 0:
            found.append(Point("rare", float(n), 10_000 + n, step))
    return found


def write_for_ever(store: SqliteStore, run_id: str, writer: int) -> None:
    number = 0
    while True:
        points = points_of(writer, number)

        def action(tx: Transaction, points: list[Point] = points) -> None:
            tx.append_points(run_id, points)

        store.write(DEFAULT_WORKSPACE, action).result()
        # One system call, so that a line is there whole or not at all.
        os.write(1, f"{writer} {number}\n".encode())
        number += 1


def main(folder: str, run_id: str) -> None:
    # Small, so that every kind of merging happens in a fraction of a second.
    sqlite._COMPACTION_ROWS = 5
    sqlite._HOUSEKEEPING_PERIOD_S = 0.005
    compaction.OWN_SEGMENT_POINTS = 20
    compaction.SEGMENT_POINTS = 100
    compaction.BUNDLE_POINTS = 60
    compaction._SETTLED_ROWS = 3
    store = SqliteStore(Path(folder))
    threads = [
        threading.Thread(target=write_for_ever, args=[store, run_id, writer])
        for writer in range(WRITERS)
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
