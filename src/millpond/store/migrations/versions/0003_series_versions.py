"""The latest points get a version, so that a chart can be known to be the same as before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "latest", sa.Column("version", sa.BigInteger(), nullable=False, server_default="1")
    )
