"""What is remembered about hosts, so that a restart is no excuse for bad manners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.tables import Host


@dataclass(frozen=True, slots=True)
class HostRecord:
    """How a host wants to be treated."""

    host: str
    paused_until: datetime | None
    crawl_delay_seconds: float


async def load_hosts(session: AsyncSession, now: datetime) -> list[HostRecord]:
    """The hosts that still want something."""
    rows = await session.execute(
        select(Host.host, Host.paused_until, Host.crawl_delay_seconds).where(
            or_(Host.paused_until > now, Host.crawl_delay_seconds > 0)
        )
    )
    return [HostRecord(row.host, row.paused_until, row.crawl_delay_seconds or 0.0) for row in rows]


async def save_hosts(session: AsyncSession, records: Sequence[HostRecord], now: datetime) -> None:
    """Remember these hosts, and forget those that want nothing any more."""
    await session.execute(
        delete(Host).where(
            or_(Host.paused_until.is_(None), Host.paused_until <= now),
            or_(Host.crawl_delay_seconds.is_(None), Host.crawl_delay_seconds <= 0),
        )
    )
    if not records:
        return
    connection = await session.connection()
    kind: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    add = kind(Host.__table__)
    await connection.execute(
        add.on_conflict_do_update(
            index_elements=["host"],
            set_={
                "paused_until": add.excluded.paused_until,
                "crawl_delay_seconds": add.excluded.crawl_delay_seconds,
                "updated_at": now,
            },
        ),
        [
            {
                "host": record.host,
                "paused_until": record.paused_until,
                "crawl_delay_seconds": record.crawl_delay_seconds,
            }
            for record in sorted(records, key=lambda record: record.host)
        ],
    )
