"""Settling: runs that have been quiet for a while go from the tables into the columns of blocks.

Gathering reads beside the writer; settling is a short action of the writer that puts the new
columns in and takes the runs off the list of unsettled ones, in one transaction. A run that
changed meanwhile stays on the list, and so the tables go on answering for it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from msgspec import Struct

from millpond.domain.ordering import NOT_A_NUMBER, PRESENT
from millpond.store.blocks import columns
from millpond.store.blocks.columns import Numbers, Texts
from millpond.store.blocks.filters import dataset_text
from millpond.store.sql import block_search as names
from millpond.store.sql.block_search import METRIC, PARAM, TAG, Name
from millpond.store.sql.session import Session, chunks
from millpond.store.sql.values import NOT_A_NUMBER as NAN_KIND
from millpond.store.sql.writer_memory import WriterMemory

# So many quiet runs may wait: a search looks at each of them, and settling one costs as much as
# settling all that wait of its block.
ENOUGH_RUNS = 512

_WHOLE = {names.EXPERIMENT, names.START, names.END}


class Gathered(Struct, frozen=True):
    """What one settling does: columns that come, or go where there is no data, for these runs."""

    run_ids: list[int]
    rows: list[tuple[int, int, int, int, float | None, float | None, bytes | None]]


def gather(session: Session, restless: Set[int]) -> Gathered | None:
    """Put the quiet runs of one block into its columns; None if too few wait.

    restless: runs that changed lately.
    """
    counts: Counter[int] = Counter()
    for block, count in session.execute(
        f"SELECT run_id / {columns.BLOCK_RUNS}, COUNT(*) FROM unsettled_runs GROUP BY 1"
    ):
        counts[block] = count
    # Runs that are restless and not in the list only make settling come a little later.
    counts.subtract(run_id // columns.BLOCK_RUNS for run_id in restless)
    if sum(counts.values()) < ENOUGH_RUNS:
        return None
    block = counts.most_common(1)[0][0]
    first_id = block * columns.BLOCK_RUNS
    found = {
        run_id: workspace_id
        for run_id, workspace_id in session.execute(
            "SELECT run_id, workspace_id FROM unsettled_runs WHERE run_id BETWEEN :first AND :last",
            {"first": first_id, "last": first_id + columns.BLOCK_RUNS - 1},
        )
        if run_id not in restless
    }
    if not found:
        return None
    gathered = Gathered(list(found), [])
    for workspace_id in Counter(found.values()):
        run_ids = [run_id for run_id, of in found.items() if of == workspace_id]
        values = _Values(session, block)
        values.read(run_ids)
        gathered.rows.extend(_merged(session, workspace_id, block, run_ids, values))
    return gathered


class Settler:
    """The writer's part: runs that change are restless, and stay unsettled.

    restless: the row ids of the runs that changed in this period or the one before it; None if
    these are too many to name, and then nothing can be settled.
    """

    def __init__(self, memory: WriterMemory) -> None:
        self._memory = memory
        self._lately: set[int] | None = set()
        self.restless: set[int] | None = set()

    def begin_period(self) -> set[int] | None:
        before, self._lately = self._lately, self._memory.take_changed()
        is_known = before is not None and self._lately is not None
        self.restless = set().union(before or (), self._lately or ()) if is_known else None
        return self.restless

    def settle(self, session: Session, gathered: Gathered) -> None:
        """Write what was gathered in this period."""
        changed = self._memory.take_changed()
        if changed is None or self._lately is None or self.restless is None:
            self._lately = self.restless = None
            return
        self._lately |= changed
        self.restless |= changed
        self._memory.unsettled.difference_update(settle(session, gathered, changed))


def settle(session: Session, gathered: Gathered, changed: Set[int]) -> list[int]:
    """Write what was gathered; the runs that are settled by it.

    changed: runs that changed since the gathering began.
    """
    session.execute_many(
        "DELETE FROM run_columns WHERE workspace_id = ? AND kind = ? AND key_id = ? AND block = ?",
        [row[:4] for row in gathered.rows],
    )
    session.execute_many(
        "INSERT INTO run_columns (workspace_id, kind, key_id, block, low, high, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [row for row in gathered.rows if row[-1] is not None],
    )
    settled = [run_id for run_id in gathered.run_ids if run_id not in changed]
    session.execute_many(
        "DELETE FROM unsettled_runs WHERE run_id = ?", [(run_id,) for run_id in settled]
    )
    return settled


class _Values:
    """The values of some runs of a block, by column and slot."""

    def __init__(self, session: Session, block: int) -> None:
        self._session = session
        self._first_id = block * columns.BLOCK_RUNS
        self.numbers: dict[Name, dict[int, tuple[int, Any]]] = defaultdict(dict)
        self.texts: dict[Name, dict[int, tuple[str, float | None]]] = defaultdict(dict)

    def read(self, run_ids: Sequence[int]) -> None:
        for wanted in chunks(run_ids):
            self._read_runs(wanted)
            self._read_metrics(wanted)
            self._read_texts("params", PARAM, wanted)
            self._read_texts("tags", TAG, wanted)
            self._read_datasets(wanted)

    def _read_runs(self, wanted: str) -> None:
        for run_id, experiment_id, stage, status, start_ms, end_ms, name, user_id in self._rows(
            "run_id, experiment_id, stage, status, start_ms, end_ms, name, user_id FROM runs",
            wanted,
        ):
            slot = run_id - self._first_id
            self.numbers[names.EXPERIMENT][slot] = (PRESENT, experiment_id)
            self.numbers[names.START][slot] = (PRESENT, start_ms)
            if end_ms is not None:
                self.numbers[names.END][slot] = (PRESENT, end_ms)
            self.texts[names.STAGE][slot] = (stage, None)
            self.texts[names.STATUS][slot] = (status, None)
            self.texts[names.RUN_NAME][slot] = (name, None)
            self.texts[names.USER][slot] = (user_id, None)

    def _read_metrics(self, wanted: str) -> None:
        for run_id, key_id, value, kind in self._rows(
            "run_id, key_id, value, kind FROM latest", wanted
        ):
            # A negative zero compares as zero does.
            found = (NOT_A_NUMBER, 0.0) if kind == NAN_KIND else (PRESENT, value)
            self.numbers[METRIC, key_id][run_id - self._first_id] = found

    def _read_texts(self, table: str, kind: int, wanted: str) -> None:
        for run_id, key_id, value, number in self._rows(
            f"run_id, key_id, value, number FROM {table}", wanted
        ):
            self.texts[kind, key_id][run_id - self._first_id] = (value, number)

    def _read_datasets(self, wanted: str) -> None:
        triples: dict[int, list[tuple[str, str, str | None]]] = defaultdict(list)
        for run_id, name, digest, context in self._rows(
            "i.run_id, d.name, d.digest, i.context FROM dataset_inputs i "
            "JOIN datasets d USING (dataset_id)",
            wanted,
        ):
            triples[run_id].append((name, digest, context))
        for run_id, found in triples.items():
            text = dataset_text(sorted(found, key=repr))
            self.texts[names.DATASETS][run_id - self._first_id] = (text, None)

    def _rows(self, columns_and_table: str, wanted: str) -> Iterable[Any]:
        return self._session.execute(f"SELECT {columns_and_table} WHERE run_id IN ({wanted})")


def _merged(
    session: Session, workspace_id: int, block: int, run_ids: Sequence[int], found: _Values
) -> Iterable[tuple[int, int, int, int, float | None, float | None, bytes | None]]:
    """The columns of a block that are others with these runs' values than they were."""
    slots = np.array(run_ids, np.int64) - block * columns.BLOCK_RUNS
    stored = _stored(session, workspace_id, block)
    for name in sorted(stored.keys() | found.numbers.keys() | found.texts.keys()):
        before = stored.get(name)
        old = None if before is None else columns.decode(before)
        low = high = None
        if name in found.numbers or isinstance(old, Numbers):
            assert not isinstance(old, Texts)
            dtype = np.int64 if name in _WHOLE else np.float64
            numbers = columns.with_numbers(old, slots, found.numbers.get(name, {}), dtype)
            low, high = numbers.bounds()
            data = columns.encode(numbers)
        else:
            data = columns.encode(columns.with_texts(old, slots, found.texts.get(name, {})))
        if data != before:
            yield (workspace_id, *name, block, low, high, data)


def _stored(session: Session, workspace_id: int, block: int) -> Mapping[Name, bytes]:
    rows = session.execute(
        "SELECT kind, key_id, data FROM run_columns "
        "WHERE workspace_id = :workspace_id AND block = :block",
        {"workspace_id": workspace_id, "block": block},
    )
    return {(kind, key_id): data for kind, key_id, data in rows}
