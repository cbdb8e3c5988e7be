"""Statements of the hot path, sent as they are: the driver's part costs as much as the server's."""

import re
import struct
import uuid
from collections.abc import Mapping
from typing import Any, cast

import psycopg
from psycopg import errors, pq

from millpond.store.postgres.arrays import OIDS

_PARAMETER = re.compile(r"%\((\w+)\)s")
_BINARY = 1
_INTEGER = struct.Struct("!q")
_FLOAT = struct.Struct("!d")


class PreparedStatements:
    """The statements that one connection was prepared for, each when it is first needed."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._known: dict[str, tuple[bytes, list[str]]] = {}

    def run(self, sql: str, values: Mapping[str, Any]) -> int | None:
        """Run a statement and fetch the one whole number of its one row, None if there is no row.

        values: by the names in the statement, each always of one type: arrays of ``arrays``, whole
        numbers, bytes, UUIDs; floats, or None for one. Raises what the driver raises.
        """
        name, names = self._known.get(sql) or self._prepare(sql, values)
        pgconn = self._connection.pgconn
        sent = [_encode(values[parameter]) for parameter in names]
        # The driver's types do not say that None may be sent.
        answer = checked(
            pgconn.exec_prepared(name, sent, [_BINARY] * len(sent), _BINARY)  # type: ignore[arg-type]
        )
        value = answer.get_value(0, 0) if answer.ntuples else None
        return None if value is None else int.from_bytes(value, signed=True)

    def _prepare(self, sql: str, values: Mapping[str, Any]) -> tuple[bytes, list[str]]:
        names: list[str] = list(dict.fromkeys(_PARAMETER.findall(sql)))
        text = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
        name = f"millpond_{len(self._known)}".encode()
        oids = [OIDS[type(values[parameter])] for parameter in names]
        checked(self._connection.pgconn.prepare(name, text.encode(), oids))
        self._known[sql] = (name, names)
        return self._known[sql]


def checked(answer: pq.abc.PGresult) -> pq.abc.PGresult:
    """The answer, if it is one. Raises what the driver would raise."""
    if answer.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return answer
    if not answer.error_field(pq.DiagnosticField.SQLSTATE):
        # Not the server's words: it is gone.
        raise psycopg.OperationalError(answer.error_message.decode(errors="replace").strip())
    raise errors.error_from_result(answer)


def _encode(value: Any) -> bytes | None:
    match value:
        case int():
            return _INTEGER.pack(value)
        case float():
            return _FLOAT.pack(value)
        case uuid.UUID():
            return value.bytes
    # Arrays have their bytes already.
    return cast(bytes | None, value)
