"""Many sites and changes, made in one statement each: enough that plans of queries are real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from daemon.model.change import ChangeType
from daemon.model.reading import NOTHING_CHOSEN
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite, Page, User
from daemon.store.tables.ids import first_id

BEGAN = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
_AT_ONCE = 5000


async def have_many(
    database: Database, owners: Sequence[str], sites: int, changes: int, *, with_owners: bool = True
) -> None:
    """So many sites, dealt out to these owners, and changes, one a minute, to all in turn.

    Shape: some sites fail, are blind or show nothing; every third is unseen for its last changes;
           every 10th change matters. Each 5th site is tagged `fifth`, each 100th `rare`.
    """
    last = BEGAN + timedelta(minutes=changes)
    async with database.writing() as session:
        connection = await session.connection()
        users = [{"id": o, "email": f"{o}@example.org", "preferences": {}} for o in owners]
        await connection.execute(insert(User.__table__), users)
        for table, rows in (
            (Page, (_page(n) for n in range(sites))),
            (MonitoredSite, (_site(n, owners[n % len(owners)], last) for n in range(sites))),
            (
                ContentUpdate,
                (
                    _change(n, n % sites, owners[n % sites % len(owners)] if with_owners else None)
                    for n in range(changes)
                ),
            ),
        ):
            for some in _chunks(rows):
                await connection.execute(insert(table.__table__), some)
    if database.is_shared:
        async with database.bare() as connection:
            await connection.execute(text("ANALYZE"))


def site_id(number: int) -> UUID:
    """The id of a site by its number."""
    return _id(1, number)


def change_id(number: int) -> UUID:
    """The id of a change by its number."""
    return UUID(int=first_id(detected_at(number)).int | number)


def detected_at(number: int) -> datetime:
    """When a change was found."""
    return BEGAN + timedelta(minutes=number)


def site_of(number: int, sites: int) -> int:
    """The number of the site of a change."""
    return number % sites


def is_of_site(number: int, sites: int, *parts: int) -> bool:
    """Whether a change is of a site whose number leaves such a remainder: divisor, remainder, …."""
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return any(site_of(number, sites) % divisor == rest for divisor, rest in pairs)


def kind_of(number: int) -> ChangeType:
    """The severity of a change."""
    kinds = tuple(ChangeType)
    return kinds[2 + number // 10 % 2] if number % 10 == 9 else kinds[number % 2]


def is_unseen(number: int, sites: int, changes: int) -> bool:
    """Whether a change of so many is unseen."""
    return site_of(number, sites) % 3 == 0 and number > changes - 100


def _page(number: int) -> dict[str, Any]:
    return {
        "id": _id(2, number),
        "request_key": f"{number:032x}",
        "method": "GET",
        "url": f"https://site{number}.example/",
        "headers": {},
        "host": f"site{number}.example:443",
        "next_check_at": BEGAN,
        "error_class": "dns" if number % 50 == 0 else None,
        "error_detail": "no such host" if number % 50 == 0 else None,
        "failing_since": BEGAN if number % 50 == 0 else None,
    }


def _site(number: int, owner_id: str, last: datetime) -> dict[str, Any]:
    is_failing, is_blind = number % 20 == 1, number % 30 == 2
    return {
        "id": site_id(number),
        "name": f"Site {number:06}",
        "url": f"https://site{number}.example/",
        "owner_id": owner_id,
        "page_id": _id(2, number),
        "tags": ["rare"] if number % 100 == 6 else ["fifth"] if number % 5 == 0 else [],
        "rules": {},
        "error_class": "selector" if is_failing else None,
        "blind_spot": "cookies" if is_blind else None,
        "blind_since": BEGAN if is_blind else None,
        "text_hash": NOTHING_CHOSEN if number % 40 == 3 else f"{number:032x}",
        "last_changed_at": last,
        "seen_at": last - timedelta(minutes=100) if number % 3 == 0 else last,
        "created_at": BEGAN,
        "updated_at": BEGAN,
    }


def _change(number: int, of_site: int, owner_id: str | None) -> dict[str, Any]:
    return {
        "id": change_id(number),
        "site_id": site_id(of_site),
        "owner_id": owner_id,
        "title": f"Title {number}",
        "detected_at": detected_at(number),
        "change_type": kind_of(number),
        "is_significant": number % 10 == 9,
        "confidence_score": (number % 100) / 100,
        "category": ("content", "price", "wording")[number % 3],
        "summary": f"Line {number} came, and another one went.",
        "raw_content": "-one\n+two\n" * 40,
        "reasons": [],
        "analysis_status": "done",
    }


def _id(kind: int, number: int) -> UUID:
    return UUID(int=kind << 64 | number)


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some
