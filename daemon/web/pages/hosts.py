"""The pages of hosts: how politely they are asked, and how they answer."""

from __future__ import annotations

from uuid import UUID

from daemon.operations.installation import hosts
from daemon.web.answers import Answer, page
from daemon.web.cursors import write_cursor
from daemon.web.request import Request
from daemon.web.turning import turn_of

_NO_ID = UUID(int=0)  # hosts are sorted by their names alone


async def list_hosts(request: Request) -> Answer:
    """All hosts by name; those that ask to be left alone stand out."""
    place = turn_of(request, str).cursor
    after = str(place.value) if place else ""
    found = await hosts.list_hosts(request.database, request.viewer, after, request.page_size)
    last = found.hosts[-1].host if found.is_more else None
    return page(
        "hosts.html",
        found=found,
        is_first=place is None,
        next=write_cursor(request.context.key, last, _NO_ID) if last else None,
        fetch=request.config.fetch,
    )


async def show_host(request: Request) -> Answer:
    """One host: what it asked for, its pages, and how it answered this week."""
    host = request.parts.text("host")
    record = await hosts.the_host(
        request.database, request.viewer, host, request.now, request.page_size
    )
    return page("host.html", record=record, fetch=request.config.fetch)
