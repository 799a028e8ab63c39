"""How a page looked when a step on it failed."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# As SQL, which both databases take: otherwise SQLite would write all of the table anew.
_ADD = (
    "ALTER TABLE pages ADD COLUMN failure_picture_hash VARCHAR(32)"
    " CONSTRAINT fk_pages_failure_picture_hash REFERENCES contents (hash)"
)


def upgrade() -> None:
    """Move the schema up."""
    op.execute(_ADD)
    op.create_index("ix_pages_failure_picture_hash", "pages", ["failure_picture_hash"])


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index("ix_pages_failure_picture_hash", "pages")
    op.drop_column("pages", "failure_picture_hash")
