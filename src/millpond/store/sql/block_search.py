"""Searches of the runs that are settled in blocks; see ``store.blocks``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from millpond.domain.experiments import Stage, ViewType
from millpond.domain.filters import And, Comparison, Entity, Field, Node, Not, Or, OrderKey
from millpond.domain.ordering import PRESENT
from millpond.store import questions
from millpond.store.blocks import columns
from millpond.store.blocks.best import Best, Row, SortKey
from millpond.store.blocks.columns import Array, Column, Numbers, Texts
from millpond.store.blocks.filters import truths
from millpond.store.contract import RunSearch
from millpond.store.sql import search as searches
from millpond.store.sql.session import Session, chunks

ATTRIBUTE, METRIC, PARAM, TAG = range(4)

Name = tuple[int, int]
"""Which column: its kind, and the key's id or the attribute's number."""

EXPERIMENT: Name = (ATTRIBUTE, 1)
STAGE: Name = (ATTRIBUTE, 2)
STATUS: Name = (ATTRIBUTE, 3)
START: Name = (ATTRIBUTE, 4)
END: Name = (ATTRIBUTE, 5)
RUN_NAME: Name = (ATTRIBUTE, 6)
USER: Name = (ATTRIBUTE, 7)
DATASETS: Name = (ATTRIBUTE, 8)

_ATTRIBUTES = {
    "status": STATUS,
    "start_time": START,
    "end_time": END,
    "run_name": RUN_NAME,
    "user_id": USER,
}
# Nothing is gained by columns of these: every run has another value.
_UNSETTLED_ATTRIBUTES = {"run_id", "artifact_uri"}
_KINDS = {Entity.METRIC: METRIC, Entity.PARAM: PARAM, Entity.TAG: TAG}
# The first blocks often have all that a page needs.
_BLOCKS_AT_ONCE = (1, 2, 4, 8, 16)
# Fewer runs than this are found in the tables as quickly.
_FEW_RUNS = 1_000


def is_for_blocks(session: Session, workspace_id: int, search: RunSearch) -> bool:
    """Whether blocks would be of use: there are some, of enough runs, and they know the order."""
    for order in search.order_by:
        if order.field.entity is Entity.ATTRIBUTE and order.field.key in _UNSETTLED_ATTRIBUTES:
            return False
    settled = session.execute(
        "SELECT 1 FROM run_columns WHERE workspace_id = :workspace_id LIMIT 1",
        {"workspace_id": workspace_id},
    )
    if not settled:
        return False
    wanted = ",".join(str(int(i)) for i in search.experiment_ids)
    counted = session.execute(
        "SELECT COUNT(*) FROM (SELECT 1 FROM runs "
        f"WHERE experiment_id IN ({wanted}) LIMIT {_FEW_RUNS}) AS counted"
    )
    return bool(counted[0][0] == _FEW_RUNS)


class BlockSearch:
    """One search of the settled runs of one workspace."""

    def __init__(
        self, session: Session, workspace_id: int, search: RunSearch, key_ids: Mapping[str, int]
    ) -> None:
        self._session = session
        self._workspace_id = workspace_id
        self._search = search
        self._key_ids = key_ids
        self._experiments = np.array(sorted(set(search.experiment_ids)), np.int64)
        self._listed = {
            comparison: self._list(comparison) for comparison in _unsettled(search.filter)
        }

    def first_rows(self, limit: int, after: Sequence[Any] | None) -> list[Row]:
        """The first rows behind a position, with what they are sorted by."""
        search_columns = questions.run_columns(self._search)
        best = Best(search_columns, limit, after, self._ids_of)
        unsettled = self._unsettled_ids()
        first = self._search.order_by[0] if self._search.order_by else _NEWEST
        for block in self._blocks(first, best):
            slots = np.flatnonzero(self._truths(block, unsettled))
            if not len(slots):
                continue
            keys = [SortKey(block.column(o.field), o.ascending) for o in self._search.order_by]
            starts = block.named(START)
            assert isinstance(starts, Numbers)
            best.add(block.first_id, slots, keys, starts)
        return best.rows()

    def _truths(self, block: "_Block", unsettled: Array) -> Array:
        """Which runs of the block the search is for."""
        found: Array
        experiments = block.named(EXPERIMENT)
        if not isinstance(experiments, Numbers):
            return np.full(columns.BLOCK_RUNS, False)
        if len(self._experiments) == 1:
            found = np.equal(experiments.values, self._experiments[0])
        else:
            found = np.isin(experiments.values, self._experiments)
        found &= experiments.ranks == PRESENT
        found[unsettled[_within(unsettled, block.first_id)] - block.first_id] = False
        if self._search.view is not ViewType.ALL:
            stages = block.named(STAGE)
            assert isinstance(stages, Texts)
            is_active = self._search.view is ViewType.ACTIVE_ONLY
            code, is_there = stages.place((Stage.ACTIVE if is_active else Stage.DELETED).value)
            found &= np.equal(stages.codes, code) & is_there
        if self._search.filter is not None and found.any():
            found &= truths(self._search.filter, block)
        return found

    def _blocks(self, first: OrderKey, best: Best) -> Iterator["_Block"]:
        """The blocks, those first whose runs may come first, up to where none can any more."""
        wanted = sorted(self._columns_needed())
        bounds = self._bounds(self._column_name(first.field), first.ascending)
        at = 0
        turn = 0
        while at < len(bounds):
            count = _BLOCKS_AT_ONCE[min(turn, len(_BLOCKS_AT_ONCE) - 1)]
            numbers = []
            for number, edge in bounds[at : at + count]:
                if not _is_too_late(edge, first, best):
                    numbers.append(number)
            at += count
            turn += 1
            if numbers:
                yield from self._load(numbers, wanted)

    def _load(self, numbers: Sequence[int], wanted: Sequence[Name]) -> Iterator["_Block"]:
        blocks = {number: _Block(self, number) for number in numbers}
        among = ",".join(map(str, numbers))
        for kind, key_id in wanted:
            for number, data in self._session.execute(
                "SELECT block, data FROM run_columns WHERE workspace_id = :workspace_id "
                f"AND kind = :kind AND key_id = :key_id AND block IN ({among})",
                {"workspace_id": self._workspace_id, "kind": kind, "key_id": key_id},
            ):
                blocks[number].stored[kind, key_id] = data
        return iter(blocks.values())

    def _bounds(self, name: Name | None, ascending: bool) -> list[tuple[int, float | None]]:
        """Each block with the best number that it has in a column, best first."""
        edges: dict[int, float | None] = {}
        for number, _, _ in self._column_bounds(START):
            edges[number] = None
        if name is None or not edges:
            return list(edges.items())
        for number, low, high in self._column_bounds(name):
            if low is not None and high is not None:
                edges[number] = low if ascending else high
        sign = 1 if ascending else -1
        return sorted(
            edges.items(), key=lambda item: (item[1] is None, sign * (item[1] or 0), item[0])
        )

    def _column_bounds(self, name: Name) -> Sequence[Any]:
        return self._session.execute(
            "SELECT block, low, high FROM run_columns "
            "WHERE workspace_id = :workspace_id AND kind = :kind AND key_id = :key_id",
            {"workspace_id": self._workspace_id, "kind": name[0], "key_id": name[1]},
        )

    def _columns_needed(self) -> set[Name]:
        needed = {EXPERIMENT, START}
        if self._search.view is not ViewType.ALL:
            needed.add(STAGE)
        fields = [order.field for order in self._search.order_by]
        fields += [comparison.field for comparison in _comparisons(self._search.filter)]
        for field in fields:
            name = self._column_name(field)
            if name is not None:
                needed.add(name)
        return needed

    def _column_name(self, field: Field) -> Name | None:
        return name_of(field, self._key_ids)

    def _unsettled_ids(self) -> Array:
        rows = self._session.execute("SELECT run_id FROM unsettled_runs ORDER BY run_id")
        return np.fromiter((row[0] for row in rows), np.int64, len(rows))

    def _ids_of(self, row_ids: Sequence[int]) -> dict[int, str]:
        return {
            row[0]: row[1]
            for wanted in chunks(row_ids)
            for row in self._session.execute(
                f"SELECT run_id, uuid FROM runs WHERE run_id IN ({wanted})"
            )
        }

    def _list(self, comparison: Comparison) -> Array:
        """The runs for which a comparison is true that no column helps with."""
        rows = self._session.select(searches.matching_runs(comparison, self._workspace_id))
        return np.sort(np.fromiter((row[0] for row in rows), np.int64, len(rows)))

    def listed(self, comparison: Comparison) -> Array | None:
        return self._listed.get(comparison)

    def name_of(self, field: Field) -> Name | None:
        return self._column_name(field)


class _Block:
    """See ``blocks.filters.Block``."""

    def __init__(self, search: BlockSearch, number: int) -> None:
        self._search = search
        self.first_id = number * columns.BLOCK_RUNS
        self.stored: dict[Name, bytes] = {}
        self._columns: dict[Name, Column] = {}

    def named(self, name: Name) -> Column | None:
        found = self._columns.get(name)
        if found is None and name in self.stored:
            found = self._columns[name] = columns.decode(self.stored[name])
        return found

    def column(self, field: Field) -> Column | None:
        name = self._search.name_of(field)
        return None if name is None else self.named(name)

    def listed(self, comparison: Comparison) -> Array | None:
        row_ids = self._search.listed(comparison)
        if row_ids is None:
            return None
        found = np.full(columns.BLOCK_RUNS, False)
        found[row_ids[_within(row_ids, self.first_id)] - self.first_id] = True
        return found


def name_of(field: Field, key_ids: Mapping[str, int]) -> Name | None:
    """The column of a field; None if there is none, or nothing was ever logged under the key."""
    if field.entity is Entity.ATTRIBUTE:
        return _ATTRIBUTES.get(field.key)
    if field.entity is Entity.DATASET:
        return DATASETS
    key_id = key_ids.get(field.key)
    return None if key_id is None else (_KINDS[field.entity], key_id)


_NEWEST = OrderKey(Field(Entity.ATTRIBUTE, "start_time"), False)


def _is_too_late(edge: float | None, first: OrderKey, best: Best) -> bool:
    """Whether all runs of a block come behind those that are found, by their first key alone."""
    bound = best.bound
    if bound is None:
        return False
    # Without an order the start is all there is, and no rank stands before it.
    if len(bound) == 1:
        value = bound[0]
    elif bound[0] == PRESENT:
        value = bound[1]
    else:
        return False
    if edge is None:
        # A text's blocks have no bounds; a number's without one have no number.
        return not isinstance(value, str)
    return edge > float(value) if first.ascending else edge < float(value)


def _within(row_ids: Array, first_id: int) -> slice:
    """Where in sorted row ids those of a block stand."""
    start, end = np.searchsorted(row_ids, [first_id, first_id + columns.BLOCK_RUNS])
    return slice(int(start), int(end))


def _comparisons(node: Node | None) -> list[Comparison]:
    match node:
        case And(terms=terms) | Or(terms=terms):
            return [comparison for term in terms for comparison in _comparisons(term)]
        case Not(term=term):
            return _comparisons(term)
        case Comparison():
            return [node]
    return []


def _unsettled(node: Node | None) -> list[Comparison]:
    """The comparisons of attributes that have no column."""
    return [
        comparison
        for comparison in _comparisons(node)
        if comparison.field.entity is Entity.ATTRIBUTE
        and comparison.field.key in _UNSETTLED_ATTRIBUTES
    ]
