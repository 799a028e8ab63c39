"""When each price alert first reached somebody, as far as its notices still tell"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema up."""
    op.execute(
        "UPDATE price_alerts SET sent_at = (SELECT min(notices.sent_at) FROM notices"
        " WHERE notices.price_alert_id = price_alerts.alert_id AND notices.status = 'sent')"
        " WHERE sent_at IS NULL"
    )


def downgrade() -> None:
    """Move the schema down again; what was filled in is true there, too."""
