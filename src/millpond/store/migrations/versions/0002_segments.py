"""Segments get headers and compression; what was in the plain ones is compacted anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Back into the log, before everything that is there: negative numbers come first.
    op.execute(
        "INSERT INTO point_log (sequence, workspace_id, run_id, points, codec, data) "
        "SELECT segment_id - (SELECT MAX(segment_id) FROM segments) - 1, workspace_id, run_id, "
        "points, codec, data FROM segments"
    )
    op.drop_table("segments")
    op.create_table(
        "segments",
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("step_min", sa.BigInteger(), nullable=False),
        sa.Column("step_max", sa.BigInteger(), nullable=False),
        sa.Column("timestamp_min", sa.BigInteger(), nullable=False),
        sa.Column("timestamp_max", sa.BigInteger(), nullable=False),
        sa.Column("value_first", sa.Float(53), nullable=True),
        sa.Column("value_last", sa.Float(53), nullable=True),
        sa.Column("value_min", sa.Float(53), nullable=True),
        sa.Column("value_max", sa.Float(53), nullable=True),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("segment_id"),
    )
    op.create_index("segments_by_run", "segments", ["run_id", "key_id", "timestamp_min"])
    op.create_index(
        "segments_damaged",
        "segments",
        ["segment_id"],
        sqlite_where=sa.text("state = 'damaged'"),
        postgresql_where=sa.text("state = 'damaged'"),
    )
