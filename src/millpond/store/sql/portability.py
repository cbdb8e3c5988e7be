"""Stores for readers without pcodec: every segment in the codec that needs no library."""

from collections.abc import Iterator

from msgspec import Struct

from millpond.errors import Unavailable
from millpond.store.points import segments
from millpond.store.points.segments import BUNDLE, PCO, PORTABLE, DamagedSegment
from millpond.store.sql.quarantine import Quarantine
from millpond.store.sql.session import Session

_SEGMENTS_AT_ONCE = 16


class Rewritten(Struct, frozen=True):
    """Segments that say the same in other bytes: (codec, checksum, data, segment id)."""

    rows: list[tuple[int, int, bytes, int]]


def check_readable(session: Session) -> None:
    """Raise Unavailable if there are segments that cannot be read here."""
    if segments.has_pcodec():
        return
    if session.execute("SELECT 1 FROM segments WHERE codec = :codec LIMIT 1", {"codec": PCO}):
        raise Unavailable(segments.NEEDS_PCODEC)


def rewrite(session: Session, quarantine: Quarantine) -> Iterator[Rewritten]:
    """The segments that are not portable yet, as portable ones, a few at a time."""
    ids = session.execute(
        "SELECT segment_id, run_id FROM segments WHERE codec <> :codec AND state = 'sound'",
        {"codec": PORTABLE},
    )
    for start in range(0, len(ids), _SEGMENTS_AT_ONCE):
        rows = []
        for segment_id, run_id in ids[start : start + _SEGMENTS_AT_ONCE]:
            ((key_id, codec, checksum, data),) = session.execute(
                "SELECT key_id, codec, checksum, data FROM segments WHERE segment_id = :segment_id",
                {"segment_id": segment_id},
            )
            try:
                points = segments.decode(data, codec, checksum)
            except DamagedSegment as why:
                quarantine.add(session, segment_id, run_id, why)
                continue
            made = segments.encode([points], key_id == BUNDLE, PORTABLE)
            rows.append((made.codec, made.checksum, made.data, segment_id))
        yield Rewritten(rows)


def settle(session: Session, rewritten: Rewritten) -> None:
    """Put the new bytes in the place of the old."""
    session.execute_many(
        "UPDATE segments SET codec = ?, checksum = ?, data = ? WHERE segment_id = ?",
        rewritten.rows,
    )
