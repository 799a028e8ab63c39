"""The class of what a deadline cut off, and since when sites and products wait for a turn"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
THEIRS = (
    *("dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset"),
    *("http_5xx", "rate_limited", "http_4xx", "gone", "auth", "bot_wall", "redirect"),
    *("too_large", "unsupported", "empty", "parse", "robots", "blocked", "selector"),
)
BEFORE = (*THEIRS, "store", "overload", "internal")
AFTER = (*THEIRS, "store", "overload", "deadline", "internal")


def allow(classes: tuple[str, ...]) -> None:
    """Let attempts have these error classes and no others."""
    name, words = op.f("error_class_valid"), ", ".join(repr(word) for word in classes)
    # SQLite changes no constraint: there the table is made anew.
    with op.batch_alter_table("attempts") as attempts:
        attempts.drop_constraint(name, type_="check")
        attempts.create_check_constraint(name, f"error_class IN ({words})")


def upgrade() -> None:
    """Move the schema up."""
    allow(AFTER)
    for table in ("monitored_sites", "products"):
        op.add_column(table, sa.Column("deferred_since", INSTANT, nullable=True))


def downgrade() -> None:
    """Move the schema down again."""
    for table in ("products", "monitored_sites"):
        op.drop_column(table, "deferred_since")
        op.execute(
            f"UPDATE {table} SET error_class = 'overload' WHERE error_class = 'deadline'"  # noqa: S608 - two names of ours
        )
    op.execute("UPDATE attempts SET error_class = 'overload' WHERE error_class = 'deadline'")
    allow(BEFORE)
