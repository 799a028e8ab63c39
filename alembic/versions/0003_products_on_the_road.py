"""Products on the road: what is remembered of them, and the sources of price checks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
LIVE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    """Move the schema up."""
    op.add_column("products", sa.Column("state", JSON, nullable=True))
    op.add_column("products", sa.Column("error_class", sa.String(length=20), nullable=True))
    op.add_column("products", sa.Column("error_detail", sa.Text(), nullable=True))
    op.add_column("products", sa.Column("last_changed_at", INSTANT, nullable=True))
    op.create_index(
        "uq_products_owner_id_name_page_id_live",
        "products",
        ["owner_id", "name", "page_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    for name, default in (("is_believed", sa.true()), ("is_repeat", sa.false())):
        op.add_column(
            "price_checks", sa.Column(name, sa.Boolean(), server_default=default, nullable=False)
        )
    op.add_column("price_checks", sa.Column("variant", sa.Text(), nullable=True))
    op.create_table(
        "price_sources",
        sa.Column("price_check_id", sa.Uuid(), nullable=False),
        sa.Column("source_hash", sa.String(length=32), nullable=False),
        sa.Column("content_type", sa.String(length=255), nullable=False),
        sa.Column("charset", sa.String(length=50), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["price_check_id"],
            ["price_checks.price_check_id"],
            name=op.f("fk_price_sources_price_check_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_hash"], ["contents.hash"], name=op.f("fk_price_sources_source_hash")
        ),
        sa.PrimaryKeyConstraint("price_check_id", name=op.f("pk_price_sources")),
    )
    op.create_index(
        op.f("ix_price_sources_source_hash"), "price_sources", ["source_hash"], unique=False
    )


def downgrade() -> None:
    """Move the schema down."""
    op.drop_table("price_sources")
    for name in ("variant", "is_repeat", "is_believed"):
        op.drop_column("price_checks", name)
    op.drop_index("uq_products_owner_id_name_page_id_live", table_name="products")
    for name in ("last_changed_at", "error_detail", "error_class", "state"):
        op.drop_column("products", name)
