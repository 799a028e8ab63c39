"""Shares of hosts: which daemon asks which of them, and what it hands over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ALIVE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Move the schema up."""
    op.create_table(
        "host_shards",
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("is_leaving", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_host_shards")),
    )
    op.create_index(
        "ix_runs_heartbeat_at_alive",
        "runs",
        ["heartbeat_at"],
        unique=False,
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )
    op.add_column("runs", sa.Column("checks_per_minute", sa.Float(), nullable=True))
    # They were never used: a host is not held by itself, but with its shard.
    for name in ("leased_by", "leased_until"):
        op.drop_column("hosts", name)


def downgrade() -> None:
    """Move the schema down again."""
    op.add_column("hosts", sa.Column("leased_by", sa.Uuid(), nullable=True))
    op.add_column("hosts", sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_column("runs", "checks_per_minute")
    op.drop_index("ix_runs_heartbeat_at_alive", table_name="runs")
    op.drop_table("host_shards")
