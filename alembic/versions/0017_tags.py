"""Sites and products have tags, by which they are found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
TABLES = ("monitored_sites", "products")


def upgrade() -> None:
    """Move the schema up."""
    for table in TABLES:
        column = sa.Column("tags", JSON, server_default=sa.text("'[]'"), nullable=False)
        op.add_column(table, column)
        op.create_index(
            f"ix_{table}_tags",
            table,
            ["tags"],
            sqlite_where=sa.text("tags <> '[]'"),
            postgresql_using="gin",
        )


def downgrade() -> None:
    """Move the schema down again."""
    for table in TABLES:
        op.drop_index(f"ix_{table}_tags", table_name=table)
        op.drop_column(table, "tags")
