"""What was purged notes its files, which are deleted after it; the bin and what needs it are
found by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "purged_files",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("owner_uuid", sa.Text(), nullable=False),
        sa.Column("artifact_uri", sa.Text(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    # Of what is in the bin only, which is little and changes seldom.
    for name, table, columns, which in (
        ("runs_in_bin", "runs", ["workspace_id", "deleted_ms", "uuid"], "deleted_ms IS NOT NULL"),
        ("models_in_bin", "models", ["workspace_id", "last_update_ms", "uuid"], "stage='deleted'"),
    ):
        op.create_index(
            name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which)
        )
    op.create_index("model_metrics_by_run", "model_metrics", ["run_uuid"])
    op.create_index("model_versions_by_source", "model_versions", ["source"])
    op.create_index("model_versions_by_location", "model_versions", ["storage_location"])
    op.execute("INSERT INTO counters (name, value, workspace_id) VALUES ('run', 0, 1)")
