"""Indexes for lists of notices, newest first, of all and of each status."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLE = "notices"


def upgrade() -> None:
    """Move the schema up."""
    op.create_index("ix_notices_created_at", TABLE, ["created_at", "id"])
    op.create_index("ix_notices_status_created_at", TABLE, ["status", "created_at", "id"])


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index("ix_notices_status_created_at", TABLE)
    op.drop_index("ix_notices_created_at", TABLE)
