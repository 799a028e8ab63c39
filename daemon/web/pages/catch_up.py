"""The page of what was missed, the most important first, and of what could not be seen."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from daemon.display.caught_up import since_words
from daemon.display.prices import alert_text, price_now
from daemon.operations.lists.catch_up import catch_up, summary_of, unseen_of_all
from daemon.operations.lists.changes import ChangesWanted
from daemon.operations.lists.trouble import trouble_of
from daemon.web.answers import Answer, page
from daemon.web.request import Request
from daemon.web.turning import address

TAKES = ("since", "tag")
_USUALLY = timedelta(days=7)


async def show_catch_up(request: Request) -> Answer:
    """What was missed since then, or in the last seven days."""
    since = request.query.since("since", request.now) or request.now - _USUALLY
    tags = tuple(request.query.several("tag"))
    wanted = ChangesWanted(since=since, tags=tags)
    asked = request.database, request.viewer, wanted, request.now, request.page_size
    # By the words: of "friday" or the last days the instant is another each time.
    key = "catch-up", request.query.text("since"), tags
    found = await request.recent(key, partial(catch_up, *asked))
    return page(
        "catch-up.html",
        found=found,
        words=summary_of(found),
        began_at=found.since,
        began=since_words(found.since, request.zone),
        since=request.query.text("since"),
        tag=tags[0] if tags else "",
        alerts=[
            (one.view, alert_text(one.alert), price_now(one.alert, one.price, one.currency))
            for one in found.alerts
        ],
        troubles=[(one.site, trouble_of(one, request.now)) for one in found.unwatched.sites],
        sentences=list(unseen_of_all(found)),
        back=address(request),
    )
