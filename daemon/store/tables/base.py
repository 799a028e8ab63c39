"""The base of all tables: predictable names, and one type for each kind of value."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    MetaData,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.elements import conv

from daemon.model.change import ChangeType
from daemon.store.tables.types import Array, Instant, Money, Object


def utc_now() -> datetime:
    """The default of columns for when a row was created."""
    return datetime.now(UTC)


def one_of(column: str, words: tuple[str, ...] | type[ChangeType], name: str) -> CheckConstraint:
    """A constraint that a column holds one of these words, under exactly this name."""
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
        dict[str, Any]: Object,
        list[Any]: Array,
    }


class Timed:
    """The columns that say when a page is to be checked: as an owner asks, or all of its owners."""

    check_frequency: Mapped[str] = mapped_column(
        String(255), default="daily", server_default="daily"
    )
    time_zone: Mapped[str | None] = mapped_column(String(64))


class TimedByOwner(Timed):
    """The columns of one owner's wish when to check a page."""

    hours: Mapped[str | None] = mapped_column(String(255))
    days: Mapped[str | None] = mapped_column(String(64))
    detect_within: Mapped[str | None] = mapped_column(String(20))
    # When it was seen to have changed, to learn how rarely it may be checked.
    rhythm: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))


class Tagged:
    """What owners find by their own words."""

    tags: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))


def tags_index(table: str) -> Index:
    """The index for searches by tag; SQLite scans it whole, so only tagged rows are in it."""
    tagged = text("tags <> '[]'")
    return Index(f"ix_{table}_tags", "tags", sqlite_where=tagged, postgresql_using="gin")
