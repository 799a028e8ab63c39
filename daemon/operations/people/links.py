"""What the links in messages do: one thing each, for their recipient, without a login."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.alerting.destinations import name_in
from daemon.model.errors import NotFoundError
from daemon.model.viewer import Actor, Viewer
from daemon.notify.links import SILENT_FOR, UNDONE_BY, Deed, Link
from daemon.operations.changes import rate_change, the_change
from daemon.operations.installation.opening import Database
from daemon.operations.people.routes import is_paused, pause_channel, resume_channel
from daemon.operations.people.users import the_user
from daemon.operations.sites import SiteView, find_sites, mute

_RATINGS: dict[Deed, str | None] = {Deed.USEFUL: "useful", Deed.NOISE: "noise", Deed.UNRATE: None}
_OF_SITES = frozenset({Deed.SILENCE, Deed.UNSILENCE})


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link is about.

    Shape: `name` is that of the site or the channel, `summary` that of the change. It `is_so` if
           what it would do is done already, `until` when for a site that is silenced.
    """

    link: Link
    name: str
    summary: str = ""
    until: datetime | None = None
    is_so: bool = False

    @property
    def undone_by(self) -> Link | None:
        """The link that takes it back, as long as this one holds."""
        deed, link = UNDONE_BY.get(self.link.deed), self.link
        return Link(deed, link.user_id, link.about, link.ends_at) if deed else None


async def offer_of(database: Database, link: Link, now: datetime) -> Offer:
    """What a link would do.

    Errors: NotFoundError when its user, or what it is about, is not there any more.
    """
    viewer = await _recipient(database, link)
    if link.deed in _RATINGS:
        detail = await the_change(database, viewer, str(link.about))
        site = await _site(database, viewer, detail.view.site_id)
        return Offer(link, site.name, detail.view.summary or "")
    if link.deed in _OF_SITES:
        site = await _site(database, viewer, link.about)
        until = site.muted_until if site.muted_until and site.muted_until > now else None
        if link.deed is Deed.UNSILENCE:
            return Offer(link, site.name, until=until, is_so=until is None)
        is_so = until is not None and until >= now + SILENT_FOR
        return Offer(link, site.name, until=until if is_so else now + SILENT_FOR, is_so=is_so)
    paused = await is_paused(database, viewer, viewer.user_id, str(link.about))
    return Offer(link, name_in(str(link.about)), is_so=paused is (link.deed is Deed.UNSUBSCRIBE))


async def follow(database: Database, link: Link, address: str, now: datetime) -> Offer:
    """Do what a link does; to do it again changes nothing.

    Shape:  what it was about before; a site that is silenced for longer stays so.
    Errors: NotFoundError as of `offer_of`.
    """
    offer = await offer_of(database, link, now)
    viewer, about = Viewer(link.user_id), str(link.about)
    if link.deed in _RATINGS:
        await rate_change(database, viewer, about, _RATINGS[link.deed], now)
    elif offer.is_so:
        return offer
    elif link.deed in _OF_SITES:
        await mute(database, viewer, [about], offer.until if link.deed is Deed.SILENCE else None)
    else:
        change = pause_channel if link.deed is Deed.UNSUBSCRIBE else resume_channel
        await change(database, Actor(viewer, "link", address), link.user_id, about, now)
    return offer


async def _recipient(database: Database, link: Link) -> Viewer:
    """Who got the message, without what an admin may do.

    Shape:  one who may not log in any more can still unsubscribe, and nothing else.
    Errors: NotFoundError.
    """
    viewer = Viewer(link.user_id)
    user = await the_user(database, viewer, link.user_id)
    if user.id != link.user_id or (user.is_disabled and link.deed is not Deed.UNSUBSCRIBE):
        raise NotFoundError("user", link.user_id)
    return viewer


async def _site(database: Database, viewer: Viewer, id_: UUID | str) -> SiteView:
    found = await find_sites(database, viewer, [str(id_)])
    if not found.views:
        raise NotFoundError("site", str(id_))
    return found.views[0]
