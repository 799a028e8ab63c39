"""What is left of single checks once they are dropped: figures for each day, by UTC."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from daemon.store.tables.base import Base


class CheckDay(Base):
    """How the dropped attempts on a page went, on one day."""

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


class PriceDay(Base):
    """What the dropped checks of a product found, on one day, in one currency and variant."""

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
