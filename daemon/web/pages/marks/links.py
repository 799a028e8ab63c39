"""What links in messages lead to: a page that asks, and a form that does one thing, without login.

Programs that look at links in mail open them, so that a page changes nothing; mail programs send
the form by themselves when somebody unsubscribes.
Source: RFC 8058 §3.2 (a POST without cookies, of either kind of form, which leads nowhere else).
"""

from __future__ import annotations

from dataclasses import replace

from daemon.model.errors import NotFoundError
from daemon.notify.links import Link, read_link, write_link
from daemon.operations.people.links import Offer, follow, offer_of
from daemon.web.answers import Answer, Page, page
from daemon.web.request import Request


async def show_link(request: Request) -> Answer:
    """Say what a link would do, or that it is done."""
    try:
        offer = await offer_of(request.database, _link(request), request.now)
    except NotFoundError:
        return _nothing()
    return _page(request, offer, is_done=offer.is_so)


async def follow_link(request: Request) -> Answer:
    """Do what a link is for; again changes nothing."""
    address = request.asking.address
    try:
        offer = await follow(request.database, _link(request), address, request.now)
    except NotFoundError:
        return _nothing()
    return _page(request, offer, is_done=True)


def _link(request: Request) -> Link:
    """The link that was asked for.

    Errors: NotFoundError for one that was not made here, or has ended.
    """
    found = read_link(request.context.key, request.parts.text("token"), request.now)
    if found is None:
        raise NotFoundError("link", "")
    return found


def _page(request: Request, offer: Offer, *, is_done: bool) -> Page:
    back = offer.undone_by
    undo = write_link(request.context.key, back) if back else ""
    return replace(page("link.html", offer=offer, is_done=is_done, undo=undo), has_secret=True)


def _nothing() -> Page:
    """The same for whatever is wrong with a link."""
    return replace(page("link.html", 404, offer=None, is_done=False, undo=""), has_secret=True)
