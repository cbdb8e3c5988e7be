"""Reads of one moment, on PostgreSQL."""

from collections.abc import Sequence

from millpond.domain.charts import SeriesName
from millpond.store.contract import Tail
from millpond.store.postgres import points
from millpond.store.sql.reader import SqlReader


class PostgresReader(SqlReader):
    """Knows how far the log of points is settled, whoever else writes to it."""

    def log_end(self) -> int:
        return points.log_end(self._session)

    def points_since(self, position: int, names: Sequence[SeriesName], limit: int) -> Tail | None:
        end = points.log_end(self._session)
        return self._chart_reader(names).points_since(position, limit, end)
