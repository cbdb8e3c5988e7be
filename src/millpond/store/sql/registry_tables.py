"""The tables of the model registry; see ``tables``."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, Text, UniqueConstraint

from millpond.store.sql.tables import metadata


def _workspace() -> Column[int]:
    return Column("workspace_id", Integer, nullable=False)


registered_models = Table(
    "registered_models",
    metadata,
    Column("registered_id", Integer, primary_key=True),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    Column("last_update_ms", BigInteger, nullable=False),
    # The greatest number that a version of it ever had.
    Column("last_version", Integer, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

# The model's name is in its own table alone, so that a new one is one row's change.
model_versions = Table(
    "model_versions",
    metadata,
    Column("version_id", Integer, primary_key=True),
    _workspace(),
    Column("registered_id", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("storage_location", Text, nullable=False),
    Column("description", Text),
    Column("run_uuid", Text, nullable=False),
    Column("run_link", Text, nullable=False),
    Column("model_uuid", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    Column("last_update_ms", BigInteger, nullable=False),
    UniqueConstraint("registered_id", "version"),
    Index("model_versions_by_stage", "registered_id", "stage", "version"),
    Index("model_versions_by_update", "workspace_id", "last_update_ms"),
    Index("model_versions_by_run", "run_uuid"),
    Index("model_versions_by_model", "model_uuid"),
)


def _texts(name: str, owner: str) -> Table:
    return Table(
        name,
        metadata,
        Column(owner, Integer, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("value", Text, nullable=False),
        Column("number", Float(53)),
        _workspace(),
        sqlite_with_rowid=False,
    )


registered_model_tags = _texts("registered_model_tags", "registered_id")
model_version_tags = _texts("model_version_tags", "version_id")

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("registered_id", Integer, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    _workspace(),
    sqlite_with_rowid=False,
)
