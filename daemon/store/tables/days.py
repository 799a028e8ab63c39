"""Figures by UTC day and month: of dropped checks, and of a model's usage."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Float, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from daemon.store.tables.base import Base


class CheckDay(Base):
    """The figures of a page's dropped attempts on one day."""

    __tablename__ = "check_days"
    __table_args__ = (Index("ix_check_days_day", "day", "page_id"),)

    page_id: Mapped[UUID] = mapped_column(
        ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    checks: Mapped[int]
    changed: Mapped[int]
    failures: Mapped[dict[str, Any]]  # by error class
    wire_bytes: Mapped[int] = mapped_column(BigInteger)
    times: Mapped[dict[str, Any]]  # answered checks by the step of their time
    slowest_seconds: Mapped[float] = mapped_column(Float)


class CountedAttempts(Base):
    """Which attempts are in the figures of their days already, although they are still stored.

    One row at most: ids from `from_id` to before `to_id`; and to before `next_id` those of pages
    up to `page_id`. So PostgreSQL drops a part of the attempts without reading it.
    """

    __tablename__ = "counted_attempts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_id: Mapped[UUID]
    to_id: Mapped[UUID]
    next_id: Mapped[UUID | None]
    page_id: Mapped[UUID | None]


class PriceDay(Base):
    """The figures of a product's dropped checks on one day, in one currency and variant."""

    __tablename__ = "price_days"
    __table_args__ = (Index("ix_price_days_day", "day", "product_id"),)

    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.product_id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    # Empty when none was stated: a key has no NULL.
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    variant: Mapped[str] = mapped_column(String(200), primary_key=True)
    checks: Mapped[int]
    in_stock: Mapped[int]
    lowest_price: Mapped[Decimal | None]
    lowest_at: Mapped[datetime | None]
    highest_price: Mapped[Decimal | None]
    highest_at: Mapped[datetime | None]
    last_price: Mapped[Decimal | None]
    last_at: Mapped[datetime | None]


class ModelSpend(Base):
    """A model's usage in one month, reserved before each question and settled after it."""

    __tablename__ = "model_spend"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)  # 2026-01
    tokens: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    cost_micros: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    requests: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
