"""Indexes that have all that a count reads, and an order for pages that are due at one instant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SITES, CHANGES, PAGES = "monitored_sites", "content_updates", "pages"
UNSEEN = "deleted_at IS NULL AND last_changed_at > seen_at"
SHOWS_NOTHING = (
    "deleted_at IS NULL AND (error_class IS NOT NULL OR blind_spot IS NOT NULL "
    "OR text_hash = 'cae66941d9efbd404e4d88758ea67670')"
)
# Each with its table, the columns that it had, those that follow them now, and its condition.
INDEXES: tuple[tuple[str, str, list[str], list[str], str], ...] = (
    ("idx_update_site_detected", CHANGES, ["site_id", "detected_at"], ["id", "change_type"], ""),
    (
        "ix_monitored_sites_unseen",
        SITES,
        ["last_changed_at", "id"],
        ["seen_at", "deleted_at"],
        UNSEEN,
    ),
    (
        "ix_monitored_sites_owner_unseen",
        SITES,
        ["owner_id", "last_changed_at", "id"],
        ["seen_at", "deleted_at"],
        UNSEEN,
    ),
    (
        "ix_monitored_sites_shows_nothing",
        SITES,
        ["owner_id", "id"],
        ["is_active", "blind_spot", "error_class", "text_hash", "name", "page_id", "deleted_at"],
        SHOWS_NOTHING,
    ),
    ("ix_pages_last_checked_at", PAGES, ["last_checked_at"], ["id"], ""),
    ("ix_pages_fails", PAGES, ["id"], ["error_class"], "error_class IS NOT NULL"),
)
DUE = "ix_pages_due"


def upgrade() -> None:
    """Move the schema up."""
    for name, table, before, more, where in INDEXES:
        _replace(name, table, [*before, *more], where)
    _replace_due(["next_check_at", "id"])


def downgrade() -> None:
    """Move the schema down again."""
    for name, table, before, _, where in INDEXES:
        _replace(name, table, before, where)
    _replace_due(["next_check_at"])


def _replace(name: str, table: str, columns: list[str], where: str) -> None:
    op.drop_index(name, table)
    only = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)


def _replace_due(columns: list[str]) -> None:
    op.drop_index(DUE, PAGES)
    op.create_index(
        DUE,
        PAGES,
        columns,
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active"),
    )
