"""Searches get columns of runs; every run there is waits to be put into them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_columns",
        sa.Column("column_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("low", sa.Float(53), nullable=True),
        sa.Column("high", sa.Float(53), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("column_id"),
        sa.UniqueConstraint("workspace_id", "kind", "key_id", "block"),
    )
    op.create_index("run_columns_by_block", "run_columns", ["workspace_id", "block"])
    op.create_table(
        "unsettled_runs",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.execute(
        "INSERT INTO unsettled_runs (run_id, workspace_id) SELECT run_id, workspace_id FROM runs"
    )
