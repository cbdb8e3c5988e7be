"""Alembic's entry: run the versions on the connection that ``migrations`` hands over."""

from alembic import context

from millpond.store.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
