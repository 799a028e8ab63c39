"""Does something to many sites: to those chosen, or to all that a filter lets through."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from daemon.model.errors import RequestError
from daemon.model.viewer import Viewer
from daemon.operations.lists.sites import SiteFilter, searchable
from daemon.operations.managing import TagChange
from daemon.store.catalogue.owned import make_due, retire, set_active, set_muted, set_tags
from daemon.store.catalogue.seen import mark_seen
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.views.lists.sites import BATCH, ChosenSite, chosen_by_id, chosen_sites


class Action(StrEnum):
    """What can be done to many sites at once."""

    CHECK = "check"
    SEEN = "seen"
    PAUSE = "pause"
    RESUME = "resume"
    SILENCE = "silence"
    UNSILENCE = "unsilence"
    TAG = "tag"
    REMOVE = "remove"


class Skipped(StrEnum):
    """Why an action leaves a site as it is."""

    MANAGED = "managed by the configuration"
    PAUSED = "paused"
    NOT_PAUSED = "not paused"
    NOT_SILENCED = "not silenced"
    SEEN = "seen already"
    TAGGED = "tagged so already"
    TOO_MANY_TAGS = "too many tags"
    GONE = "no longer there"


@dataclass(frozen=True, slots=True)
class Deed:
    """An action with what it needs: until when to silence, or which tags to change."""

    action: Action
    until: datetime | None = None
    tags: TagChange = field(default_factory=TagChange)


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many sites were changed, and how many were left as they are, by the reason.

    Shape: one that `is_cut` took too long, and did not come to all. Marks of what was seen are
           taken back by the instant at which this was asked for.
    """

    done: int = 0
    skipped: Mapping[Skipped, int] = field(default_factory=dict)
    is_cut: bool = False


_IN_THE_FILE = (Action.PAUSE, Action.RESUME, Action.TAG, Action.REMOVE)


async def carry_out(
    database: Database,
    viewer: Viewer,
    deed: Deed,
    which: SiteFilter | Sequence[UUID],
    now: datetime,
    patience: timedelta | None = None,
) -> BulkResult:
    """Do this to these of the viewer's live sites, or to all that are so.

    Shape: batch by batch, each in a transaction of its own, so that checks are written between;
           after so much `patience` no further one is begun.
    """
    until = None if patience is None else time.monotonic() + patience.total_seconds()
    done, skipped = 0, Counter[Skipped]()
    batches = _Batches(viewer, which, now)
    while batches.are_left:
        if until is not None and time.monotonic() >= until and batches.are_begun:
            return BulkResult(done, +skipped, is_cut=True)
        async with database.writing() as session:
            batch = await batches.next_one(session, skipped)
            done += await _do(session, viewer, deed, batch, now, skipped)
    return BulkResult(done, +skipped)


class _Batches:
    """The sites that are meant, piece by piece."""

    def __init__(self, viewer: Viewer, which: SiteFilter | Sequence[UUID], now: datetime) -> None:
        self._viewer, self._now = viewer, now
        self._filter = searchable(which) if isinstance(which, SiteFilter) else None
        self._ids = [] if isinstance(which, SiteFilter) else list(dict.fromkeys(which))
        self._after: UUID | None = None
        self.are_left = self._filter is not None or bool(self._ids)
        self.are_begun = False

    async def next_one(
        self, session: DatabaseSession, skipped: Counter[Skipped]
    ) -> list[ChosenSite]:
        """The next piece; ids that are no live site of the viewer's are skipped."""
        self.are_begun = True
        if self._filter is not None:
            batch = await chosen_sites(session, self._viewer, self._filter, self._now, self._after)
            self.are_left = len(batch) == BATCH
            self._after = batch[-1].id if batch else None
            return batch
        ids, self._ids = self._ids[:BATCH], self._ids[BATCH:]
        self.are_left = bool(self._ids)
        batch = await chosen_by_id(session, self._viewer, ids)
        skipped[Skipped.GONE] += len(ids) - len(batch)
        return batch


async def _do(
    session: DatabaseSession,
    viewer: Viewer,
    deed: Deed,
    batch: Sequence[ChosenSite],
    now: datetime,
    skipped: Counter[Skipped],
) -> int:
    """Do it to those of a batch that it concerns; how many they are."""
    why = {site.id: _why_not(deed, site, now) for site in batch}
    skipped.update(reason for reason in why.values() if reason is not None)
    concerned = [site for site in batch if why[site.id] is None]
    ids = [site.id for site in concerned]
    if not ids:
        return 0
    match deed.action:
        case Action.CHECK:
            await make_due(session, viewer, "site", ids, now)
        case Action.SEEN:
            marked = await mark_seen(session, viewer, ids, None, now)
            skipped[Skipped.SEEN] += len(ids) - marked
            return marked
        case Action.PAUSE | Action.RESUME:
            active = deed.action is Action.RESUME
            await set_active(session, viewer, "site", ids, now, active=active)
        case Action.SILENCE | Action.UNSILENCE:
            await set_muted(session, viewer, ids, deed.until)
        case Action.TAG:
            tags = {site.id: deed.tags.of(map(str, site.tags)) for site in concerned}
            await set_tags(session, viewer, "site", tags, now)
        case Action.REMOVE:
            await retire(session, viewer, "site", ids, now)
    return len(ids)


def _why_not(deed: Deed, site: ChosenSite, now: datetime) -> Skipped | None:
    """Why a deed leaves a site as it is; None when it does not."""
    if deed.action in _IN_THE_FILE and site.managed_by == "config":
        return Skipped.MANAGED
    if deed.action in (Action.CHECK, Action.PAUSE) and not site.is_active:
        return Skipped.PAUSED
    if deed.action is Action.RESUME and site.is_active:
        return Skipped.NOT_PAUSED
    if deed.action is Action.UNSILENCE and (site.muted_until is None or site.muted_until <= now):
        return Skipped.NOT_SILENCED
    return _why_no_tags(deed.tags, site) if deed.action is Action.TAG else None


def _why_no_tags(change: TagChange, site: ChosenSite) -> Skipped | None:
    tags = tuple(map(str, site.tags))
    try:
        return Skipped.TAGGED if change.of(tags) == tags else None
    except RequestError:
        return Skipped.TOO_MANY_TAGS
