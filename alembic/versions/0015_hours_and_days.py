"""In which hours of which days each owner wants a page checked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OWNED = ("monitored_sites", "products")


def upgrade() -> None:
    """Move the schema up."""
    for table in OWNED:
        op.add_column(table, sa.Column("hours", sa.String(length=255), nullable=True))
        op.add_column(table, sa.Column("days", sa.String(length=64), nullable=True))
    op.add_column("pages", sa.Column("timings_hash", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("pages", "timings_hash")
    for table in OWNED:
        op.drop_column(table, "days")
        op.drop_column(table, "hours")
