"""Connections to the database of an address, and what their errors mean."""

import math
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Buffer
from psycopg.pq import PipelineStatus
from psycopg.types.numeric import FloatBinaryDumper, FloatDumper

from millpond.errors import InvalidParameter, MillpondError, Unavailable
from millpond.store.group_commit import TransactionLost
from millpond.store.migrations.postgres import LOCK_NUMBERS, first_line

# Advisory locks. Where someone holds several, they were taken in this order.
IN_USE_LOCK = LOCK_NUMBERS + 2
"""Shared by every server; whoever needs the database for itself takes it alone."""
COMPACTION_LOCK = LOCK_NUMBERS + 3
"""One server compacts at a time."""
TURN_LOCK = LOCK_NUMBERS + 4
"""Whoever changes anything but points; see ``writer``."""
POINTS_LOCK = LOCK_NUMBERS + 5
"""Shared while a transaction reads points, alone while they move into segments."""

_CONNECT_LIMIT_S = 5
# A server that hangs amid a transaction keeps all others waiting for so long at most.
_IDLE_LIMIT_MS = 60_000
LOCK_LIMIT_MS = 15_000


class Address:
    """Where a database is and how to log in; printed without the password."""

    def __init__(self, url: str) -> None:
        """Raises InvalidParameter, without repeating what may hold a password."""
        if not url.startswith(("postgresql://", "postgres://")):
            raise InvalidParameter(
                "A store URL must look like postgresql://user:password@host:5432/database"
            )
        try:
            psycopg.conninfo.conninfo_to_dict(url)
            self._shown = _without_password(url)
        except (psycopg.Error, ValueError):
            raise InvalidParameter(
                "The store URL cannot be understood; it must look like "
                "postgresql://user:password@host:5432/database, with % codes for special "
                "characters."
            ) from None
        self._url = url

    def __str__(self) -> str:
        return self._shown

    __repr__ = __str__

    def connect(self) -> psycopg.Connection[Any]:
        """Open a connection; a transaction begins when someone says BEGIN."""
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_LIMIT_S,
            client_encoding="UTF8",
            application_name="millpond",
            # A peer that is gone without a word is noticed within half a minute.
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=20_000,
        )
        connection.adapters.register_dumper(float, _FloatDumper)
        connection.adapters.register_dumper(float, _FloatBinaryDumper)
        connection.execute(
            f"SET lock_timeout = {LOCK_LIMIT_MS}; "
            # To compile a search takes longer than it does.
            "SET jit = off; "
            f"SET idle_in_transaction_session_timeout = {_IDLE_LIMIT_MS}"
        )
        return connection


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    # The query may have a password too, and much that nobody needs to see.
    return urlunsplit((parts.scheme, login.partition(":")[0] + at + place, parts.path, "", ""))


def _as_kept(value: float) -> float | None:
    # Where a NaN or the sign of zero matters it is kept in a column of its own.
    return None if math.isnan(value) else value + 0.0


class _FloatDumper(FloatDumper):
    def dump(self, obj: float) -> Buffer | None:
        kept = _as_kept(obj)
        return None if kept is None else super().dump(kept)


class _FloatBinaryDumper(FloatBinaryDumper):
    format = pq.Format.BINARY

    def dump(self, obj: float) -> Buffer | None:
        kept = _as_kept(obj)
        return None if kept is None else super().dump(kept)


def is_lost(error: BaseException, connection: psycopg.Connection[Any]) -> bool:
    """Whether the connection is gone or good for nothing, and so all that was not committed."""
    return (
        connection.closed
        # Torn from a pipeline: there is no way to tell what the server has still to say.
        or connection.pgconn.pipeline_status != PipelineStatus.OFF
        or isinstance(error, _ENDINGS)
    )


_ENDINGS = (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow)
# The database undid everything, and says it would do it if asked once more.
PASSING = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)


def explain(error: Exception) -> Exception:
    """A driver's error in words for the caller; nothing of the request was written."""
    cause = error.__cause__ if isinstance(error, TransactionLost) else error
    if isinstance(cause, MillpondError):
        return cause
    if isinstance(cause, psycopg.DataError) and "NUL" in str(cause):
        return InvalidParameter(
            "A text has the character NUL in it, which PostgreSQL cannot keep; leave it out."
        )
    words = first_line(cause) if cause else "the transaction was lost"
    return Unavailable(f"The database could not write or read: {words}. Nothing was changed.")
