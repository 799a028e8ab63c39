"""What a request sends besides its headers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema up."""
    op.add_column(
        "pages", sa.Column("request_body", sa.Text(), server_default=sa.text("''"), nullable=False)
    )


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("pages", "request_body")
