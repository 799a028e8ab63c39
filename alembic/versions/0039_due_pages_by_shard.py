"""An index of due pages by the shard of their host, on PostgreSQL, where daemons share hosts."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# The first byte of the hash of a host's name; the name's bytes are taken in a way that an index
# may use.
ADD = r"""CREATE INDEX ix_pages_shard_due ON pages
    (get_byte(sha256(decode(replace(host, '\', '\\'), 'escape')), 0), next_check_at, id)
    WHERE is_active"""


def upgrade() -> None:
    """Move the schema up."""
    _run(ADD)


def downgrade() -> None:
    """Move the schema down again."""
    _run("DROP INDEX ix_pages_shard_due")


def _run(statement: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(statement)
