"""The indexes that lists are turned page by page on: by owner, and for admins without one.

Each ends in the key, so that a page begins where the last one ended, and nothing is sorted.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from daemon.model.reading import NOTHING_CHOSEN

# Conditions of partial indexes: queries state them with the same constants, never as parameters.
IS_LIVE = "deleted_at IS NULL"
MATTERS = "change_type IN ('major', 'critical')"
HAS_NO_OWNER = "owner_id IS NULL"
IS_UNSEEN = "deleted_at IS NULL AND last_changed_at > seen_at"
FAILS = "error_class IS NOT NULL"
SHOWS_NOTHING = (
    "deleted_at IS NULL AND (error_class IS NOT NULL OR blind_spot IS NOT NULL "
    f"OR text_hash = '{NOTHING_CHOSEN}')"
)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that are so."""
    only = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=only, postgresql_where=only)


def indexes_of_sites() -> tuple[Index, ...]:
    """The indexes for lists of sites."""
    table = "monitored_sites"
    # Behind the key stands what counts and ranks ask, so that they read no rows.
    unseen = ("owner_id", "last_changed_at", "id", "seen_at", "deleted_at")
    why = ("is_active", "blind_spot", "error_class", "text_hash", "name", "page_id", "deleted_at")
    shows_nothing = ("owner_id", "id", *why)
    return (
        partial(f"uq_{table}_owner_id_name_live", "owner_id", "name", where=IS_LIVE, unique=True),
        partial(f"ix_{table}_name_live", "name", "id", where=IS_LIVE),
        partial(f"ix_{table}_owner_changed", "owner_id", "last_changed_at", "id", where=IS_LIVE),
        partial(f"ix_{table}_changed", "last_changed_at", "id", where=IS_LIVE),
        partial(f"ix_{table}_owner_unseen", *unseen, where=IS_UNSEEN),
        partial(f"ix_{table}_unseen", *unseen[1:], where=IS_UNSEEN),
        partial(f"ix_{table}_shows_nothing", *shows_nothing, where=SHOWS_NOTHING),
        partial(f"ix_{table}_marked_at", "marked_at", where="marked_at IS NOT NULL"),
        partial(f"ix_{table}_silenced", "owner_id", "muted_until", where="muted_until IS NOT NULL"),
        Index(
            f"ix_{table}_paused",
            "owner_id",
            "id",
            sqlite_where=text(f"{IS_LIVE} AND is_active = 0"),
            postgresql_where=text(f"{IS_LIVE} AND NOT is_active"),
        ),
    )


def indexes_of_changes() -> tuple[Index, ...]:
    """The indexes for lists of changes; the severity comes last, to count without the rows."""
    table = "content_updates"
    by_time = ("detected_at", "id")
    return (
        Index(f"ix_{table}_detected_at", *by_time, "change_type"),
        Index(f"ix_{table}_owner_detected", "owner_id", *by_time, "change_type"),
        partial(f"ix_{table}_matters", *by_time, where=MATTERS),
        partial(f"ix_{table}_owner_matters", "owner_id", *by_time, where=MATTERS),
        partial(f"ix_{table}_without_owner", "id", where=HAS_NO_OWNER),
    )
