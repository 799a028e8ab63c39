"""The interface for programs as people read of it, and its description to save."""

from __future__ import annotations

import asyncio
from itertools import groupby

from daemon.web.answers import Answer, File, page
from daemon.web.pages.api.description import written
from daemon.web.pages.api.reading import CONTENT_TYPE
from daemon.web.pages.api.table import ENDPOINTS, PREFIX, Endpoint
from daemon.web.request import Request


async def show_api(request: Request) -> Answer:
    """What programs can ask here, and how."""
    return page(
        "api.html",
        base=f"{request.origin}{PREFIX}",
        has_logins=request.config.web.has_logins,
        families=[(name, list(rows)) for name, rows in groupby(ENDPOINTS, _family)],
    )


async def download_document(request: Request) -> Answer:
    """The description, as tools take it."""
    del request
    return File((await asyncio.to_thread(written)).encode(), CONTENT_TYPE, name="openapi.json")


def _family(one: Endpoint) -> str:
    return one.path.split("/")[1]
