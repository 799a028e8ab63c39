"""Enforces a quota of stored bytes per site: what is dropped first, and what always stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.logs.logger import get_logger
from daemon.store.core.chunks import chunks
from daemon.store.retention.ages import is_current, is_needed, is_referred
from daemon.store.retention.batching import FOUND_AT_ONCE, Sweep, free_of_others, in_steps
from daemon.store.tables import Content, MonitoredSite, Snapshot
from daemon.store.tables.ids import first_id

log = get_logger(__name__)

_SITES_AT_ONCE = 200
_BATCH_BYTES = 2 << 20  # freeing one large content takes as long as many small ones
_TOLD_EVERY = timedelta(days=1)
_CLOCKS_DIFFER = timedelta(days=1)  # the clocks of daemons that write states, which may be set back
_WALK, _TOLD = "quota", "over_quota"


@dataclass(frozen=True, slots=True)
class KeptState:
    """A state of a site, and the contents that it refers to.

    Shape: `is_referred` to by a change; `is_current` if the next check is compared with it.
    """

    id: UUID
    text_hash: str
    source_hash: str | None
    is_referred: bool
    is_current: bool
    picture_hash: str | None = None

    @property
    def hashes(self) -> tuple[str, ...]:
        """The contents that it refers to."""
        return tuple(filter(None, (self.text_hash, self.source_hash, self.picture_hash)))


class _Contents:
    """The contents that a site's states refer to, while some of the states are dropped."""

    def __init__(self, states: Sequence[KeptState], sizes: Mapping[str, int]) -> None:
        self._uses = Counter(key for one in states for key in one.hashes)
        self._sizes = sizes
        self.left_bytes = sum(sizes.get(key, 0) for key in self._uses)
        self.freed: list[str] = []

    def release(self, key: str) -> None:
        """One state refers to this content no longer; without any other it is free."""
        self._uses[key] -= 1
        if not self._uses[key] and key in self._sizes:
            self.freed.append(key)
            self.left_bytes -= self._sizes[key]


@dataclass(frozen=True, slots=True)
class Surplus:
    """What to drop of a site: sources of states that stay, and whole states.

    Shape: `hashes` are the contents that the site then no longer refers to.
    Units: `left_bytes` is what it still keeps, compressed.
    """

    sources: tuple[UUID, ...]
    states: tuple[UUID, ...]
    hashes: tuple[str, ...]
    left_bytes: int


def surplus_of(states: Sequence[KeptState], sizes: Mapping[str, int], most_bytes: int) -> Surplus:
    """What to drop so that a site keeps at most so many bytes.

    Shape:  `states` oldest first. Of states that no change refers to, sources are dropped first,
            then the whole states; then the sources of the others. Their texts stay, and all of
            the current state, even if they exceed the quota.
    Errors: none.
    """
    contents = _Contents(states, sizes)
    needed = {key for one in states if one.is_current for key in one.hashes}
    gone: dict[str, list[UUID]] = {"source": [], "text": []}
    for what, one, key in _in_turn(states):
        if contents.left_bytes <= most_bytes:
            break
        if key in needed:
            continue
        gone[what].append(one.id)
        contents.release(key)
    whole = frozenset(gone["text"])
    sources = tuple(key for key in dict.fromkeys(gone["source"]) if key not in whole)
    return Surplus(sources, tuple(gone["text"]), tuple(contents.freed), contents.left_bytes)


def _in_turn(states: Sequence[KeptState]) -> Iterator[tuple[str, KeptState, str]]:
    """What may be dropped, in that order."""
    older = [one for one in states if not one.is_current]
    free = [one for one in older if not one.is_referred]
    yield from _sources(free)
    yield from (("text", one, one.text_hash) for one in free)
    yield from _sources([one for one in older if one.is_referred])


def _sources(states: Sequence[KeptState]) -> Iterator[tuple[str, KeptState, str]]:
    """What states were read from, and how they looked, which goes with it."""
    for one in states:
        yield from (("source", one, key) for key in one.hashes[1:])


@dataclass(slots=True)
class _QuotaWalk:
    """How far the sites were examined: all of them once, then those with new states.

    Shape: `after` is the site, or the state, to continue after.
    """

    most_bytes: int
    began_at: datetime
    is_of_all: bool = True
    after: UUID | None = None
    is_done: bool = False


async def drop_beyond_quota(sweep: Sweep, now: datetime, most_bytes: int) -> int:
    """Drop what exceeds the quota of each site; returns how many sources and states.

    Shape: a site whose changes and current state alone exceed it is logged once a day. Contents
           count compressed, once for each site that refers to them. After the first round, which
           examines all sites, only those with new states are examined.
    """
    walk = sweep.places[_WALK] = _next_walk(sweep.places.get(_WALK), now, most_bytes)
    key = MonitoredSite.id if walk.is_of_all else Snapshot.id
    search = in_steps(key, partial(_beyond, walk), _SITES_AT_ONCE)
    dropped = 0
    while not (walk.is_done or sweep.is_over()):
        async with sweep.database.reading() as session:
            found, then = await search(session, walk.after, FOUND_AT_ONCE)
        for site_id in found:
            dropped += await _trim(sweep, site_id, now, most_bytes)
        if not sweep.is_over():
            walk.is_done, walk.after = then is None, then
    return dropped


def _next_walk(last: _QuotaWalk | None, now: datetime, most_bytes: int) -> _QuotaWalk:
    if last is None or last.most_bytes != most_bytes:
        return _QuotaWalk(most_bytes, now)
    if not last.is_done:
        return last
    return _QuotaWalk(
        most_bytes, now, is_of_all=False, after=first_id(last.began_at - _CLOCKS_DIFFER)
    )


def _beyond(walk: _QuotaWalk, step: Any) -> Select[Any]:
    """The sites of this step that exceed their quota."""
    sites = select(MonitoredSite.id) if walk.is_of_all else select(Snapshot.site_id)
    here = Snapshot.site_id.in_(sites.where(step))
    parts = union(
        select(Snapshot.site_id, Snapshot.text_hash.label("hash")).where(here),
        select(Snapshot.site_id, Snapshot.source_hash).where(here),
        select(Snapshot.site_id, Snapshot.picture_hash).where(here),
    ).subquery()
    return (
        select(parts.c.site_id)
        .join(Content, Content.hash == parts.c.hash)
        .group_by(parts.c.site_id)
        .having(func.sum(func.length(Content.data)) > walk.most_bytes)
    )


async def _trim(sweep: Sweep, site_id: UUID, now: datetime, most_bytes: int) -> int:
    async with sweep.database.reading() as session:
        states = await _held(session, site_id)
        sizes = await _sizes(session, states)
    surplus = surplus_of(states, sizes, most_bytes)
    if surplus.left_bytes > most_bytes:
        await _tell(sweep, site_id, now, surplus.left_bytes, most_bytes)
    dropped = await sweep.each(surplus.sources, _forget_sources)
    dropped += await sweep.each(surplus.states, _drop_states)
    for batch in _batches(surplus.hashes, sizes):
        if sweep.is_over():
            break
        await sweep.one(partial(_free, batch))
    return dropped


async def _held(session: AsyncSession, site_id: UUID) -> list[KeptState]:
    rows = await session.execute(
        select(
            Snapshot.id,
            Snapshot.text_hash,
            Snapshot.source_hash,
            is_referred,
            is_current,
            Snapshot.picture_hash,
        )
        .where(Snapshot.site_id == site_id)
        .order_by(Snapshot.last_seen_at, Snapshot.id)
    )
    return [KeptState(*row) for row in rows]


async def _sizes(session: AsyncSession, states: Sequence[KeptState]) -> dict[str, int]:
    keys = {key for one in states for key in one.hashes}
    sizes: dict[str, int] = {}
    for some in chunks(sorted(keys)):
        rows = await session.execute(
            select(Content.hash, func.length(Content.data).label("size")).where(
                Content.hash.in_(some)
            )
        )
        sizes |= {row.hash: row.size for row in rows}
    return sizes


async def _forget_sources(session: AsyncSession, batch: Sequence[UUID]) -> int:
    mine = await free_of_others(session, Snapshot.id, batch)
    done = await session.scalars(
        update(Snapshot)
        .where(Snapshot.id.in_(mine), ~is_current)
        .values(source_hash=None, picture_hash=None)
        .returning(Snapshot.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


async def _drop_states(session: AsyncSession, batch: Sequence[UUID]) -> int:
    mine = await free_of_others(session, Snapshot.id, batch)
    done = await session.scalars(
        delete(Snapshot)
        .where(Snapshot.id.in_(mine), ~is_referred, ~is_current)
        .returning(Snapshot.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def _batches(hashes: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    batch: list[str] = []
    room = _BATCH_BYTES
    for key in hashes:
        if batch and sizes[key] > room:
            yield batch
            batch, room = [], _BATCH_BYTES
        batch.append(key)
        room -= sizes[key]
    if batch:
        yield batch


async def _free(hashes: Sequence[str], session: AsyncSession) -> int:
    """Drop contents at once, not after a day, as a page may produce as much every minute."""
    mine = await free_of_others(session, Content.hash, hashes)
    done = await session.scalars(
        delete(Content)
        .where(Content.hash.in_(mine), ~is_needed)
        .returning(Content.hash)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


async def _tell(sweep: Sweep, site_id: UUID, now: datetime, left: int, most: int) -> None:
    """Log that a site cannot be brought under its quota."""
    told: dict[UUID, datetime] = sweep.places.setdefault(_TOLD, {})
    if now - told.get(site_id, datetime.min.replace(tzinfo=now.tzinfo)) < _TOLD_EVERY:
        return
    told[site_id] = now
    async with sweep.database.reading() as session:
        name = await session.scalar(select(MonitoredSite.name).where(MonitoredSite.id == site_id))
    log.warning("site_over_quota", site=name, kept_bytes=left, quota_bytes=most, hint=_HINT)


_HINT = "what its changes refer to stays: shorten retention.updates, or choose less of the page"
