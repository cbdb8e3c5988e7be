"""The tables of the model registry, of reviews of its models, and of webhooks; see ``tables``."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

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
    # What they point at is not purged.
    Index("model_versions_by_source", "source"),
    Index("model_versions_by_location", "storage_location"),
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


def _of_version(name: str, *more: Column[str] | Column[int] | UniqueConstraint | Index) -> Table:
    """A table of what belongs to a version, in the order it came."""
    return Table(
        name,
        metadata,
        Column("row_id", Integer, primary_key=True),
        Column("workspace_id", Integer, nullable=False),
        Column("registered_id", Integer, nullable=False),
        Column("version", Integer, nullable=False),
        Column("user_name", Text, nullable=False),
        Column("creation_ms", BigInteger, nullable=False),
        *more,
    )


model_comments = _of_version(
    "model_comments",
    Column("comment_id", Text, nullable=False, unique=True),
    Column("comment", Text, nullable=False),
    Column("last_update_ms", BigInteger, nullable=False),
    Index("model_comments_by_version", "registered_id", "version"),
)

transition_requests = _of_version(
    "transition_requests",
    Column("stage", Text, nullable=False),
    Column("comment", Text, nullable=False),
    UniqueConstraint("registered_id", "version", "stage", "user_name"),
)

model_locks = _of_version(
    "model_locks",
    Column("holder", Text, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("registered_id", "version", "holder"),
)

model_activities = Table(
    "model_activities",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    Column("registered_id", Integer, nullable=False),
    Column("version", Integer),
    Column("kind", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    # A JSON object of texts.
    Column("details", Text, nullable=False),
    Index("model_activities_by_model", "registered_id", "row_id"),
)

model_gates = Table(
    "model_gates",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    Column("registered_id", Integer, nullable=False),
    Column("alias", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    UniqueConstraint("registered_id", "alias"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    # The one model it is about.
    Column("registered_id", Integer),
    Column("dialect", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    # Words with commas.
    Column("events", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", Text, nullable=False),
    # The secret, encrypted.
    Column("sealed", LargeBinary, nullable=False),
    Column("checks_certificate", Boolean, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    Column("last_update_ms", BigInteger, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    Column("webhook_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("creation_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("webhook_deliveries_due", "workspace_id", "status", "next_ms"),
    Index("webhook_deliveries_by_webhook", "webhook_id", "row_id"),
)
