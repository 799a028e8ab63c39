"""Fetches a page and has explained how each of its sites reads it; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from daemon.conditions.crossings import crossings
from daemon.conditions.values import conditions_of
from daemon.extract.explain.values import Explained
from daemon.model.errors import CheckError, ExtractError
from daemon.model.page import Page
from daemon.model.request import AUTO, BROWSER
from daemon.model.response import Response
from daemon.model.site import Site, Standing
from daemon.pipeline.context import CheckContext
from daemon.pipeline.indexes import Gathering
from daemon.pipeline.rendering import NEEDS_A_BROWSER
from daemon.sandbox.messages import ExplainJob


@dataclass(frozen=True, slots=True)
class SiteExplained:
    """How one site reads a page, and whether its conditions hold there, in their order."""

    site: Site
    explained: Explained
    conditions: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageExplained:
    """What came of a page, and how each of its sites reads that, in the page's order."""

    page: Page
    response: Response | None = None
    sites: Sequence[SiteExplained] = ()
    error: CheckError | None = None


async def explain(page: Page, context: CheckContext) -> PageExplained:
    """Fetch a page, whole, and explain its readings.

    Shape:  a page whose `render` is auto is rendered for all, where some can read nothing of it.
    Errors: ThrottledError when the host must not be asked yet; what else fails is a part of it.
    """
    try:
        async with AsyncExitStack() as held:
            async with context.turn_of(page, page.request.renderer):
                response = await context.fetch(page, None, held)
            sites = [await _explained(page, response, site, context) for site in page.sites]
            is_bare = any(map(_shows_nothing, sites))
        if page.request.renderer == AUTO and context.render is not None and is_bare:
            async with context.second_turn_of(page, BROWSER):
                response = await context.render(page)
            sites = [await _explained(page, response, site, context) for site in page.sites]
    except CheckError as exc:
        return PageExplained(page, error=exc)
    return PageExplained(page, response, sites)


def _shows_nothing(one: SiteExplained) -> bool:
    if one.explained.error_class:
        return one.explained.error_class in NEEDS_A_BROWSER
    return not (one.explained.steps and one.explained.steps[-1].after.lines)


async def _explained(
    page: Page, response: Response, site: Site, context: CheckContext
) -> SiteExplained:
    try:
        document = response.document
        if site.rules.discover is not None:
            document = (await Gathering(page, context).listed(response, site.rules)).document
        done = await context.sandbox.explain(ExplainJob(document, site.rules))
    except ExtractError as exc:
        failed = Explained((), error_class=exc.error_class.value, error_detail=exc.detail)
        return SiteExplained(site, failed)
    asked = conditions_of(site.rules) if done.observed else ()
    _, conditions = crossings(asked, {}, done.observed, context.clock())
    return SiteExplained(site, done.explained, conditions)
