"""Many sites in all states, of two owners, with pages and changes; written in a few statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.site import Owner
from daemon.packing import content_hash, pack
from daemon.store import tables
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.tables.ids import new_id
from tests.making import PAST

NOW = PAST + timedelta(days=1)
HOUR = timedelta(hours=1)
OWNERS = ("ada", "bob")
# What each of ten in a row is like; the others are fine.
_SITE: dict[int, dict[str, Any]] = {
    1: {"is_active": False},
    2: {"blind_spot": "login_wall", "blind_since": PAST, "error_class": "auth"},
    3: {"error_class": "selector", "error_detail": "no match"},
    5: {"muted_until": NOW + HOUR},
    6: {"muted_until": PAST},
    7: {"text_hash": NOTHING_CHOSEN},
    8: {"error_class": "overload"},
}
_PAGE: dict[int, dict[str, Any]] = {
    1: {"is_active": False},
    4: {"error_class": "timeout", "error_detail": "no answer", "failing_since": PAST},
    9: {"last_checked_at": None},
}


async def have_many_sites(database: Database, number: int) -> None:
    """So many sites for each owner, ten alike in a row; every third has changed, some unseen."""
    pages, sites, changes = [], [], []
    for owner_id in OWNERS:
        for index in range(number):
            page, site = _page(owner_id, index), _site(owner_id, index)
            site["page_id"] = page["id"]
            if index % 3 == 0:
                changes.append(_change(site))
            pages.append(page)
            sites.append(site)
    async with database.writing() as session:
        await sync_owners(session, [Owner(name, f"{name}@example.org") for name in OWNERS])
        connection = await session.connection()
        await connection.execute(insert(tables.Page.__table__), pages)
        await connection.execute(insert(tables.MonitoredSite.__table__), sites)
        if changes:
            await connection.execute(insert(tables.ContentUpdate.__table__), changes)
        await connection.execute(insert(tables.Content.__table__), [_nothing()])
        absent = [site for site in sites if site["text_hash"] == NOTHING_CHOSEN]
        if absent:
            await connection.execute(
                insert(tables.Snapshot.__table__), [_absence(site) for site in absent]
            )


def _url(owner_id: str, index: int) -> str:
    return f"https://{owner_id}.example/{index}"


def _page(owner_id: str, index: int) -> dict[str, Any]:
    url = _url(owner_id, index)
    plain = {
        "id": new_id(),
        "request_key": content_hash(url.encode()),
        "url": url,
        "host": f"{owner_id}.example",
        "is_active": True,
        "next_check_at": NOW + index % 7 * HOUR,
        "last_checked_at": PAST + index % 5 * HOUR,
        "error_class": None,
        "error_detail": None,
        "failing_since": None,
    }
    return plain | _PAGE.get(index % 10, {})


def _site(owner_id: str, index: int) -> dict[str, Any]:
    changed_at = PAST + index % 11 * HOUR if index % 3 == 0 else None
    plain = {
        "id": new_id(),
        "name": f"{owner_id} {index:05}",
        "url": _url(owner_id, index),
        "owner_id": owner_id,
        "site_type": "blog" if index % 2 else None,
        "tags": ["work"] if index % 4 == 0 else [],
        "is_active": True,
        "managed_by": "cli",
        "last_changed_at": changed_at,
        "seen_at": PAST + 5 * HOUR,
        "created_at": PAST - 9 * HOUR,
        "text_hash": None,
        "blind_spot": None,
        "blind_since": None,
        "error_class": None,
        "error_detail": None,
        "muted_until": None,
    }
    return plain | _SITE.get(index % 10, {})


def _change(site: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "site_id": site["id"],
        "owner_id": site["owner_id"],
        "detected_at": site["last_changed_at"],
        "change_type": "major",
        "summary": f"News of {site['name']}.",
    }


def _nothing() -> dict[str, Any]:
    packed = pack(b"")
    return {
        "hash": packed.hash,
        "codec": "zstd",
        "size_bytes": packed.size_bytes,
        "data": packed.data,
    }


def _absence(site: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "site_id": site["id"],
        "text_hash": NOTHING_CHOSEN,
        "kind": "html",
        "extractor": "html/1",
        "url": site["url"],
        "first_seen_at": PAST,
        "last_seen_at": PAST,
    }
