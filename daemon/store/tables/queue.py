"""The tables of waiting work and its holders: pages, hosts, runs of daemons, and notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from daemon.store.tables.base import Base, Timed, one_of, utc_now
from daemon.store.tables.ids import new_id
from daemon.store.tables.keysets import FAILS, partial
from daemon.store.tables.types import Word

RUN_KIND = ("run", "check")
NOTICE_STATUS = ("pending", "held", "sent", "dead", "dropped")


class Page(Timed, Base):
    """One request on a schedule, shared by all sites and products that subscribe to it."""

    __tablename__ = "pages"
    __table_args__ = (
        Index(
            "ix_pages_due",
            "next_check_at",
            "id",
            sqlite_where=text("is_active = 1"),
            postgresql_where=text("is_active"),
        ),
        Index("ix_pages_last_checked_at", "last_checked_at", "id"),
        partial("ix_pages_fails", "id", "error_class", where=FAILS),
        partial("ix_pages_leased", "id", where="leased_by IS NOT NULL"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # A hash of the whole request: URLs may be longer than an index entry.
    request_key: Mapped[str] = mapped_column(String(32), unique=True)
    method: Mapped[str] = mapped_column(String(10), default="GET")
    url: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_body: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    proxy: Mapped[str] = mapped_column(String(100), default="", server_default=text("''"))
    # What is no secret of how it is asked for: TLS, its own deadline and charset.
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    # The headers and the body that may be secret, encrypted, and the id of the key for them.
    sealed: Mapped[str | None] = mapped_column(Text)
    sealed_by: Mapped[str | None] = mapped_column(String(12))
    # Cookies that servers have set, where they are kept: encrypted, under this key.
    keep_cookies: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    cookies: Mapped[str | None] = mapped_column(Text)
    cookies_by: Mapped[str | None] = mapped_column(String(12))
    renderer: Mapped[str] = mapped_column(String(20), default="http")
    host: Mapped[str] = mapped_column(String(261), index=True)

    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    # A hash of when its owners want it checked: another one makes it due.
    timings_hash: Mapped[str | None] = mapped_column(String(32))
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
    # How it looked when a step on it failed; None once another check has ended otherwise.
    failure_picture_hash: Mapped[str | None] = mapped_column(
        ForeignKey("contents.hash"), index=True
    )
    failure_streak: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failing_since: Mapped[datetime | None]
    # Of the certificate that expires first on the way to the page; None without encryption.
    certificate_ends_at: Mapped[datetime | None]
    # Where the last answer that was read came from: another page there is not this one.
    answer_url: Mapped[str | None] = mapped_column(Text)


class Host(Base):
    """The throttle state of a host, kept across restarts and daemons."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(String(261), primary_key=True)
    paused_until: Mapped[datetime | None]
    crawl_delay_seconds: Mapped[float | None] = mapped_column(Float)
    next_request_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class HostShard(Base):
    """A part of all hosts, which are asked only by the live daemon that holds it."""

    __tablename__ = "host_shards"

    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leased_by: Mapped[UUID | None]
    # To be released: no new check starts on these hosts.
    is_leaving: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class Run(Base):
    """One life of a daemon, or one `check` from the command line; the holder of leases."""

    __tablename__ = "runs"
    __table_args__ = (
        one_of("kind", RUN_KIND, "run_kind_valid"),
        Index(
            "ix_runs_heartbeat_at_alive",
            "heartbeat_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Word(10, RUN_KIND))
    machine: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    version: Mapped[str] = mapped_column(String(50))
    started_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    heartbeat_at: Mapped[datetime | None]
    checks_per_minute: Mapped[float | None] = mapped_column(Float)  # at the last heartbeat
    ended_at: Mapped[datetime | None]


class Notice(Base):
    """The outbox: one notification for one recipient on one channel, written with its cause."""

    __tablename__ = "notices"
    __table_args__ = (
        one_of("status", NOTICE_STATUS, "notice_status_valid"),
        Index(
            "ix_notices_due",
            "next_attempt_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_notices_channel_due",
            "channel",
            "next_attempt_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_notices_held",
            "next_attempt_at",
            sqlite_where=text("status = 'held'"),
            postgresql_where=text("status = 'held'"),
        ),
        Index("ix_notices_created_at", "created_at", "id"),
        Index("ix_notices_status_created_at", "status", "created_at", "id"),
        Index(
            "ix_notices_user_id_channel_next_attempt_at", "user_id", "channel", "next_attempt_at"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # The same for every delivery and retry of one cause to one recipient.
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(100))
    content_update_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("content_updates.id", ondelete="CASCADE"), index=True
    )
    price_alert_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("price_alerts.alert_id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Held notices with the same key may be sent in one message: the notice `bundle_id`.
    bundle_key: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    bundle_id: Mapped[UUID | None] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(
        Word(20, NOTICE_STATUS), default="pending", server_default="pending"
    )
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(default=utc_now)
    leased_by: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    error_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]
