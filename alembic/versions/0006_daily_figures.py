"""Daily figures of what was dropped, and the removed sites and products found quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MONEY = sa.Numeric(20, 4).with_variant(sa.BigInteger(), "sqlite")
REMOVED = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    """Move the schema up."""
    op.create_table(
        "check_days",
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("failures", JSON, nullable=False),
        sa.Column("wire_bytes", sa.BigInteger(), nullable=False),
        sa.Column("times", JSON, nullable=False),
        sa.Column("slowest_seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_check_days_page_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("page_id", "day", name=op.f("pk_check_days")),
    )
    op.create_index("ix_check_days_day", "check_days", ["day", "page_id"], unique=False)
    op.create_table(
        "price_days",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("variant", sa.String(length=200), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("in_stock", sa.Integer(), nullable=False),
        sa.Column("lowest_price", MONEY, nullable=True),
        sa.Column("lowest_at", INSTANT, nullable=True),
        sa.Column("highest_price", MONEY, nullable=True),
        sa.Column("highest_at", INSTANT, nullable=True),
        sa.Column("last_price", MONEY, nullable=True),
        sa.Column("last_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_price_days_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "product_id", "day", "currency", "variant", name=op.f("pk_price_days")
        ),
    )
    op.create_index("ix_price_days_day", "price_days", ["day", "product_id"], unique=False)
    op.create_index(
        "ix_price_checks_repeats",
        "price_checks",
        ["price_check_id"],
        unique=False,
        sqlite_where=sa.text("is_repeat = 1"),
        postgresql_where=sa.text("is_repeat"),
    )
    for table in ("monitored_sites", "products"):
        op.create_index(
            f"ix_{table}_removed",
            table,
            ["deleted_at"],
            unique=False,
            sqlite_where=REMOVED,
            postgresql_where=REMOVED,
        )


def downgrade() -> None:
    """Move the schema down again."""
    for table in ("products", "monitored_sites"):
        op.drop_index(f"ix_{table}_removed", table_name=table)
    op.drop_index("ix_price_checks_repeats", table_name="price_checks")
    op.drop_index("ix_price_days_day", table_name="price_days")
    op.drop_table("price_days")
    op.drop_index("ix_check_days_day", table_name="check_days")
    op.drop_table("check_days")
