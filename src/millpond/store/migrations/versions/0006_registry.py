"""The model registry: models and versions, reviews of them, webhooks."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registered_models",
        sa.Column("registered_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("creation_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_update_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("registered_id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "model_versions",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("registered_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("storage_location", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("run_uuid", sa.Text(), nullable=False),
        sa.Column("run_link", sa.Text(), nullable=False),
        sa.Column("model_uuid", sa.Text(), nullable=False),
        sa.Column("creation_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_update_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version_id"),
        sa.UniqueConstraint("registered_id", "version"),
    )
    for name, columns in {
        "model_versions_by_stage": ["registered_id", "stage", "version"],
        "model_versions_by_update": ["workspace_id", "last_update_ms"],
        "model_versions_by_run": ["run_uuid"],
        "model_versions_by_model": ["model_uuid"],
    }.items():
        op.create_index(name, "model_versions", columns)
    for name, owner in {
        "registered_model_tags": "registered_id",
        "model_version_tags": "version_id",
    }.items():
        op.create_table(
            name,
            sa.Column(owner, sa.Integer(), nullable=False),
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("value", sa.Text(), nullable=False),
            sa.Column("number", sa.Float(53), nullable=True),
            sa.Column("workspace_id", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint(owner, "key"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "model_aliases",
        sa.Column("registered_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("registered_id", "alias"),
        sqlite_with_rowid=False,
    )
    of_version: dict[str, list[Any]] = {
        "model_comments": [
            sa.Column("comment_id", sa.Text(), nullable=False),
            sa.Column("comment", sa.Text(), nullable=False),
            sa.Column("last_update_ms", sa.BigInteger(), nullable=False),
            sa.UniqueConstraint("comment_id"),
        ],
        "transition_requests": [
            sa.Column("stage", sa.Text(), nullable=False),
            sa.Column("comment", sa.Text(), nullable=False),
            sa.UniqueConstraint("registered_id", "version", "stage", "user_name"),
        ],
        "model_locks": [
            sa.Column("holder", sa.Text(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.UniqueConstraint("registered_id", "version", "holder"),
        ],
    }
    for name, more in of_version.items():
        op.create_table(
            name,
            sa.Column("row_id", sa.Integer(), nullable=False),
            sa.Column("workspace_id", sa.Integer(), nullable=False),
            sa.Column("registered_id", sa.Integer(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("user_name", sa.Text(), nullable=False),
            sa.Column("creation_ms", sa.BigInteger(), nullable=False),
            *more,
            sa.PrimaryKeyConstraint("row_id"),
        )
    op.create_index("model_comments_by_version", "model_comments", ["registered_id", "version"])
    op.create_table(
        "model_activities",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("registered_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("creation_ms", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
    )
    op.create_index("model_activities_by_model", "model_activities", ["registered_id", "row_id"])
    op.create_table(
        "model_gates",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("registered_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("creation_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("registered_id", "alias"),
    )
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("registered_id", sa.Integer(), nullable=True),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("checks_certificate", sa.Boolean(), nullable=False),
        sa.Column("creation_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_update_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("creation_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
    )
    op.create_index(
        "webhook_deliveries_due", "webhook_deliveries", ["workspace_id", "status", "next_ms"]
    )
    op.create_index("webhook_deliveries_by_webhook", "webhook_deliveries", ["webhook_id", "row_id"])
