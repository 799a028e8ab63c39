"""The tables of what people own and what was found on it: sites, changes, products, prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daemon.model.change import ChangeType
from daemon.model.product import AlertKind
from daemon.model.viewer import Role
from daemon.store.tables.base import Base, Tagged, TimedByOwner, one_of, tags_index, utc_now
from daemon.store.tables.ids import new_id
from daemon.store.tables.keysets import IS_LIVE, indexes_of_changes, indexes_of_sites, partial
from daemon.store.tables.types import Object, Word

AVAILABILITY = (
    "in_stock",
    "out_of_stock",
    "preorder",
    "backorder",
    "limited",
    "discontinued",
    "in_store_only",
    "unknown",
)
ALERT_TYPES = tuple(kind.value for kind in AlertKind)
ANALYSIS_STATUS = ("pending", "done", "failed", "skipped")
RATINGS = ("useful", "noise")
ROLES = tuple(role.value for role in Role)
_REMOVED = "deleted_at IS NOT NULL"


class User(Base):
    """A recipient: an identity from an external provider, or the one local owner."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES, "user_role_valid"),)

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True, index=True)
    username: Mapped[str | None] = mapped_column(String(255), unique=True, index=True)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    role: Mapped[str] = mapped_column(Word(10, ROLES), default="owner", server_default="owner")
    managed_by: Mapped[str] = mapped_column(String(20), default="cli", server_default="cli")
    disabled_at: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    # Quotas; None is no limit.
    max_sites: Mapped[int | None]
    shortest_interval_seconds: Mapped[int | None]

    monitored_sites: Mapped[list[MonitoredSite]] = relationship(
        back_populates="owner", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )
    products: Mapped[list[Product]] = relationship(
        back_populates="owner", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class MonitoredSite(TimedByOwner, Tagged, Base):
    """One owner's interest in one page: its name, its rules, and the state last read by them."""

    __tablename__ = "monitored_sites"
    __table_args__ = (
        Index("idx_site_owner_active", "owner_id", "is_active"),
        Index("idx_site_type_frequency", "site_type", "check_frequency"),
        tags_index("monitored_sites"),
        partial("ix_monitored_sites_removed", "deleted_at", where=_REMOVED),
        *indexes_of_sites(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), index=True)
    url: Mapped[str] = mapped_column(Text)
    site_type: Mapped[str | None] = mapped_column(String(255), index=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    deleted_at: Mapped[datetime | None]

    # None until the site was first scheduled.
    page_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("pages.id", ondelete="SET NULL"), index=True
    )
    managed_by: Mapped[str] = mapped_column(String(20), default="cli", server_default="cli")
    # The site whose page names this one's. No foreign key: one that returns may be the older row.
    parent_id: Mapped[UUID | None] = mapped_column(index=True)
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The state that the next reading is compared with: the snapshot of this site with this text.
    text_hash: Mapped[str | None] = mapped_column(String(32))
    # Rules and extractor of that state; different ones make a new baseline, not a change.
    read_with: Mapped[str | None] = mapped_column(String(100))
    error_class: Mapped[str | None] = mapped_column(String(20))
    error_detail: Mapped[str | None] = mapped_column(Text)
    # What was served in place of the page although it could be fetched, and since when.
    blind_spot: Mapped[str | None] = mapped_column(String(20))
    blind_since: Mapped[datetime | None]
    # Since when checks have ended before its turn came; the longest waiting come first.
    deferred_since: Mapped[datetime | None]
    last_changed_at: Mapped[datetime | None]
    # Changes after `seen_at` are unseen; the mark of `marked_at` replaced `seen_before`.
    seen_at: Mapped[datetime | None] = mapped_column(default=utc_now)
    seen_before: Mapped[datetime | None]
    marked_at: Mapped[datetime | None]
    # The sums of `ratings`, as every check needs them.
    rated_useful: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rated_noise: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failure_streak: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failing_since: Mapped[datetime | None]
    # When each destination was last notified that it fails; empty without an alarm.
    alerted: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    # The last warning to each destination that the certificate is about to expire.
    certificate_told: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default=text("'{}'")
    )
    # Its lines that change at every visit, and when it was last fetched twice for them.
    volatile: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    # How its conditions stand, by key: what they were told by last.
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    muted_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    owner: Mapped[User] = relationship(back_populates="monitored_sites", lazy="raise")
    content_updates: Mapped[list[ContentUpdate]] = relationship(
        back_populates="site", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class ContentUpdate(Base):
    """A change of a site: what it was, how much it matters, and the evidence."""

    __tablename__ = "content_updates"
    __table_args__ = (
        one_of("change_type", ChangeType, "change_type_valid"),
        one_of("analysis_status", ANALYSIS_STATUS, "analysis_status_valid"),
        CheckConstraint("confidence_score >= 0 AND confidence_score <= 1", name="confidence"),
        Index("idx_update_site_detected", "site_id", "detected_at", "id", "change_type"),
        partial(
            "ix_content_updates_to_analyse",
            "analysis_next_at",
            where="analysis_status = 'pending'",
        ),
        *indexes_of_changes(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("monitored_sites.id", ondelete="CASCADE"))
    # A copy of its site's, for lists; None until one of an older version is given it.
    owner_id: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None] = mapped_column(String(500))
    detected_at: Mapped[datetime]
    change_type: Mapped[str] = mapped_column(
        Word(20, ChangeType), default="minor", server_default="minor"
    )
    is_significant: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    confidence_score: Mapped[float | None] = mapped_column(Float)
    category: Mapped[str | None] = mapped_column(String(50))
    summary: Mapped[str | None] = mapped_column(Text)
    raw_content: Mapped[str | None] = mapped_column(Text)
    processed_content: Mapped[dict[str, Any] | None] = mapped_column(Object)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    analysis_status: Mapped[str] = mapped_column(
        Word(20, ANALYSIS_STATUS), default="pending", server_default="pending"
    )
    analysis_detail: Mapped[str | None] = mapped_column(Text)  # why it failed or was skipped
    analysis_tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    analysis_next_at: Mapped[datetime | None]
    leased_by: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    before_snapshot_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("snapshots.id", ondelete="SET NULL"), index=True
    )
    after_snapshot_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("snapshots.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[UUID | None] = mapped_column(index=True)

    site: Mapped[MonitoredSite] = relationship(back_populates="content_updates", lazy="raise")
    analysis_results: Mapped[list[AnalysisResult]] = relationship(
        back_populates="content_update",
        cascade="all, delete-orphan",
        passive_deletes=True,
        lazy="raise",
    )


class AnalysisResult(Base):
    """One analyser's view of one update; the rule-based one is always there."""

    __tablename__ = "analysis_results"
    __table_args__ = (
        UniqueConstraint("content_update_id", "analyser"),
        one_of("change_type", ChangeType, "analysis_change_type_valid"),
        CheckConstraint("confidence_score >= 0 AND confidence_score <= 1", name="confidence"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    content_update_id: Mapped[UUID] = mapped_column(
        ForeignKey("content_updates.id", ondelete="CASCADE")
    )
    analyser: Mapped[str] = mapped_column(String(100))
    change_type: Mapped[str | None] = mapped_column(Word(20, ChangeType))
    is_significant: Mapped[bool | None]
    confidence_score: Mapped[float | None] = mapped_column(Float)
    category: Mapped[str | None] = mapped_column(String(50))
    summary: Mapped[str | None] = mapped_column(Text)
    insights: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # A hash of everything that a model was given: the same question is not asked twice.
    prompt_hash: Mapped[str | None] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    content_update: Mapped[ContentUpdate] = relationship(
        back_populates="analysis_results", lazy="raise"
    )


class Rating(Base):
    """One person's rating of one update."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("content_update_id", "user_id"),
        one_of("verdict", RATINGS, "rating_verdict_valid"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    content_update_id: Mapped[UUID] = mapped_column(
        ForeignKey("content_updates.id", ondelete="CASCADE")
    )
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[str] = mapped_column(Word(10, RATINGS))
    rated_at: Mapped[datetime] = mapped_column(default=utc_now)


class Product(TimedByOwner, Tagged, Base):
    """Something for sale that one owner follows, at one address; several may share a name."""

    __tablename__ = "products"
    __table_args__ = (
        Index("idx_product_owner_active", "owner_id", "is_active"),
        tags_index("products"),
        partial("ix_products_removed", "deleted_at", where=_REMOVED),
        Index(
            "uq_products_owner_id_name_page_id_live",
            "owner_id",
            "name",
            "page_id",
            unique=True,
            sqlite_where=text(IS_LIVE),
            postgresql_where=text(IS_LIVE),
        ),
        CheckConstraint("target_price >= 0", name="target_price"),
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), index=True)
    url: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(255), index=True)
    target_price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    page_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("pages.id", ondelete="SET NULL"), index=True
    )
    managed_by: Mapped[str] = mapped_column(String(20), default="cli", server_default="cli")
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What the next check is compared with, alerts included; None until the first price check.
    state: Mapped[dict[str, Any] | None] = mapped_column(Object)
    error_class: Mapped[str | None] = mapped_column(String(20))
    error_detail: Mapped[str | None] = mapped_column(Text)
    # Since when checks have ended before its turn came, as of sites.
    deferred_since: Mapped[datetime | None]
    failure_streak: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failing_since: Mapped[datetime | None]
    # When each destination was last notified that it fails; empty without an alarm.
    alerted: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    last_changed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    owner: Mapped[User | None] = relationship(back_populates="products", lazy="raise")
    price_checks: Mapped[list[PriceCheck]] = relationship(
        back_populates="product", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class PriceCheck(Base):
    """The result of one check of a product: an exact amount, its currency, and the stock."""

    __tablename__ = "price_checks"
    __table_args__ = (
        Index("idx_price_check_product_scraped", "product_id", "scraped_at"),
        Index(
            "ix_price_checks_repeats",
            "price_check_id",
            sqlite_where=text("is_repeat = 1"),
            postgresql_where=text("is_repeat"),
        ),
        one_of("availability", AVAILABILITY, "availability_valid"),
        # NaN exceeds everything on PostgreSQL: the upper bound excludes it there too.
        CheckConstraint("price >= 0 AND price < 10000000000000000", name="price"),
        CheckConstraint("currency = upper(currency)", name="currency"),
    )

    price_check_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id", ondelete="CASCADE"))
    price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    availability: Mapped[str] = mapped_column(
        Word(20, AVAILABILITY), default="unknown", server_default="unknown"
    )
    scraped_at: Mapped[datetime] = mapped_column(default=utc_now)
    raw_html: Mapped[str | None] = mapped_column(Text)
    confidence_score: Mapped[float | None] = mapped_column(Float)
    # Not believed: implausible or uncertain; kept, but not in the price history.
    is_believed: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    # Equal to the check before, so stored without evidence.
    is_repeat: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    variant: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    product: Mapped[Product] = relationship(back_populates="price_checks", lazy="raise")
    price_alerts: Mapped[list[PriceAlert]] = relationship(
        back_populates="price_check",
        cascade="all, delete-orphan",
        passive_deletes=True,
        lazy="raise",
    )


class PriceAlert(Base):
    """An alert that a price check caused."""

    __tablename__ = "price_alerts"
    __table_args__ = (
        UniqueConstraint("price_check_id", "alert_type"),
        one_of("alert_type", ALERT_TYPES, "alert_type_valid"),
        Index("idx_price_alert_unsent", "sent_at"),
    )

    alert_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    price_check_id: Mapped[UUID] = mapped_column(
        ForeignKey("price_checks.price_check_id", ondelete="CASCADE")
    )
    alert_type: Mapped[str] = mapped_column(Word(20, ALERT_TYPES))
    # When the first message about it was delivered; None before that.
    sent_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    price_check: Mapped[PriceCheck] = relationship(back_populates="price_alerts", lazy="raise")
