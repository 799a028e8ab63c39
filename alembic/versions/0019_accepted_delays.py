"""Which delay an owner accepts, and when each site and product was seen to have changed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
OWNED = ("monitored_sites", "products")


def upgrade() -> None:
    """Move the schema up."""
    for table in OWNED:
        rhythm = sa.Column("rhythm", JSON, server_default=sa.text("'{}'"), nullable=False)
        op.add_column(table, sa.Column("detect_within", sa.String(length=20), nullable=True))
        op.add_column(table, rhythm)


def downgrade() -> None:
    """Move the schema down again; what was left to the daemon then has a fixed interval."""
    for table in OWNED:
        op.execute(
            f"UPDATE {table} SET check_frequency = coalesce(detect_within, 'daily') "  # noqa: S608 - a name of ours
            "WHERE check_frequency = 'auto'"
        )
        op.drop_column(table, "rhythm")
        op.drop_column(table, "detect_within")
