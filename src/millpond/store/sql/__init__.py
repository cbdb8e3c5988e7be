"""What the SQL engines share: tables, statements, and searches compiled to SQL."""

# Whoever looks at the tables sees them all.
from millpond.store.sql import registry_tables

__all__ = ["registry_tables"]
