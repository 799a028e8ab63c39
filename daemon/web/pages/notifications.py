"""The pages of notifications: who was told what, what was not taken, and trying again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from daemon.display.words import count
from daemon.logs.logger import get_logger
from daemon.model.errors import NotifyError
from daemon.notify.phrases import title_of
from daemon.notify.render import words_of
from daemon.operations import notifications
from daemon.operations.channels import report_channels, send_test, the_channel
from daemon.operations.lists.notifications import STATUSES, page_of_notifications
from daemon.operations.lists.paging import Counted
from daemon.operations.people.destinations import own_channels
from daemon.web.answers import Answer, page, see_other
from daemon.web.request import Request
from daemon.web.turning import address, neighbours, turn_of

log = get_logger(__name__)

_PATH = "/notifications"
_PATIENCE_SECONDS = 8.0  # an answer may take ten


async def list_notifications(request: Request) -> Answer:
    """What people were told, newest first, by what became of it."""
    status = request.query.choice("status", STATUSES)
    channel = request.query.text("channel", most=100)
    found = await page_of_notifications(
        request.database, request.viewer, status, channel, turn_of(request, datetime)
    )
    reports = await report_channels(request.database, request.config.notify, request.viewer)
    own = await own_channels(request.database, request.viewer)
    return page(
        "notifications.html",
        notices=[(one, title_of(one.kind, one.payload)) for one in found.page.items],
        tabs=list(_tabs(request, found.counts, status)),
        dead=found.counts["dead"],
        channel=channel,
        is_narrowed=bool(status or channel),
        channels=[*((one.view.name, one.view.name) for one in reports), *own.items()],
        reports=reports,
        trouble=request.context.health.components().get("notices"),
        turned=neighbours(request, found.page),
    )


async def show_notification(request: Request) -> Answer:
    """One notification: its way so far, and its words."""
    one = await notifications.the_notification(request.database, request.viewer, str(_id(request)))
    words = words_of(one.kind, one.payload)
    return page("notification.html", one=one, title=words.title, text=words.text)


async def retry_notification(request: Request) -> Answer:
    """Send one again that was given up, dropped, or waits."""
    id_ = _id(request)
    done = await notifications.retry_notifications(
        request.database, request.viewer, [str(id_)], request.now
    )
    return see_other(f"{_PATH}/{id_}", "It is sent again." if done else "It was sent already.")


async def drop_notification(request: Request) -> Answer:
    """Never send one."""
    id_ = _id(request)
    done = await notifications.drop_notifications(request.database, request.viewer, [str(id_)])
    told = "It is dropped, and will not be sent." if done else "It was sent or dropped already."
    return see_other(f"{_PATH}/{id_}", told)


async def test_channel(request: Request) -> Answer:
    """Send a test to a channel, and say whether it was taken."""
    name = request.form.text("channel", most=100)
    the_channel(request.config.notify, request.viewer, name)
    request.context.test_messages.take(request.viewer, request.now)
    who = {"channel": name, "by": request.viewer.user_id}
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await send_test(request.config, request.viewer, name, request.now)
    except (NotifyError, TimeoutError) as exc:
        reason = exc.detail if isinstance(exc, NotifyError) else "no receipt in time"
        log.warning("test_not_taken", **who, reason=reason)
        return see_other(_PATH, f"{name} did not take the test: {reason}")
    log.info("test_sent", **who)
    return see_other(_PATH, f"{name} took the test")


async def retry_dead(request: Request) -> Answer:
    """Send all again that were given up."""
    done = await notifications.retry_notifications(
        request.database, request.viewer, None, request.now
    )
    return see_other(_PATH, f"{count(done, 'notification')} sent again.")


def _id(request: Request) -> UUID:
    return request.id("id", "notification")


def _tabs(
    request: Request, counts: Mapping[str, Counted], status: str
) -> Iterator[tuple[str, str, str | None, bool]]:
    """The filters by status, as the macro of templates takes them."""
    is_all = not request.query.text("channel")
    yield "All", address(request, status=None), None, not status
    for name, number in counts.items():
        shown = str(number) if is_all else None
        yield name.capitalize(), address(request, status=name), shown, name == status
