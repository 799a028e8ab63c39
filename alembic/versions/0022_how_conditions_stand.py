"""How the conditions of a site stand, so that each is told once as it begins or ceases to hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Move the schema up."""
    column = sa.Column("conditions", JSON, server_default=sa.text("'{}'"), nullable=False)
    op.add_column("monitored_sites", column)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("monitored_sites", "conditions")
