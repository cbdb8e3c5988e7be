"""Paging through rows that are all in memory, by the same tokens as every engine's."""

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Any, TypeVar

from millpond.domain.filters import Field, OrderKey
from millpond.domain.ordering import SortColumn, compare, ranked
from millpond.domain.paging import Page, decode_token, encode_token

T = TypeVar("T")


def sort_values(
    values: Callable[[Field], Sequence[Any]], order_by: Sequence[OrderKey]
) -> list[Any]:
    """What a record is sorted by: each ordering's value behind its rank."""
    keys: list[Any] = []
    for order in order_by:
        found = values(order.field)
        keys += ranked(found[0] if found else None)
    return keys


def page_of(
    rows: Sequence[T],
    position: Callable[[T], Sequence[Any]],
    columns: Sequence[SortColumn],
    limit: int,
    page_token: str | None,
    question: str,
) -> Page[T]:
    """The first ``limit`` rows after the token's position, in the order of the columns."""
    placed: list[tuple[Sequence[Any], T]] = [(position(row), row) for row in rows]
    if page_token:
        after = decode_token(page_token, question, len(columns))
        placed = [item for item in placed if compare(item[0], after, columns) > 0]

    def in_order(left: tuple[Sequence[Any], T], right: tuple[Sequence[Any], T]) -> int:
        return compare(left[0], right[0], columns)

    placed.sort(key=cmp_to_key(in_order))
    page = [row for _, row in placed[:limit]]
    if len(placed) <= limit:
        return Page(page)
    return Page(page, encode_token(question, placed[limit - 1][0]))
