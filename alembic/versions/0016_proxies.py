"""The proxy that a page is asked for through, and the class of what a proxy does wrong."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

THEIRS = (
    *("dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset"),
    *("http_5xx", "rate_limited", "http_4xx", "gone", "auth", "bot_wall", "redirect"),
    *("too_large", "unsupported", "empty", "parse", "robots", "blocked", "selector"),
)
BEFORE = (*THEIRS, "store", "overload", "deadline", "internal")
AFTER = (*THEIRS, "proxy", "store", "overload", "deadline", "internal")


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
    op.add_column(
        "pages", sa.Column("proxy", sa.String(100), server_default=sa.text("''"), nullable=False)
    )


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("pages", "proxy")
    for table in ("attempts", "monitored_sites", "products", "pages"):
        op.execute(
            f"UPDATE {table} SET error_class = 'connect' WHERE error_class = 'proxy'"  # noqa: S608 - names of ours
        )
    allow(BEFORE)
