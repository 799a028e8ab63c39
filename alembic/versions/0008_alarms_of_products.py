"""How long a product has been failing, and who was told of it, as of sites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
NONE, NOBODY = sa.text("0"), sa.text("'{}'")


def upgrade() -> None:
    """Move the schema up."""
    op.add_column(
        "products", sa.Column("failure_streak", sa.Integer(), server_default=NONE, nullable=False)
    )
    op.add_column("products", sa.Column("failing_since", INSTANT, nullable=True))
    op.add_column("products", sa.Column("alerted", JSON, server_default=NOBODY, nullable=False))


def downgrade() -> None:
    """Move the schema down again."""
    for name in ("alerted", "failing_since", "failure_streak"):
        op.drop_column("products", name)
