"""The site whose page names that of another: a sitemap, or a list of links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema up."""
    op.add_column("monitored_sites", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.create_index("ix_monitored_sites_parent_id", "monitored_sites", ["parent_id"])


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index("ix_monitored_sites_parent_id", "monitored_sites")
    op.drop_column("monitored_sites", "parent_id")
