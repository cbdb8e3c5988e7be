"""PostgreSQL: any number of servers on one database, each with a writer of its own."""

from millpond.store.postgres.connecting import Address
from millpond.store.postgres.place import PostgresPlace
from millpond.store.postgres.store import PostgresStore

__all__ = ["Address", "PostgresPlace", "PostgresStore"]
