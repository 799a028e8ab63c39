"""Destinations that users add themselves; their addresses lie encrypted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TABLE = "destinations"


def _at(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Move the schema up."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sealed", sa.Text()),
        sa.Column("sealed_by", sa.String(12)),
        sa.Column("code_hash", sa.String(32)),
        _at("code_ends_at"),
        sa.Column("code_tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        _at("tested_at"),
        sa.Column("test_error", sa.Text()),
        _at("confirmed_at"),
        _at("created_at", nullable=False),
        # The constraints get their names by the convention of all tables.
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", "name"),
    )


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_table(TABLE)
