"""Which commit of a writer was its last: the answer when a connection is lost amid one."""

import uuid
from typing import Any

import psycopg

# By two: a commit makes an even number odd or an odd one even. So however often this was done and
# its answer not heard, the number tells whether the commit had happened.
_LAY_DOWN = (
    "INSERT INTO commit_marks (writer, number, at) VALUES (%s, 2, now()) "
    "ON CONFLICT (writer) DO UPDATE SET number = commit_marks.number + 2 RETURNING number - 2"
)
_SET = "UPDATE commit_marks SET number = %s, at = now() WHERE writer = %s AND number = %s - 1"


class CommitMark:
    """The row of one writer, with a number that grows by one with each of its commits."""

    def __init__(self) -> None:
        self.writer = uuid.uuid4()
        self._number = 0

    def lay_down(self, connection: psycopg.Connection[Any]) -> bool:
        """Make the row, or count it up; whether the commit that was tried last had happened.

        This waits while an earlier connection of ours still works on a commit, perhaps not knowing
        that nobody listens any more; and a commit that has not come as far as the row finds the
        wrong number there, and is none.
        """
        (found,) = connection.execute(_LAY_DOWN, [self.writer]).fetchone() or (0,)
        # 0 if there was no row; then nothing was ever committed over it.
        had_happened = found != 0 and (found - self._number) % 2 == 1
        self._number = found + 2
        return had_happened

    @property
    def next_number(self) -> int:
        """What the next commit must write, over the number before it."""
        return self._number + 1

    def set(self, connection: psycopg.Connection[Any]) -> psycopg.Cursor[Any]:
        """Write the next number, in the transaction that is about to be committed.

        One row must have changed, or another connection has taken this one's place.
        """
        number = self.next_number
        return connection.execute(_SET, [number, self.writer, number])

    def count(self) -> None:
        """The commit happened."""
        self._number += 1

    def take_up(self, connection: psycopg.Connection[Any]) -> None:
        """Remove the row, and those of writers that are long gone."""
        connection.execute(
            "DELETE FROM commit_marks WHERE writer = %s OR at < now() - INTERVAL '90 days'",
            [self.writer],
        )
