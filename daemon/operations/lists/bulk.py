"""Does something to many sites: to those chosen, or to all that a filter lets through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from daemon.model.errors import RequestError
from daemon.model.viewer import Viewer
from daemon.operations.lists.sites import SiteFilter, searchable
from daemon.operations.managing import TagChange
from daemon.store.catalogue.owned import make_due, retire, set_active, set_muted, set_tags
from daemon.store.catalogue.seen import mark_seen
from daemon.store.core.chunks import chunks
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

    Shape: marks of what was seen are taken back by the instant at which this was asked for.
    """

    done: int = 0
    skipped: Mapping[Skipped, int] = field(default_factory=dict)


_IN_THE_FILE = (Action.PAUSE, Action.RESUME, Action.TAG, Action.REMOVE)


async def carry_out(
    database: Database,
    viewer: Viewer,
    deed: Deed,
    which: SiteFilter | Sequence[UUID],
    now: datetime,
) -> BulkResult:
    """Do this to these of the viewer's live sites, or to all that are so.

    Shape: batch by batch, each in a transaction of its own, so that checks are written between.
    """
    done, skipped = 0, Counter[Skipped]()
    if isinstance(which, SiteFilter):
        after: UUID | None = None
        wanted = searchable(which)
        while True:
            async with database.writing() as session:
                batch = await chosen_sites(session, viewer, wanted, now, after)
                done += await _do(session, viewer, deed, batch, now, skipped)
            if len(batch) < BATCH:
                return BulkResult(done, +skipped)
            after = batch[-1].id
    for ids in chunks(list(dict.fromkeys(which)), BATCH):
        async with database.writing() as session:
            batch = await chosen_by_id(session, viewer, ids)
            done += await _do(session, viewer, deed, batch, now, skipped)
        if gone := len(ids) - len(batch):
            skipped[Skipped.GONE] += gone
    return BulkResult(done, +skipped)


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
