"""Looks at the page of a site that was added, and says what of its choice is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from daemon.cli.terminal.show import Clean, hint
from daemon.display.times import utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, SiteConfig
    from daemon.model.outcome import Outcome, SiteOutcome

_PATIENCE_SECONDS = 5.0  # for a host that must not be asked yet
_LOOK_SECONDS = 10.0


def tell_what_is_missing(config: Config, site: SiteConfig) -> None:
    """Say which rules match nothing now, how conditions stand, and what is found; store nothing.

    Shape: a page that cannot be read within moments is left to the first check.
    """
    rules = site.rules()
    is_index = rules.discover is not None
    if site.paused or not (rules.choices or rules.has_conditions or is_index):
        return
    from daemon.cli.terminal import report
    from daemon.model.request import AUTO, RENDER
    from daemon.pipeline.rendering import shows_nothing

    clean = Clean(config.secrets())
    is_bare = False
    for outcome in asyncio.run(_looked(config, site)):
        for one in outcome.sites:
            told = (
                *report.missing_lines(one, clean),
                *report.condition_lines(one.conditions, clean),
            )
            pages = (*report.pages_lines(one, clean), *report.left_out_lines(one))
            for line in (*told, *pages, *_why_not(one, clean, is_index)):
                hint(line.strip())
        is_bare = is_bare or shows_nothing(outcome)
    if is_bare:
        url = quote(clean.url(site.url))
        how = f"changelogger check {url} --render {RENDER[AUTO]}"
        hint(f"{report.AS_SENT} With a browser: {how}, with the same options, tries it.")


def _why_not(one: SiteOutcome, clean: Clean, is_index: bool) -> Iterator[str]:
    """Why no pages are found."""
    if is_index and one.error_class is not None:
        yield f"no pages are found yet: {clean.line(one.error_detail)}"


async def _looked(config: Config, site: SiteConfig) -> list[Outcome]:
    from daemon.logs import setup as logs
    from daemon.operations.checks import pages_of_urls
    from daemon.runtime.check_now import CheckNow
    from daemon.runtime.observer import UNOBSERVED

    logs.configure("error", "console", config.secrets())
    found: list[Outcome] = []
    now = CheckNow(config, UNOBSERVED, _PATIENCE_SECONDS, utc_now)
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            await now.read_once(pages_of_urls(config, [site], utc_now()), found.append)
    except TimeoutError:
        pass  # the daemon looks at it anyway, and `sites list` then says the same
    return found
