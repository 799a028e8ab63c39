"""The indexes by which lists of sites find what is paused or silenced, and sort by last checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SITES = "monitored_sites"
PAUSED, SILENCED, CHECKED = (
    "ix_monitored_sites_paused",
    "ix_monitored_sites_silenced",
    "ix_pages_last_checked_at",
)


def upgrade() -> None:
    """Move the schema up."""
    op.create_index(
        PAUSED,
        SITES,
        ["owner_id", "id"],
        sqlite_where=sa.text("deleted_at IS NULL AND is_active = 0"),
        postgresql_where=sa.text("deleted_at IS NULL AND NOT is_active"),
    )
    silenced = sa.text("muted_until IS NOT NULL")
    op.create_index(
        SILENCED,
        SITES,
        ["owner_id", "muted_until"],
        sqlite_where=silenced,
        postgresql_where=silenced,
    )
    op.create_index(CHECKED, "pages", ["last_checked_at"])


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index(CHECKED, "pages")
    op.drop_index(SILENCED, SITES)
    op.drop_index(PAUSED, SITES)
