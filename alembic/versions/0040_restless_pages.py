"""Whether a rendered page came to rest, and how many of its requests were stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema up."""
    is_restless = sa.Column("is_restless", sa.Boolean(), server_default=sa.false(), nullable=False)
    stopped = sa.Column(
        "stopped_requests", sa.Integer(), server_default=sa.text("0"), nullable=False
    )
    for column in (is_restless, stopped):
        op.add_column("attempts", column)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("attempts", "stopped_requests")
    op.drop_column("attempts", "is_restless")
