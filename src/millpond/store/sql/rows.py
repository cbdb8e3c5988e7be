"""Rows of any table, by page and by id: what the reads of every noun need."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from millpond.domain.paging import decode_token, encode_token
from millpond.store.sql import search as searches
from millpond.store.sql.session import Row, Session, chunks


class RowReader:
    """One moment of one workspace's rows."""

    def __init__(self, session: Session, workspace_id: int) -> None:
        self._session = session
        self._workspace_id = workspace_id

    def _page_of_ids(
        self, query: searches.Query, limit: int, page_token: str | None
    ) -> tuple[list[int], str | None]:
        """The row ids of one page, in order, and the token for the next."""
        after = self._position(query, page_token)
        rows = self._session.select(query.page(limit + 1, after))
        ids = [row[0] for row in rows[:limit]]
        if len(rows) <= limit:
            return ids, None
        return ids, encode_token(query.question, rows[limit - 1][1:])

    def _position(self, query: searches.Query, page_token: str | None) -> list[Any] | None:
        """Where a page token says the page before ended."""
        if not page_token:
            return None
        return decode_token(page_token, query.question, len(query.columns))

    def _by_ids(self, columns: str, table: str, key: str, ids: Sequence[int]) -> dict[int, Row]:
        return {
            row[0]: row
            for wanted in chunks(ids)
            for row in self._session.execute(
                f"SELECT {columns} FROM {table} WHERE {key} IN ({wanted})"
            )
        }

    def _texts(
        self, table: str, owner: str, ids: Sequence[int]
    ) -> dict[int, list[tuple[Any, ...]]]:
        return self._grouped(table, owner, "key, value", "key", ids)

    def _grouped(
        self, table: str, owner: str, columns: str, order: str, ids: Sequence[int]
    ) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for wanted in chunks(ids):
            for row in self._session.execute(
                f"SELECT {owner}, {columns} FROM {table} WHERE {owner} IN ({wanted}) "
                f"ORDER BY {owner}, {order}"
            ):
                found[row[0]].append(tuple(row[1:]))
        return found
