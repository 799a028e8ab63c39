"""Warnings remembered by the place they went to, and the ends of certificates"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Move the schema up."""
    op.add_column("pages", sa.Column("certificate_ends_at", INSTANT, nullable=True))
    for name in ("alerted", "certificate_told"):
        op.add_column(
            "monitored_sites",
            sa.Column(name, JSON, server_default=sa.text("'{}'"), nullable=False),
        )
    op.drop_column("monitored_sites", "alerted_at")


def downgrade() -> None:
    """Move the schema down again."""
    op.add_column("monitored_sites", sa.Column("alerted_at", INSTANT, nullable=True))
    op.drop_column("monitored_sites", "certificate_told")
    op.drop_column("monitored_sites", "alerted")
    op.drop_column("pages", "certificate_ends_at")
