"""The secrets of requests, encrypted, and the key under which they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema up."""
    op.add_column("pages", sa.Column("sealed", sa.Text(), nullable=True))
    op.add_column("pages", sa.Column("sealed_by", sa.String(12), nullable=True))


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("pages", "sealed_by")
    op.drop_column("pages", "sealed")
