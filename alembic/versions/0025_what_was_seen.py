"""The owner of each change beside it, what was seen of each site, and the indexes of lists.

The owners of older changes are filled in while the daemon runs: an upgrade does not wait for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SITES, CHANGES = "monitored_sites", "content_updates"
SEEN = ("seen_at", "seen_before", "marked_at")
LIVE = "deleted_at IS NULL"
UNSEEN = "deleted_at IS NULL AND last_changed_at > seen_at"
MATTERS = "change_type IN ('major', 'critical')"
SHOWS_NOTHING = (
    "deleted_at IS NULL AND (error_class IS NOT NULL OR blind_spot IS NOT NULL "
    "OR text_hash = 'cae66941d9efbd404e4d88758ea67670')"
)
PARTIAL = (
    ("ix_monitored_sites_name_live", SITES, ["name", "id"], LIVE),
    ("ix_monitored_sites_owner_changed", SITES, ["owner_id", "last_changed_at", "id"], LIVE),
    ("ix_monitored_sites_changed", SITES, ["last_changed_at", "id"], LIVE),
    ("ix_monitored_sites_owner_unseen", SITES, ["owner_id", "last_changed_at", "id"], UNSEEN),
    ("ix_monitored_sites_unseen", SITES, ["last_changed_at", "id"], UNSEEN),
    ("ix_monitored_sites_shows_nothing", SITES, ["owner_id", "id"], SHOWS_NOTHING),
    ("ix_monitored_sites_marked_at", SITES, ["marked_at"], "marked_at IS NOT NULL"),
    ("ix_content_updates_matters", CHANGES, ["detected_at", "id"], MATTERS),
    ("ix_content_updates_owner_matters", CHANGES, ["owner_id", "detected_at", "id"], MATTERS),
    ("ix_content_updates_without_owner", CHANGES, ["id"], "owner_id IS NULL"),
    ("ix_pages_fails", "pages", ["id"], "error_class IS NOT NULL"),
)
BY_TIME, BY_OWNER = "ix_content_updates_detected_at", "ix_content_updates_owner_detected"
NOW = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    "postgresql": "statement_timestamp()",
}


def upgrade() -> None:
    """Move the schema up; all that was found until now counts as seen."""
    op.add_column(CHANGES, sa.Column("owner_id", sa.String(length=255), nullable=True))
    for name in SEEN:
        op.add_column(SITES, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE {SITES} SET seen_at = {NOW[op.get_context().dialect.name]}")  # noqa: S608 - names of ours
    op.drop_index(BY_TIME, CHANGES)
    op.create_index(BY_TIME, CHANGES, ["detected_at", "id", "change_type"])
    op.create_index(BY_OWNER, CHANGES, ["owner_id", "detected_at", "id", "change_type"])
    for name, table, columns, where in PARTIAL:
        only = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """Move the schema down again."""
    for name, table, _, _ in reversed(PARTIAL):
        op.drop_index(name, table)
    op.drop_index(BY_OWNER, CHANGES)
    op.drop_index(BY_TIME, CHANGES)
    op.create_index(BY_TIME, CHANGES, ["detected_at"])
    for name in SEEN:
        op.drop_column(SITES, name)
    op.drop_column(CHANGES, "owner_id")
