"""Blind spots, ratings, and the work of a model"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Move the schema up."""
    for column in (
        sa.Column("blind_spot", sa.String(length=20), nullable=True),
        sa.Column("blind_since", INSTANT, nullable=True),
        sa.Column("rated_useful", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rated_noise", sa.Integer(), server_default=sa.text("0"), nullable=False),
    ):
        op.add_column("monitored_sites", column)
    for column in (
        sa.Column("analysis_detail", sa.Text(), nullable=True),
        sa.Column("analysis_tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("analysis_next_at", INSTANT, nullable=True),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    ):
        op.add_column("content_updates", column)
    op.create_index(
        "ix_content_updates_to_analyse",
        "content_updates",
        ["analysis_next_at"],
        unique=False,
        sqlite_where=sa.text("analysis_status = 'pending'"),
        postgresql_where=sa.text("analysis_status = 'pending'"),
    )
    op.add_column("analysis_results", sa.Column("prompt_hash", sa.String(length=32), nullable=True))
    op.create_index(
        op.f("ix_analysis_results_prompt_hash"), "analysis_results", ["prompt_hash"], unique=False
    )
    op.create_table(
        "ratings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_update_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("rated_at", INSTANT, nullable=False),
        sa.CheckConstraint("verdict IN ('useful', 'noise')", name=op.f("rating_verdict_valid")),
        sa.ForeignKeyConstraint(
            ["content_update_id"],
            ["content_updates.id"],
            name=op.f("fk_ratings_content_update_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_ratings_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint(
            "content_update_id", "user_id", name=op.f("uq_ratings_content_update_id_user_id")
        ),
    )
    op.create_index(op.f("ix_ratings_user_id"), "ratings", ["user_id"], unique=False)
    op.create_table(
        "model_spend",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_model_spend")),
    )


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_table("model_spend")
    op.drop_index(op.f("ix_ratings_user_id"), table_name="ratings")
    op.drop_table("ratings")
    op.drop_index(op.f("ix_analysis_results_prompt_hash"), table_name="analysis_results")
    op.drop_column("analysis_results", "prompt_hash")
    op.drop_index("ix_content_updates_to_analyse", table_name="content_updates")
    for name in (
        "lease_token",
        "leased_until",
        "leased_by",
        "analysis_next_at",
        "analysis_tries",
        "analysis_detail",
    ):
        op.drop_column("content_updates", name)
    for name in ("rated_noise", "rated_useful", "blind_since", "blind_spot"):
        op.drop_column("monitored_sites", name)
