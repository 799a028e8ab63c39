"""Renders a page after all, for those who can read nothing of it without a browser."""

from __future__ import annotations

from datetime import datetime

from daemon.model.request import AUTO
from daemon.model.response import Response
from daemon.model.status import ErrorClass
from daemon.pipeline.context import CheckContext
from daemon.pipeline.readers import CheckResults, read_for_all

# What a page has that shows nothing without its scripts: no content, or not what a rule chooses.
_NEEDS_A_BROWSER = frozenset({ErrorClass.EMPTY, ErrorClass.SELECTOR, ErrorClass.PARSE})


async def rendered_for_the_rest(
    response: Response, found: CheckResults, context: CheckContext, now: datetime
) -> Response:
    """The response that the page is known by: a rendered one, where somebody needed it.

    Shape:  only for pages whose `render` is auto; the outcomes that it brings replace those that
            could not be read.
    Errors: CheckError when the browser brings no page: that is told instead.
    """
    if found.page.request.renderer != AUTO or context.render is None:
        return response
    unread = found.failed_with(_NEEDS_A_BROWSER)
    if not any(unread):
        return response
    async with context.turn(found.page.host):
        rendered = await context.render(found.page)
    found.forget(unread)
    await read_for_all(rendered, found, context, now)
    return rendered
