"""Frequencies may be as long as a cron line with many parts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("pages", "monitored_sites", "products")
INDEX = "idx_site_type_frequency"
LONG, SHORT = 255, 20
DEFAULT = "daily"


def resize(table: str, length: int, default: str | None) -> None:
    """Give the column another length, and the database's own default for new rows or none."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column(
            table,
            "check_frequency",
            type_=sa.String(length=length),
            existing_nullable=False,
            server_default=default,
        )
        return
    # SQLite changes no column. To make the table anew would empty all that refers to it, as
    # foreign keys are in force, so only the column is.
    column = sa.Column("new", sa.String(length=length), server_default=DEFAULT, nullable=False)
    op.add_column(table, column)
    op.execute(f"UPDATE {table} SET new = check_frequency")  # noqa: S608 - a name of ours
    op.drop_column(table, "check_frequency")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN new TO check_frequency")


def resize_all(length: int, default: str | None) -> None:
    """Resize the column in every table that has it; its index is made anew."""
    op.drop_index(INDEX, table_name="monitored_sites")
    for table in TABLES:
        resize(table, length, default)
    op.create_index(INDEX, "monitored_sites", ["site_type", "check_frequency"])


def upgrade() -> None:
    """Move the schema up."""
    resize_all(LONG, DEFAULT)


def downgrade() -> None:
    """Move the schema down again; a line that is too long then becomes daily."""
    for table in TABLES:
        op.execute(
            f"UPDATE {table} SET check_frequency = '{DEFAULT}' "  # noqa: S608 - names of ours
            f"WHERE length(check_frequency) > {SHORT}"
        )
    resize_all(SHORT, None)
