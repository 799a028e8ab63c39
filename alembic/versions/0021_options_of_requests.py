"""How else a page is asked for: TLS, its own deadline and charset."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Move the schema up."""
    column = sa.Column("options", JSON, server_default=sa.text("'{}'"), nullable=False)
    op.add_column("pages", column)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("pages", "options")
