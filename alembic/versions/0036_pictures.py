"""How a page looked in a state, kept beside its text."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

# As SQL, which both databases take: otherwise SQLite would write all of the table anew.
_ADD = (
    "ALTER TABLE snapshots ADD COLUMN picture_hash VARCHAR(32)"
    " CONSTRAINT fk_snapshots_picture_hash REFERENCES contents (hash)"
)


def upgrade() -> None:
    """Move the schema up."""
    op.execute(_ADD)
    op.create_index("ix_snapshots_picture_hash", "snapshots", ["picture_hash"])


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index("ix_snapshots_picture_hash", "snapshots")
    op.drop_column("snapshots", "picture_hash")
