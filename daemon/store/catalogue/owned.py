"""What sites and products have in common: names, look-up and management by owners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from daemon.model.product import ProductRules
from daemon.model.request import Timing
from daemon.model.site import Rules
from daemon.model.viewer import Viewer
from daemon.store.catalogue.page_subscriptions import change_owned
from daemon.store.core.chunks import chunks
from daemon.store.core.json_columns import rules_to_json
from daemon.store.core.visibility import is_visible
from daemon.store.tables import MonitoredSite, Page, Product
from daemon.store.tables.types import has_any_tag, has_tags
from daemon.url import LONGEST_NAME

Kind = Literal["site", "product"]
KINDS: tuple[Kind, ...] = ("site", "product")

_KEYS: dict[Kind, InstrumentedAttribute[UUID]] = {
    "site": MonitoredSite.id,
    "product": Product.product_id,
}


_ROOM_FOR_NUMBER = 10


@dataclass(frozen=True, slots=True)
class Described:
    """When a site or product is to be checked, and by which rules it is read."""

    timing: Timing
    rules: Rules | ProductRules


class TakenNames:
    """The names in use for one kind of object."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 1)

    def free(self, name: str) -> str:
        """Take this name, or the first free one of `name (2)`, `name (3)`, …."""
        free = name
        while free in self._taken:
            self._numbers[name] += 1
            free = f"{name[: LONGEST_NAME - _ROOM_FOR_NUMBER]} ({self._numbers[name]})"
        self._taken.add(free)
        return free


async def live_names(
    session: AsyncSession, viewer: Viewer, kinds: Sequence[Kind], beginning: str, limit: int
) -> list[str]:
    """The names of live sites, live products, or both, sorted, each once.

    Shape: letter case makes no difference.
    """
    queries = [
        select(table.name.label("name"))
        .where(table.name.istartswith(beginning, autoescape=True))
        .where(table.deleted_at.is_(None), is_visible(table.owner_id, viewer))
        for table in (_KEYS[kind].class_ for kind in kinds)
    ]
    return list(await session.scalars(union(*queries).order_by("name").limit(limit)))


async def live_tags(session: AsyncSession, viewer: Viewer, kinds: Sequence[Kind]) -> list[str]:
    """The tags of live sites, live products, or both, sorted, each once."""
    found: set[str] = set()
    for owned in (_KEYS[kind].class_ for kind in kinds):
        rows = await session.execute(
            select(owned.tags)
            .where(has_tags(owned.tags))
            .where(owned.deleted_at.is_(None), is_visible(owned.owner_id, viewer))
            .distinct()
        )
        found.update(tag for row in rows for tag in row.tags)
    return sorted(found)


async def unused_tags(
    session: AsyncSession, viewer: Viewer, kinds: Sequence[Kind], tags: Sequence[str]
) -> list[str]:
    """Those of these tags that no live site or product of these kinds has."""
    wanted = [
        or_(
            *(
                select(owned.name)
                .where(has_any_tag(owned.tags, [tag]), owned.deleted_at.is_(None))
                .where(is_visible(owned.owner_id, viewer))
                .exists()
                for owned in (_KEYS[kind].class_ for kind in kinds)
            )
        ).label(f"is_used_{index}")
        for index, tag in enumerate(tags)
    ]
    used = (await session.execute(select(*wanted))).one() if wanted else ()
    return [tag for tag, is_used in zip(tags, used, strict=True) if not is_used]


async def set_tags(
    session: AsyncSession,
    viewer: Viewer,
    kind: Kind,
    tags: Mapping[UUID, Sequence[str]],
    now: datetime,
) -> None:
    """Give those of these sites or products that are the viewer's the tags beside their ids."""
    key = _KEYS[kind]
    table = key.class_.__table__
    statement = (
        update(table)
        .where(table.c[key.key] == bindparam("owned"), is_visible(key.class_.owner_id, viewer))
        .values(tags=bindparam("its"), updated_at=now)
    )
    if tags:
        connection = await session.connection()
        rows = [{"owned": one, "its": list(its)} for one, its in tags.items()]
        await connection.execute(statement, rows)


async def addresses_by_name(
    session: AsyncSession, viewer: Viewer, kind: Kind, owner_id: str
) -> dict[str, list[str]]:
    """The names that an owner has given to live sites or products, each with its addresses."""
    key = _KEYS[kind]
    owned = key.class_
    rows = await session.execute(
        select(owned.name, owned.url)
        .where(owned.owner_id == owner_id, is_visible(owned.owner_id, viewer))
        .where(owned.deleted_at.is_(None))
        .order_by(key)
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.name].append(row.url)
    return dict(found)


async def retire(
    session: AsyncSession, viewer: Viewer, kind: Kind, ids: Sequence[UUID], now: datetime
) -> None:
    """Soft-delete those of these sites or products that are the viewer's; their history stays.

    Shape: what the page of a site names goes with it, here and when it is paused or muted.
    """
    await _change(session, viewer, kind, ids, {"deleted_at": now}, now)


async def set_active(
    session: AsyncSession,
    viewer: Viewer,
    kind: Kind,
    ids: Sequence[UUID],
    now: datetime,
    *,
    active: bool,
) -> None:
    """Pause or resume those of these sites or products that are the viewer's."""
    await _change(session, viewer, kind, ids, {"is_active": active}, now)


async def rename(
    session: AsyncSession, viewer: Viewer, kind: Kind, ids: Sequence[UUID], name: str, now: datetime
) -> None:
    """Call those of these sites or products that are the viewer's so."""
    await _set(session, viewer, kind, ids, {"name": name, "updated_at": now}, now)


async def set_described(
    session: AsyncSession,
    viewer: Viewer,
    kind: Kind,
    one: UUID,
    described: Described,
    now: datetime,
) -> None:
    """Have a site or product of the viewer's checked and read so."""
    rules = rules_to_json(described.rules)
    values = {**asdict(described.timing), "rules": rules, "updated_at": now}
    await _set(session, viewer, kind, [one], values, now)


async def set_target(
    session: AsyncSession,
    viewer: Viewer,
    product_id: UUID,
    target_price: Decimal | None,
    currency: str | None,
    now: datetime,
) -> None:
    """Wait for this price of a product of the viewer's, in this currency."""
    values = {"target_price": target_price, "currency": currency, "updated_at": now}
    await _set(session, viewer, "product", [product_id], values, now)


async def make_due(
    session: AsyncSession, viewer: Viewer, kind: Kind, ids: Sequence[UUID], now: datetime
) -> None:
    """Make the pages of these sites or products due now, as far as they are active.

    Shape: one that is being checked is due again once that check has ended: it may have been asked
           before the change that somebody has just heard of.
    """
    key = _KEYS[kind]
    owned = key.class_
    for some in chunks(ids):
        pages = select(owned.page_id).where(
            key.in_(some),
            owned.is_active,
            owned.deleted_at.is_(None),
            is_visible(owned.owner_id, viewer),
        )
        await session.execute(
            update(Page)
            .where(
                Page.id.in_(pages),
                Page.is_active,
                or_(Page.next_check_at > now, Page.leased_by.is_not(None)),
            )
            .values(next_check_at=now)
            .execution_options(synchronize_session=False)
        )


async def set_muted(
    session: AsyncSession, viewer: Viewer, site_ids: Sequence[UUID], until: datetime | None
) -> None:
    """Mute these sites, and those that their pages name, until then; None unmutes them."""
    for some in chunks(await with_children(session, "site", site_ids)):
        await session.execute(
            update(MonitoredSite)
            .where(MonitoredSite.id.in_(some), is_visible(MonitoredSite.owner_id, viewer))
            .values(muted_until=until)
            .execution_options(synchronize_session=False)
        )


async def forget_cookies(
    session: AsyncSession, viewer: Viewer, kind: Kind, ids: Sequence[UUID]
) -> set[UUID]:
    """Drop the cookies that the pages of these sites or products keep; whose there were any."""
    key, found = _KEYS[kind], set[UUID]()
    for some in chunks(ids):
        rows = await session.execute(
            select(key.label("id"), Page.id.label("page_id"))
            .join(Page, Page.id == key.class_.page_id)
            .where(key.in_(some), is_visible(key.class_.owner_id, viewer))
            .where(Page.cookies.is_not(None))
        )
        pages = {row.id: row.page_id for row in rows}
        await session.execute(
            update(Page)
            .where(Page.id.in_(pages.values()))
            .values(cookies=None, cookies_by=None)
            .execution_options(synchronize_session=False)
        )
        found |= pages.keys()
    return found


async def with_children(session: AsyncSession, kind: Kind, ids: Sequence[UUID]) -> list[UUID]:
    """These, and the live sites that their pages name."""
    found = list(ids)
    for some in chunks(ids) if kind == "site" else ():
        of_these = MonitoredSite.parent_id.in_(some), MonitoredSite.deleted_at.is_(None)
        found += await session.scalars(select(MonitoredSite.id).where(*of_these))
    return list(dict.fromkeys(found))


async def _change(
    session: AsyncSession,
    viewer: Viewer,
    kind: Kind,
    ids: Sequence[UUID],
    values: dict[str, Any],
    now: datetime,
) -> None:
    await _set(session, viewer, kind, await with_children(session, kind, ids), values, now)


async def _set(
    session: AsyncSession,
    viewer: Viewer,
    kind: Kind,
    ids: Sequence[UUID],
    values: Mapping[str, Any],
    now: datetime,
) -> None:
    key = _KEYS[kind]
    theirs = is_visible(key.class_.owner_id, viewer)
    await change_owned(session, key, ids, values, now, theirs)
