"""Alembic's entry: run the versions on the database that ``migrations`` names."""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from millpond.store.sql.tables import metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=NullPool)
with engine.begin() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    context.run_migrations()
