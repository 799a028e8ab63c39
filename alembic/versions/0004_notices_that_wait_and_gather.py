"""Notices that wait and gather, and the alarms of sites"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PENDING, HELD = sa.text("status = 'pending'"), sa.text("status = 'held'")


def upgrade() -> None:
    """Move the schema up."""
    op.add_column(
        "monitored_sites",
        sa.Column("failure_streak", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    for name in ("failing_since", "alerted_at", "muted_until"):
        op.add_column("monitored_sites", sa.Column(name, INSTANT, nullable=True))
    op.add_column(
        "notices",
        sa.Column(
            "bundle_key", sa.String(length=300), server_default=sa.text("''"), nullable=False
        ),
    )
    op.add_column("notices", sa.Column("bundle_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_notices_bundle_id"), "notices", ["bundle_id"], unique=False)
    op.create_index(
        "ix_notices_channel_due",
        "notices",
        ["channel", "next_attempt_at"],
        unique=False,
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )
    op.create_index(
        "ix_notices_held",
        "notices",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=HELD,
        postgresql_where=HELD,
    )
    op.create_index(
        "ix_notices_user_id_channel_next_attempt_at",
        "notices",
        ["user_id", "channel", "next_attempt_at"],
        unique=False,
    )
    op.drop_index(op.f("ix_notices_user_id"), table_name="notices")


def downgrade() -> None:
    """Move the schema down again."""
    op.create_index(op.f("ix_notices_user_id"), "notices", ["user_id"], unique=False)
    op.drop_index("ix_notices_user_id_channel_next_attempt_at", table_name="notices")
    op.drop_index("ix_notices_held", table_name="notices")
    op.drop_index("ix_notices_channel_due", table_name="notices")
    op.drop_index(op.f("ix_notices_bundle_id"), table_name="notices")
    op.drop_column("notices", "bundle_id")
    op.drop_column("notices", "bundle_key")
    for name in ("muted_until", "alerted_at", "failing_since", "failure_streak"):
        op.drop_column("monitored_sites", name)
