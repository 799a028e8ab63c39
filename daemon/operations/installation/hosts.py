"""Shows how hosts are treated and how they answer, for admins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.viewers import refuse_all_but_admins
from daemon.store.core.database import Database
from daemon.store.views.lists import hosts as views
from daemon.store.views.lists.hosts import HostFigures as HostFigures
from daemon.store.views.lists.hosts import HostPage as HostPage
from daemon.store.views.lists.hosts import HostPages as HostPages
from daemon.store.views.lists.hosts import HostView as HostView

_LATELY = timedelta(days=7)
_KIND = "record of hosts"


@dataclass(frozen=True, slots=True)
class Hosts:
    """Hosts by name, whether there are more, and those that ask to be left alone now."""

    hosts: Sequence[HostView]
    is_more: bool
    pausing: Sequence[HostView]


@dataclass(frozen=True, slots=True)
class HostRecord:
    """A host with its pages, the first of them, and how it answered since an instant."""

    host: HostView
    counts: HostPages
    pages: Sequence[HostPage]
    figures: HostFigures
    since: datetime


async def list_hosts(database: Database, viewer: Viewer, after: str, limit: int) -> Hosts:
    """The hosts whose pages are looked at, by name, after a name.

    Errors: NotAllowedError, StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    async with database.reading() as session:
        found = await views.list_hosts(session, after, limit + 1)
        pausing = await views.list_pausing(session, limit)
    return Hosts(found[:limit], len(found) > limit, pausing)


async def the_host(
    database: Database, viewer: Viewer, host: str, now: datetime, limit: int
) -> HostRecord:
    """What is kept of one host.

    Errors: NotAllowedError; NotFoundError when no page is known of it; StoreError.
    """
    refuse_all_but_admins(viewer, _KIND)
    since = now - _LATELY
    async with database.reading() as session:
        known = await views.get_host(session, host)
        if known is None:
            raise NotFoundError("host", host)
        pages = await views.pages_of_host(session, host, limit)
        figures = await views.host_figures(session, host, since)
    return HostRecord(*known, pages, figures, since)
