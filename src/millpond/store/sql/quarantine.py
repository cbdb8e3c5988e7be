"""Damaged segments: each is named once in the log, and from then on left alone."""

import logging
from collections.abc import Iterable

from millpond.store.points.segments import DamagedSegment
from millpond.store.sql.session import Session

_log = logging.getLogger("millpond.store")


class Quarantine:
    """The damaged segments that this process has met, and those that the table says are damaged.

    A reader cannot write, so what it meets is marked later, by ``mark``.
    """

    def __init__(self, session: Session) -> None:
        rows = session.execute("SELECT segment_id FROM segments WHERE state = 'damaged'")
        self._marked = {int(row[0]) for row in rows}
        self._met: set[int] = set()

    def __len__(self) -> int:
        return len(self._marked | self._met)

    def __contains__(self, segment_id: int) -> bool:
        return segment_id in self._met or segment_id in self._marked

    @property
    def has_unmarked(self) -> bool:
        return not self._met <= self._marked

    def add(self, session: Session, segment_id: int, run_id: int, why: DamagedSegment) -> None:
        if segment_id in self:
            return
        self._met.add(segment_id)
        rows = session.execute("SELECT uuid FROM runs WHERE run_id = :run_id", {"run_id": run_id})
        _log.error(
            "segment %d of run %s is damaged (%s): its points are left out, the rest is served",
            segment_id,
            rows[0][0] if rows else run_id,
            why,
        )

    def forget(self, segment_ids: Iterable[int]) -> None:
        """They are gone, and others may come to have their numbers."""
        self._met.difference_update(segment_ids)
        self._marked.difference_update(segment_ids)

    def mark(self, session: Session) -> None:
        """Tell the table, so that it is known after a restart too."""
        met = self._met - self._marked
        session.execute_many(
            "UPDATE segments SET state = 'damaged' WHERE segment_id = ?",
            [(segment_id,) for segment_id in met],
        )
        self._marked |= met
