"""Renders a page after all, for those who can read nothing of it without a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.browser.messages import ServiceState, with_next_try
from daemon.model.errors import CheckError, FetchError
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import AUTO, BROWSER, HTTP
from daemon.model.response import Document, Response
from daemon.model.status import ErrorClass
from daemon.packing import Packed, pack
from daemon.pipeline.context import CheckContext
from daemon.pipeline.readers import CheckResults, read_for_all
from daemon.sandbox.messages import PointJob

_PLAIN_EVERY = timedelta(days=1)  # it may have learnt to do without a browser
# What a page has that shows nothing without its scripts: no content, or not what a rule chooses.
NEEDS_A_BROWSER = frozenset({ErrorClass.EMPTY, ErrorClass.SELECTOR, ErrorClass.PARSE})


async def spare_its_host(page: Page, context: CheckContext, now: datetime) -> None:
    """Refuse to ask for a page that showed nothing without a browser, while there is none.

    Shape:  of pages whose `render` is auto, which are fetched without a browser first; once a day
            one is asked for all the same.
    Errors: FetchError of the class `browser`.
    """
    is_spared = page.request.renderer == AUTO and page.error_class == ErrorClass.BROWSER
    if not is_spared or page.last_full_at is None or now - page.last_full_at > _PLAIN_EVERY:
        return
    if context.browser is not None and (reason := await _absence(context.browser)):
        said = f"not asked for, as it shows nothing without a browser: {reason}"
        raise FetchError(ErrorClass.BROWSER, said)


async def _absence(look: Callable[[], Awaitable[ServiceState | None]]) -> str:
    """Why no browser renders a page now; empty where one does."""
    try:
        state = await look()
    except FetchError as exc:
        return exc.detail
    if state is None:
        return "none is set up (docs/rendering.md)"
    return with_next_try(state.fault, state.again_seconds) if state.fault else ""


async def read_or_render(
    response: Response, found: CheckResults, context: CheckContext, now: datetime
) -> Response:
    """Read a response for all, and render the page for those who can read nothing of it.

    Shape:  the response that the page is known by: the rendered one, where somebody needed it,
            which is so only for pages whose `render` is auto. Where some read it without, and
            the browser is at fault, that is told to the others alone.
    Errors: CheckError when none can read it, or the browser brings no page.
    """
    try:
        await read_for_all(response, found, context, now)
    except CheckError as exc:
        if not _may_render(found, context) or exc.error_class not in NEEDS_A_BROWSER:
            raise
        return await _rendered(found, context, now)
    unread = found.found_nothing(NEEDS_A_BROWSER)
    if not _may_render(found, context) or not any(unread):
        return response
    found.forget(unread)
    try:
        return await _rendered(found, context, now)
    except CheckError as exc:
        if not exc.error_class.is_ours or not (found.sites or found.products):
            raise
        found.fail(found.left, exc.error_class, exc.detail)
        return response


def has_scripts(document: Document) -> bool:
    """Whether this is a page with scripts, which a browser would run."""
    is_page = "html" in (document.content_type or "html")
    return is_page and (b"<script" in document.body or b"<SCRIPT" in document.body)


def shows_nothing(outcome: Outcome) -> bool:
    """Whether a page that was asked for without a browser shows nothing of what was wanted."""
    response = outcome.response
    if outcome.page.request.renderer != HTTP or response is None:
        return False
    if not response.has_scripts:
        return False  # there is nothing that a browser would do
    owned: tuple[SiteOutcome | ProductOutcome, ...] = (*outcome.sites, *outcome.products)
    return any(map(reads_nothing, owned))


def reads_nothing(one: SiteOutcome | ProductOutcome) -> bool:
    """Whether a site or a product reads nothing of what a browser might show."""
    is_nothing = isinstance(one, SiteOutcome) and one.is_nothing
    return is_nothing or one.error_class in NEEDS_A_BROWSER


def shows_something(outcome: Outcome) -> bool:
    """Whether anything of what was wanted is read from a page."""
    is_read = any(one.error_class is None and not one.is_nothing for one in outcome.sites)
    return is_read or any(one.error_class is None for one in outcome.products)


def in_a_browser(page: Page) -> Page:
    """The same page, asked for with a browser."""
    return replace(page, request=replace(page.request, renderer=BROWSER))


async def failure_picture(fault: FetchError, context: CheckContext) -> Packed | None:
    """How a page looked when a step on it failed; None for bytes that are no picture."""
    nothing = Document(b"", "text/html", None, fault.final_url or "")
    try:
        done = await context.sandbox.point(PointJob(nothing, screenshot=fault.screenshot))
    except CheckError:
        return None  # the step's own error is told, with its words
    return pack(done.picture)


def _may_render(found: CheckResults, context: CheckContext) -> bool:
    return found.page.request.renderer == AUTO and context.render is not None


async def _rendered(found: CheckResults, context: CheckContext, now: datetime) -> Response:
    assert context.render is not None  # noqa: S101 - as `_may_render` said
    async with context.second_turn_of(found.page, BROWSER):
        rendered = await context.render(found.page)
    await read_for_all(rendered, found, context, now)
    return rendered
