"""The key that pages sign cursors, and messages links with, for all daemons of the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = "signing_keys"


def upgrade() -> None:
    """Move the schema up."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.String(12)),
    )


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_table(TABLE)
