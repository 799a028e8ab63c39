"""What a check was made with, and the class of a browser that cannot be had."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

BEFORE = (
    *("dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset"),
    *("http_5xx", "rate_limited", "http_4xx", "gone", "auth", "bot_wall", "redirect"),
    *("too_large", "unsupported", "empty", "parse", "robots", "blocked", "selector", "sealed"),
    *("proxy", "store", "overload", "deadline", "internal"),
)
AFTER = (*BEFORE[:-4], "browser", *BEFORE[-4:])


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
    renderer = sa.Column(
        "renderer", sa.String(20), server_default=sa.text("'http'"), nullable=False
    )
    op.add_column("attempts", renderer)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("attempts", "renderer")
    for table in ("attempts", "monitored_sites", "products", "pages"):
        op.execute(
            f"UPDATE {table} SET error_class = 'connect' WHERE error_class = 'browser'"  # noqa: S608 - names of ours
        )
    allow(BEFORE)
