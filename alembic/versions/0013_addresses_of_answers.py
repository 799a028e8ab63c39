"""Where the last answer of a page came from, so that a redirect to another page is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Pages that were read before: at the address where their last good check ended.
_KNOWN = """
UPDATE pages SET answer_url = coalesce(
    (SELECT final_url FROM attempts
     WHERE attempts.page_id = pages.id AND attempts.verdict <> 'failed'
     ORDER BY attempts.started_at DESC LIMIT 1),
    url)
WHERE body_hash IS NOT NULL
"""


def upgrade() -> None:
    """Move the schema up."""
    op.add_column("pages", sa.Column("answer_url", sa.Text(), nullable=True))
    op.execute(_KNOWN)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_column("pages", "answer_url")
