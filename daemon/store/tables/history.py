"""The tables of what was seen: attempts, the states of sites, and their shared contents."""

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
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from daemon.model.request import HTTP
from daemon.model.status import ErrorClass, Verdict
from daemon.store.tables.base import Base, one_of, utc_now
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import Word


class Attempt(Base):
    """One check of a page and how it ended; kept for a time, whatever the result."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_page_id_started_at", "page_id", "started_at"),
        one_of("verdict", tuple(Verdict), "verdict_valid"),
        one_of("error_class", tuple(ErrorClass), "error_class_valid"),
        # Ids sort by time: so a part holds a time, and is dropped whole. SQLite has no parts.
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    page_id: Mapped[UUID] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None]
    started_at: Mapped[datetime]
    elapsed_seconds: Mapped[float] = mapped_column(Float)
    verdict: Mapped[str] = mapped_column(Word(20, Verdict))
    status: Mapped[int | None]
    wire_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    body_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    error_class: Mapped[str | None] = mapped_column(Word(20, ErrorClass))
    error_detail: Mapped[str | None] = mapped_column(Text)
    final_url: Mapped[str | None] = mapped_column(Text)
    renderer: Mapped[str] = mapped_column(String(20), default=HTTP, server_default=HTTP)
    is_restless: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    stopped_requests: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))


class Content(Base):
    """Compressed bytes under their hash: the same bytes are stored once."""

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
    # How it looked, where that is kept beside the text, and as long as the source.
    picture_hash: Mapped[str | None] = mapped_column(ForeignKey("contents.hash"), index=True)
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


class PriceSource(Base):
    """The document that a price check was read from, for as long as it is kept."""

    __tablename__ = "price_sources"

    price_check_id: Mapped[UUID] = mapped_column(
        ForeignKey("price_checks.price_check_id", ondelete="CASCADE"), primary_key=True
    )
    source_hash: Mapped[str] = mapped_column(ForeignKey("contents.hash"), index=True)
    content_type: Mapped[str] = mapped_column(String(255), default="")
    charset: Mapped[str | None] = mapped_column(String(50))
    url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
