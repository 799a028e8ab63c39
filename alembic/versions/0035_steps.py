"""The class of a step that fails on a page before it is read."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BEFORE = (
    *("dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset"),
    *("http_5xx", "rate_limited", "http_4xx", "gone", "auth", "bot_wall", "redirect"),
    *("too_large", "unsupported", "empty", "parse", "robots", "blocked", "selector", "sealed"),
    *("proxy", "browser", "store", "overload", "deadline", "internal"),
)
AFTER = (*BEFORE[:-7], "step", *BEFORE[-7:])


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


def downgrade() -> None:
    """Move the schema down again."""
    for table in ("attempts", "monitored_sites", "products", "pages"):
        op.execute(
            f"UPDATE {table} SET error_class = 'selector' WHERE error_class = 'step'"  # noqa: S608 - names of ours
        )
    allow(BEFORE)
