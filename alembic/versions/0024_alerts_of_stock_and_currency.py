"""Alerts of any change of stock, and of another currency."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BEFORE = ("price_drop", "back_in_stock", "price_rise", "out_of_stock", "discontinued")
AFTER = (*BEFORE, "availability_change", "currency_change")


def allow(kinds: tuple[str, ...]) -> None:
    """Let alerts be of these kinds and no others."""
    name, words = op.f("alert_type_valid"), ", ".join(repr(word) for word in kinds)
    with op.batch_alter_table("price_alerts") as alerts:
        alerts.drop_constraint(name, type_="check")
        alerts.create_check_constraint(name, f"alert_type IN ({words})")


def allow_beside_notices(kinds: tuple[str, ...]) -> None:
    """Let alerts be of these kinds, and leave the notices that tell them."""
    if op.get_context().dialect.name == "postgresql":
        allow(kinds)
        return
    # SQLite changes no constraint: the table is made anew, and as foreign keys are in force,
    # the notices that refer to its rows would be deleted with the old one.
    op.execute("CREATE TEMPORARY TABLE telling (id PRIMARY KEY, price_alert_id)")
    op.execute(
        "INSERT INTO telling SELECT id, price_alert_id FROM notices"
        " WHERE price_alert_id IS NOT NULL"
    )
    op.execute("UPDATE notices SET price_alert_id = NULL WHERE price_alert_id IS NOT NULL")
    allow(kinds)
    op.execute(
        "UPDATE notices SET price_alert_id ="
        " (SELECT price_alert_id FROM telling WHERE telling.id = notices.id)"
        " WHERE id IN (SELECT id FROM telling)"
    )
    op.execute("DROP TABLE telling")


def upgrade() -> None:
    """Move the schema up."""
    allow_beside_notices(AFTER)


def downgrade() -> None:
    """Move the schema down again; older versions know no such alerts, nor what they told."""
    op.execute(
        "DELETE FROM price_alerts WHERE alert_type IN ('availability_change', 'currency_change')"
    )
    allow_beside_notices(BEFORE)
