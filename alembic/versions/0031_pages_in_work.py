"""An index of the pages that are being checked, by which whoever follows changes waits for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

INDEX, TABLE = "ix_pages_leased", "pages"


def upgrade() -> None:
    """Move the schema up."""
    leased = sa.text("leased_by IS NOT NULL")
    op.create_index(INDEX, TABLE, ["id"], sqlite_where=leased, postgresql_where=leased)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index(INDEX, TABLE)
