"""The model registry."""

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
