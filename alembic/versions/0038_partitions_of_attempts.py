"""Attempts divided by time on PostgreSQL, and which of them are in the figures of their days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

COUNTED = "counted_attempts"
KEY = "ALTER TABLE attempts ADD CONSTRAINT pk_attempts PRIMARY KEY (id)"
INDEX = "CREATE INDEX ix_attempts_page_id_started_at ON attempts (page_id, started_at)"
OF_PAGE = (
    "ALTER TABLE attempts ADD CONSTRAINT fk_attempts_page_id"
    " FOREIGN KEY (page_id) REFERENCES pages (id) ON DELETE CASCADE"
)
MADE = "CREATE TABLE attempts (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
# No row is read or written: the table that was there becomes the one part that takes every row. A
# daemon then gives it an end, and makes parts for the time after it, while checks go on.
DIVIDE = (
    "ALTER TABLE attempts RENAME TO attempts_default",
    "ALTER TABLE attempts_default RENAME CONSTRAINT pk_attempts TO pk_attempts_default",
    "ALTER INDEX ix_attempts_page_id_started_at RENAME TO ix_attempts_default_page_id_started_at",
    f"{MADE.format('attempts_default')} PARTITION BY RANGE (id)",
    *(KEY, INDEX, OF_PAGE),
    "ALTER TABLE attempts ATTACH PARTITION attempts_default DEFAULT",
)
UNITE = (
    "ALTER TABLE attempts RENAME TO attempts_divided",
    "ALTER TABLE attempts_divided RENAME CONSTRAINT pk_attempts TO pk_attempts_divided",
    "ALTER INDEX ix_attempts_page_id_started_at RENAME TO ix_attempts_divided_page_id_started_at",
    MADE.format("attempts_divided"),
    "INSERT INTO attempts SELECT * FROM attempts_divided",
    "DROP TABLE attempts_divided",
    *(KEY, INDEX, OF_PAGE),
)
# An older version would count them once more.
DROP_COUNTED = """DELETE FROM attempts WHERE EXISTS (
    SELECT 1 FROM counted_attempts AS c WHERE c.from_id <= attempts.id AND (
        attempts.id < c.to_id OR (attempts.page_id <= c.page_id AND attempts.id < c.next_id)))"""


def upgrade() -> None:
    """Move the schema up."""
    op.create_table(
        COUNTED,
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("next_id", sa.Uuid()),
        sa.Column("page_id", sa.Uuid()),
    )
    _run(DIVIDE)


def downgrade() -> None:
    """Move the schema down again."""
    op.execute(DROP_COUNTED)
    op.drop_table(COUNTED)
    _run(UNITE)


def _run(statements: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in statements:
            op.execute(statement)
