"""The class of a request whose secrets cannot be decrypted."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

BEFORE = (
    *("dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset"),
    *("http_5xx", "rate_limited", "http_4xx", "gone", "auth", "bot_wall", "redirect"),
    *("too_large", "unsupported", "empty", "parse", "robots", "blocked", "selector"),
    *("proxy", "store", "overload", "deadline", "internal"),
)
AFTER = (*BEFORE, "sealed")


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
    """Move the schema down again; older versions know no such class."""
    for table in ("attempts", "monitored_sites", "products", "pages"):
        op.execute(
            f"UPDATE {table} SET error_class = 'internal' WHERE error_class = 'sealed'"  # noqa: S608 - names of ours
        )
    allow(BEFORE)
