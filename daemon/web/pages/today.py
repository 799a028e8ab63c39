"""The page that a person begins with: what is unseen, and what cannot be seen."""

from __future__ import annotations

from functools import partial

from daemon.display.prices import alert_text, price_now
from daemon.operations.lists.today import today
from daemon.operations.lists.trouble import trouble_of
from daemon.web.answers import Answer, page
from daemon.web.request import Request


async def show_today(request: Request) -> Answer:
    """What is unseen, the gravest first, price alerts, and what cannot be seen, and why."""
    asked = request.database, request.viewer, request.now
    known = await request.context.head.attention(*asked)
    counts = known.unseen if known else None
    find = partial(today, *asked, request.page_size, counts)
    found = await request.recent("today", find)
    return page(
        "today.html",
        found=found,
        grave=[
            (severity, number)
            for severity, number in found.counts.by_severity.items()
            if severity in ("critical", "major") and number.number
        ],
        alerts=[
            (one.view, alert_text(one.alert), price_now(one.alert, one.price, one.currency))
            for one in found.alerts
        ],
        troubles=[(one.site, trouble_of(one, request.now)) for one in found.troubled.sites],
    )
