"""All tables: what people own, what is fetched, what was seen, and what is to be told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql.elements import conv

from daemon.model import ChangeType, ErrorClass, Verdict
from daemon.store.ids import new_id
from daemon.store.types import Instant, Json, Money

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
ALERT_TYPES = ("price_drop", "back_in_stock", "price_rise", "out_of_stock", "discontinued")
ANALYSIS_STATUS = ("pending", "done", "failed", "skipped")
NOTICE_STATUS = ("pending", "held", "sent", "dead", "dropped")
_LIVE = "deleted_at IS NULL"


def utc_now() -> datetime:
    """The default of columns that say when a row was made."""
    return datetime.now(UTC)


def one_of(column: str, words: tuple[str, ...] | type[ChangeType], name: str) -> CheckConstraint:
    """A check that a column holds one of these words, under exactly this name."""
    # Single quotes: PostgreSQL reads double-quoted words as column names.
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=conv(name))


class Base(DeclarativeBase):
    """Every constraint gets a predictable name, so that migrations can name it."""

    __table__: ClassVar[Table]
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: Instant(),
        Decimal: Money(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class User(Base):
    """Who is told: an identity given by an external provider, or the one local owner."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True, index=True)
    username: Mapped[str | None] = mapped_column(String(255), unique=True, index=True)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    monitored_sites: Mapped[list[MonitoredSite]] = relationship(
        back_populates="owner", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )
    products: Mapped[list[Product]] = relationship(
        back_populates="owner", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class Page(Base):
    """One request on a schedule, shared by all sites and products that want it."""

    __tablename__ = "pages"
    __table_args__ = (
        Index(
            "ix_pages_due",
            "next_check_at",
            sqlite_where=text("is_active = 1"),
            postgresql_where=text("is_active"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # A digest of method, URL, headers and renderer: URLs may be longer than an index entry.
    request_key: Mapped[str] = mapped_column(String(32), unique=True)
    method: Mapped[str] = mapped_column(String(10), default="GET")
    url: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    renderer: Mapped[str] = mapped_column(String(20), default="http")
    host: Mapped[str] = mapped_column(String(261), index=True)

    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    check_frequency: Mapped[str] = mapped_column(String(20), default="daily")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    next_check_at: Mapped[datetime] = mapped_column(default=utc_now)
    leased_by: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    # Grows with every claim: a result is written only under the token it was claimed with.
    lease_token: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))

    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    body_hash: Mapped[str | None] = mapped_column(String(32))
    last_checked_at: Mapped[datetime | None]
    last_full_at: Mapped[datetime | None]
    last_verdict: Mapped[str | None] = mapped_column(String(20))
    error_class: Mapped[str | None] = mapped_column(String(20))
    error_detail: Mapped[str | None] = mapped_column(Text)
    failure_streak: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failing_since: Mapped[datetime | None]


class Host(Base):
    """What we must remember of a host, to stay polite across restarts and daemons."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(String(261), primary_key=True)
    paused_until: Mapped[datetime | None]
    crawl_delay_seconds: Mapped[float | None] = mapped_column(Float)
    next_request_at: Mapped[datetime | None]
    leased_by: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class Run(Base):
    """One life of a daemon, or one `check` from the command line; the holder of leases."""

    __tablename__ = "runs"
    __table_args__ = (one_of("kind", ("run", "check"), "run_kind_valid"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(10))
    machine: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    version: Mapped[str] = mapped_column(String(50))
    started_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class MonitoredSite(Base):
    """One owner's interest in one page: its name, its rules, and the state last read by them."""

    __tablename__ = "monitored_sites"
    __table_args__ = (
        Index("idx_site_owner_active", "owner_id", "is_active"),
        Index("idx_site_type_frequency", "site_type", "check_frequency"),
        Index(
            "uq_monitored_sites_owner_id_name_live",
            "owner_id",
            "name",
            unique=True,
            sqlite_where=text(_LIVE),
            postgresql_where=text(_LIVE),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), index=True)
    url: Mapped[str] = mapped_column(Text)
    site_type: Mapped[str | None] = mapped_column(String(255), index=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    check_frequency: Mapped[str] = mapped_column(String(20), default="daily")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    deleted_at: Mapped[datetime | None]

    # None until the site was first scheduled.
    page_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("pages.id", ondelete="SET NULL"), index=True
    )
    managed_by: Mapped[str] = mapped_column(String(20), default="cli", server_default="cli")
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The state that the next reading is compared with: the snapshot of this site with this text.
    text_hash: Mapped[str | None] = mapped_column(String(32))
    # Rules and extractor of that state; other ones make a new baseline, not a change.
    read_with: Mapped[str | None] = mapped_column(String(100))
    error_class: Mapped[str | None] = mapped_column(String(20))
    error_detail: Mapped[str | None] = mapped_column(Text)
    last_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    owner: Mapped[User] = relationship(back_populates="monitored_sites", lazy="raise")
    content_updates: Mapped[list[ContentUpdate]] = relationship(
        back_populates="site", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class Attempt(Base):
    """One look at a page and how it ended; kept for a time, whatever the ending."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_page_id_started_at", "page_id", "started_at"),
        one_of("verdict", tuple(Verdict), "verdict_valid"),
        one_of("error_class", tuple(ErrorClass), "error_class_valid"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    page_id: Mapped[UUID] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None]
    started_at: Mapped[datetime]
    elapsed_seconds: Mapped[float] = mapped_column(Float)
    verdict: Mapped[str] = mapped_column(String(20))
    status: Mapped[int | None]
    wire_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    body_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    error_class: Mapped[str | None] = mapped_column(String(20))
    error_detail: Mapped[str | None] = mapped_column(Text)
    final_url: Mapped[str | None] = mapped_column(Text)


class Content(Base):
    """Compressed bytes under their digest: the same bytes are stored once."""

    __tablename__ = "contents"

    hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    codec: Mapped[str] = mapped_column(String(10))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Snapshot(Base):
    """A state in which a site was seen: the text as its rules read it, and its source."""

    __tablename__ = "snapshots"
    __table_args__ = (
        UniqueConstraint("site_id", "text_hash"),
        Index("ix_snapshots_site_id_last_seen_at", "site_id", "last_seen_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("monitored_sites.id", ondelete="CASCADE"))
    text_hash: Mapped[str] = mapped_column(ForeignKey("contents.hash"), index=True)
    # None once retention has dropped the source.
    source_hash: Mapped[str | None] = mapped_column(ForeignKey("contents.hash"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text, default="")
    extractor: Mapped[str] = mapped_column(String(50))
    content_type: Mapped[str] = mapped_column(String(255), default="")
    charset: Mapped[str | None] = mapped_column(String(50))
    url: Mapped[str] = mapped_column(Text)
    flags: Mapped[list[Any]] = mapped_column(default=list)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    times_seen: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class ContentUpdate(Base):
    """A change of a site: what it was, how much it matters, and the evidence."""

    __tablename__ = "content_updates"
    __table_args__ = (
        one_of("change_type", ChangeType, "change_type_valid"),
        one_of("analysis_status", ANALYSIS_STATUS, "analysis_status_valid"),
        CheckConstraint("confidence_score >= 0 AND confidence_score <= 1", name="confidence"),
        Index("idx_update_site_detected", "site_id", "detected_at"),
        Index("ix_content_updates_detected_at", "detected_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("monitored_sites.id", ondelete="CASCADE"))
    title: Mapped[str | None] = mapped_column(String(500))
    detected_at: Mapped[datetime]
    change_type: Mapped[str] = mapped_column(String(20), default="minor", server_default="minor")
    is_significant: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    confidence_score: Mapped[float | None] = mapped_column(Float)
    category: Mapped[str | None] = mapped_column(String(50))
    summary: Mapped[str | None] = mapped_column(Text)
    raw_content: Mapped[str | None] = mapped_column(Text)
    processed_content: Mapped[dict[str, Any] | None] = mapped_column(Json)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    analysis_status: Mapped[str] = mapped_column(
        String(20), default="pending", server_default="pending"
    )
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
    change_type: Mapped[str | None] = mapped_column(String(20))
    is_significant: Mapped[bool | None]
    confidence_score: Mapped[float | None] = mapped_column(Float)
    category: Mapped[str | None] = mapped_column(String(50))
    summary: Mapped[str | None] = mapped_column(Text)
    insights: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    content_update: Mapped[ContentUpdate] = relationship(
        back_populates="analysis_results", lazy="raise"
    )


class Product(Base):
    """Something for sale that one owner follows."""

    __tablename__ = "products"
    __table_args__ = (
        Index("idx_product_owner_active", "owner_id", "is_active"),
        CheckConstraint("target_price >= 0", name="target_price"),
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), index=True)
    url: Mapped[str] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(255), index=True)
    target_price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    check_frequency: Mapped[str] = mapped_column(String(20), default="daily")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    page_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("pages.id", ondelete="SET NULL"), index=True
    )
    managed_by: Mapped[str] = mapped_column(String(20), default="cli", server_default="cli")
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)

    owner: Mapped[User | None] = relationship(back_populates="products", lazy="raise")
    price_checks: Mapped[list[PriceCheck]] = relationship(
        back_populates="product", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class PriceCheck(Base):
    """What one look at a product found: an exact amount, its currency, and the stock."""

    __tablename__ = "price_checks"
    __table_args__ = (
        Index("idx_price_check_product_scraped", "product_id", "scraped_at"),
        one_of("availability", AVAILABILITY, "availability_valid"),
        # NaN is larger than everything on PostgreSQL: the upper bound keeps it out there too.
        CheckConstraint("price >= 0 AND price < 10000000000000000", name="price"),
        CheckConstraint("currency = upper(currency)", name="currency"),
    )

    price_check_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.product_id", ondelete="CASCADE"))
    price: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    availability: Mapped[str] = mapped_column(
        String(20), default="unknown", server_default="unknown"
    )
    scraped_at: Mapped[datetime] = mapped_column(default=utc_now)
    raw_html: Mapped[str | None] = mapped_column(Text)
    confidence_score: Mapped[float | None] = mapped_column(Float)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    product: Mapped[Product] = relationship(back_populates="price_checks", lazy="raise")
    price_alerts: Mapped[list[PriceAlert]] = relationship(
        back_populates="price_check",
        cascade="all, delete-orphan",
        passive_deletes=True,
        lazy="raise",
    )


class PriceAlert(Base):
    """A price check that its owner wants to hear of."""

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
    alert_type: Mapped[str] = mapped_column(String(20))
    sent_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    price_check: Mapped[PriceCheck] = relationship(back_populates="price_alerts", lazy="raise")


class Notice(Base):
    """The outbox: one thing to tell one recipient on one channel, written with its cause."""

    __tablename__ = "notices"
    __table_args__ = (
        one_of("status", NOTICE_STATUS, "notice_status_valid"),
        Index(
            "ix_notices_due",
            "next_attempt_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # The same for every delivery and retry of one cause to one recipient.
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(100))
    content_update_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("content_updates.id", ondelete="CASCADE"), index=True
    )
    price_alert_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("price_alerts.alert_id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(20), default="pending", server_default="pending")
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(default=utc_now)
    leased_by: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    error_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]
