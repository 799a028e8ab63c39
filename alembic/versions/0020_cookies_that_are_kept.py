"""The cookies of pages that keep them, encrypted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema up."""
    kept = sa.Column("keep_cookies", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("pages", kept)
    op.add_column("pages", sa.Column("cookies", sa.Text(), nullable=True))
    op.add_column("pages", sa.Column("cookies_by", sa.String(12), nullable=True))


def downgrade() -> None:
    """Move the schema down again."""
    for name in ("cookies_by", "cookies", "keep_cookies"):
        op.drop_column("pages", name)
