"""Initial database schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The types as they stand in the databases, free of the models of the day.
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MONEY = sa.Numeric(20, 4).with_variant(sa.BigInteger(), "sqlite")  # ten-thousandths on SQLite


def upgrade() -> None:
    """Move the schema up."""
    op.create_table(
        "contents",
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("codec", sa.String(length=10), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_contents")),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(length=261), nullable=False),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.Column("crawl_delay_seconds", sa.Float(), nullable=True),
        sa.Column("next_request_at", INSTANT, nullable=True),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_key", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("renderer", sa.String(length=20), nullable=False),
        sa.Column("host", sa.String(length=261), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("check_frequency", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("next_check_at", INSTANT, nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=32), nullable=True),
        sa.Column("last_checked_at", INSTANT, nullable=True),
        sa.Column("last_full_at", INSTANT, nullable=True),
        sa.Column("last_verdict", sa.String(length=20), nullable=True),
        sa.Column("error_class", sa.String(length=20), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("failure_streak", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("request_key", name=op.f("uq_pages_request_key")),
    )
    op.create_index(
        "ix_pages_due",
        "pages",
        ["next_check_at"],
        unique=False,
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(op.f("ix_pages_host"), "pages", ["host"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("machine", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=50), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("heartbeat_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('run', 'check')", name=op.f("run_kind_valid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_started_at"), "runs", ["started_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=True),
        sa.Column("preferences", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_email"), "users", ["email"], unique=True)
    op.create_index(op.f("ix_users_username"), "users", ["username"], unique=True)
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("elapsed_seconds", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("wire_bytes", sa.BigInteger(), nullable=False),
        sa.Column("body_bytes", sa.BigInteger(), nullable=False),
        sa.Column("error_class", sa.String(length=20), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "error_class IN ('dns', 'connect', 'tls', 'timeout', 'protocol', 'truncated', "
            "'encoding', 'charset', 'http_5xx', 'rate_limited', 'http_4xx', 'gone', 'auth', "
            "'bot_wall', 'redirect', 'too_large', 'unsupported', 'empty', 'parse', 'robots', "
            "'blocked', 'selector', 'store', 'overload', 'internal')",
            name=op.f("error_class_valid"),
        ),
        sa.CheckConstraint(
            "verdict IN ('initial', 'changed', 'unchanged', 'not_modified', 'failed')",
            name=op.f("verdict_valid"),
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_attempts_page_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(
        "ix_attempts_page_id_started_at", "attempts", ["page_id", "started_at"], unique=False
    )
    op.create_table(
        "monitored_sites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("site_type", sa.String(length=255), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("check_frequency", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("owner_id", sa.String(length=255), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("page_id", sa.Uuid(), nullable=True),
        sa.Column("managed_by", sa.String(length=20), server_default="cli", nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("text_hash", sa.String(length=32), nullable=True),
        sa.Column("read_with", sa.String(length=100), nullable=True),
        sa.Column("error_class", sa.String(length=20), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("last_changed_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_monitored_sites_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_monitored_sites_page_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitored_sites")),
    )
    op.create_index(
        "idx_site_owner_active", "monitored_sites", ["owner_id", "is_active"], unique=False
    )
    op.create_index(
        "idx_site_type_frequency", "monitored_sites", ["site_type", "check_frequency"], unique=False
    )
    op.create_index(op.f("ix_monitored_sites_name"), "monitored_sites", ["name"], unique=False)
    op.create_index(
        op.f("ix_monitored_sites_page_id"), "monitored_sites", ["page_id"], unique=False
    )
    op.create_index(
        op.f("ix_monitored_sites_site_type"), "monitored_sites", ["site_type"], unique=False
    )
    op.create_index(
        "uq_monitored_sites_owner_id_name_live",
        "monitored_sites",
        ["owner_id", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "products",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=255), nullable=True),
        sa.Column("target_price", MONEY, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("check_frequency", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("owner_id", sa.String(length=255), nullable=True),
        sa.Column("page_id", sa.Uuid(), nullable=True),
        sa.Column("managed_by", sa.String(length=20), server_default="cli", nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("target_price >= 0", name=op.f("ck_products_target_price")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_products_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_products_page_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_products")),
    )
    op.create_index("idx_product_owner_active", "products", ["owner_id", "is_active"], unique=False)
    op.create_index(op.f("ix_products_category"), "products", ["category"], unique=False)
    op.create_index(op.f("ix_products_name"), "products", ["name"], unique=False)
    op.create_index(op.f("ix_products_page_id"), "products", ["page_id"], unique=False)
    op.create_table(
        "price_checks",
        sa.Column("price_check_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("price", MONEY, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("availability", sa.String(length=20), server_default="unknown", nullable=False),
        sa.Column("scraped_at", INSTANT, nullable=False),
        sa.Column("raw_html", sa.Text(), nullable=True),
        sa.Column("confidence_score", sa.Float(), nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.CheckConstraint(
            "availability IN ('in_stock', 'out_of_stock', 'preorder', 'backorder', 'limited', "
            "'discontinued', 'in_store_only', 'unknown')",
            name=op.f("availability_valid"),
        ),
        sa.CheckConstraint("currency = upper(currency)", name=op.f("ck_price_checks_currency")),
        sa.CheckConstraint(
            "price >= 0 AND price < 10000000000000000", name=op.f("ck_price_checks_price")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_price_checks_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("price_check_id", name=op.f("pk_price_checks")),
    )
    op.create_index(
        "idx_price_check_product_scraped",
        "price_checks",
        ["product_id", "scraped_at"],
        unique=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("text_hash", sa.String(length=32), nullable=False),
        sa.Column("source_hash", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("extractor", sa.String(length=50), nullable=False),
        sa.Column("content_type", sa.String(length=255), nullable=False),
        sa.Column("charset", sa.String(length=50), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("times_seen", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["monitored_sites.id"],
            name=op.f("fk_snapshots_site_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_hash"], ["contents.hash"], name=op.f("fk_snapshots_source_hash")
        ),
        sa.ForeignKeyConstraint(
            ["text_hash"], ["contents.hash"], name=op.f("fk_snapshots_text_hash")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("site_id", "text_hash", name=op.f("uq_snapshots_site_id_text_hash")),
    )
    op.create_index(
        "ix_snapshots_site_id_last_seen_at", "snapshots", ["site_id", "last_seen_at"], unique=False
    )
    op.create_index(op.f("ix_snapshots_source_hash"), "snapshots", ["source_hash"], unique=False)
    op.create_index(op.f("ix_snapshots_text_hash"), "snapshots", ["text_hash"], unique=False)
    op.create_table(
        "content_updates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.Column("detected_at", INSTANT, nullable=False),
        sa.Column("change_type", sa.String(length=20), server_default="minor", nullable=False),
        sa.Column("is_significant", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("confidence_score", sa.Float(), nullable=True),
        sa.Column("category", sa.String(length=50), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("raw_content", sa.Text(), nullable=True),
        sa.Column("processed_content", JSON, nullable=True),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column(
            "analysis_status", sa.String(length=20), server_default="pending", nullable=False
        ),
        sa.Column("before_snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("after_snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "analysis_status IN ('pending', 'done', 'failed', 'skipped')",
            name=op.f("analysis_status_valid"),
        ),
        sa.CheckConstraint(
            "change_type IN ('minor', 'moderate', 'major', 'critical')",
            name=op.f("change_type_valid"),
        ),
        sa.CheckConstraint(
            "confidence_score >= 0 AND confidence_score <= 1",
            name=op.f("ck_content_updates_confidence"),
        ),
        sa.ForeignKeyConstraint(
            ["after_snapshot_id"],
            ["snapshots.id"],
            name=op.f("fk_content_updates_after_snapshot_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["before_snapshot_id"],
            ["snapshots.id"],
            name=op.f("fk_content_updates_before_snapshot_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["monitored_sites.id"],
            name=op.f("fk_content_updates_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_updates")),
    )
    op.create_index(
        "idx_update_site_detected", "content_updates", ["site_id", "detected_at"], unique=False
    )
    op.create_index(
        op.f("ix_content_updates_after_snapshot_id"),
        "content_updates",
        ["after_snapshot_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_content_updates_before_snapshot_id"),
        "content_updates",
        ["before_snapshot_id"],
        unique=False,
    )
    op.create_index(
        "ix_content_updates_detected_at", "content_updates", ["detected_at"], unique=False
    )
    op.create_index(op.f("ix_content_updates_run_id"), "content_updates", ["run_id"], unique=False)
    op.create_table(
        "price_alerts",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("price_check_id", sa.Uuid(), nullable=False),
        sa.Column("alert_type", sa.String(length=20), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "alert_type IN ('price_drop', 'back_in_stock', 'price_rise', 'out_of_stock', "
            "'discontinued')",
            name=op.f("alert_type_valid"),
        ),
        sa.ForeignKeyConstraint(
            ["price_check_id"],
            ["price_checks.price_check_id"],
            name=op.f("fk_price_alerts_price_check_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_price_alerts")),
        sa.UniqueConstraint(
            "price_check_id", "alert_type", name=op.f("uq_price_alerts_price_check_id_alert_type")
        ),
    )
    op.create_index("idx_price_alert_unsent", "price_alerts", ["sent_at"], unique=False)
    op.create_table(
        "analysis_results",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_update_id", sa.Uuid(), nullable=False),
        sa.Column("analyser", sa.String(length=100), nullable=False),
        sa.Column("change_type", sa.String(length=20), nullable=True),
        sa.Column("is_significant", sa.Boolean(), nullable=True),
        sa.Column("confidence_score", sa.Float(), nullable=True),
        sa.Column("category", sa.String(length=50), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("insights", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "change_type IN ('minor', 'moderate', 'major', 'critical')",
            name=op.f("analysis_change_type_valid"),
        ),
        sa.CheckConstraint(
            "confidence_score >= 0 AND confidence_score <= 1",
            name=op.f("ck_analysis_results_confidence"),
        ),
        sa.ForeignKeyConstraint(
            ["content_update_id"],
            ["content_updates.id"],
            name=op.f("fk_analysis_results_content_update_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis_results")),
        sa.UniqueConstraint(
            "content_update_id",
            "analyser",
            name=op.f("uq_analysis_results_content_update_id_analyser"),
        ),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("content_update_id", sa.Uuid(), nullable=True),
        sa.Column("price_alert_id", sa.Uuid(), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=False),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'held', 'sent', 'dead', 'dropped')",
            name=op.f("notice_status_valid"),
        ),
        sa.ForeignKeyConstraint(
            ["content_update_id"],
            ["content_updates.id"],
            name=op.f("fk_notices_content_update_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["price_alert_id"],
            ["price_alerts.alert_id"],
            name=op.f("fk_notices_price_alert_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_notices_idempotency_key")),
    )
    op.create_index(
        op.f("ix_notices_content_update_id"), "notices", ["content_update_id"], unique=False
    )
    op.create_index(
        "ix_notices_due",
        "notices",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(op.f("ix_notices_price_alert_id"), "notices", ["price_alert_id"], unique=False)
    op.create_index(op.f("ix_notices_user_id"), "notices", ["user_id"], unique=False)


def downgrade() -> None:
    """Move the schema down again."""
    op.drop_index(op.f("ix_notices_user_id"), table_name="notices")
    op.drop_index(op.f("ix_notices_price_alert_id"), table_name="notices")
    op.drop_index(
        "ix_notices_due",
        table_name="notices",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(op.f("ix_notices_content_update_id"), table_name="notices")
    op.drop_table("notices")
    op.drop_table("analysis_results")
    op.drop_index("idx_price_alert_unsent", table_name="price_alerts")
    op.drop_table("price_alerts")
    op.drop_index(op.f("ix_content_updates_run_id"), table_name="content_updates")
    op.drop_index("ix_content_updates_detected_at", table_name="content_updates")
    op.drop_index(op.f("ix_content_updates_before_snapshot_id"), table_name="content_updates")
    op.drop_index(op.f("ix_content_updates_after_snapshot_id"), table_name="content_updates")
    op.drop_index("idx_update_site_detected", table_name="content_updates")
    op.drop_table("content_updates")
    op.drop_index(op.f("ix_snapshots_text_hash"), table_name="snapshots")
    op.drop_index(op.f("ix_snapshots_source_hash"), table_name="snapshots")
    op.drop_index("ix_snapshots_site_id_last_seen_at", table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_index("idx_price_check_product_scraped", table_name="price_checks")
    op.drop_table("price_checks")
    op.drop_index(op.f("ix_products_page_id"), table_name="products")
    op.drop_index(op.f("ix_products_name"), table_name="products")
    op.drop_index(op.f("ix_products_category"), table_name="products")
    op.drop_index("idx_product_owner_active", table_name="products")
    op.drop_table("products")
    op.drop_index(
        "uq_monitored_sites_owner_id_name_live",
        table_name="monitored_sites",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_monitored_sites_site_type"), table_name="monitored_sites")
    op.drop_index(op.f("ix_monitored_sites_page_id"), table_name="monitored_sites")
    op.drop_index(op.f("ix_monitored_sites_name"), table_name="monitored_sites")
    op.drop_index("idx_site_type_frequency", table_name="monitored_sites")
    op.drop_index("idx_site_owner_active", table_name="monitored_sites")
    op.drop_table("monitored_sites")
    op.drop_index("ix_attempts_page_id_started_at", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_users_username"), table_name="users")
    op.drop_index(op.f("ix_users_email"), table_name="users")
    op.drop_table("users")
    op.drop_index(op.f("ix_runs_started_at"), table_name="runs")
    op.drop_table("runs")
    op.drop_index(op.f("ix_pages_host"), table_name="pages")
    op.drop_index(
        "ix_pages_due",
        table_name="pages",
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active"),
    )
    op.drop_table("pages")
    op.drop_table("hosts")
    op.drop_table("contents")
