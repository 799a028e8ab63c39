"""Says what was learnt of a site whose frequency is left to the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from daemon.cli.terminal.show import PLAIN, WARM, Fact
from daemon.display.learnt import checks, rhythm, whole_length
from daemon.wording import duration

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.sites import ShownSite
    from daemon.schedule.rhythm import Estimate


def learnt_facts(shown: ShownSite, config: Config) -> Iterator[Fact]:
    """How often the site changes, when, and how often it is checked for that; none of others."""
    if (one := shown.estimate) is None:
        return
    yield "rhythm", rhythm(one), PLAIN
    yield "checks", checks(one), PLAIN
    if too_long := _not_kept(shown, one.within, config):
        yield "delay", too_long, WARM


def learnt_json(one: Estimate | None) -> dict[str, Any] | None:
    """The estimate as one object."""
    from daemon.schedule.rhythm import show_busy

    if one is None:
        return None
    return {
        "changes_per_week": round(one.changes_per_week, 2),
        "busy": None if one.is_uniform else show_busy(one.plan.busy),
        "often_seconds": round(one.plan.often.total_seconds()),
        "rarely_seconds": round(one.plan.rarely.total_seconds()),
        "saved": round(one.saved, 3),
    }


def _not_kept(shown: ShownSite, within: timedelta, config: Config) -> str:
    """Why the accepted delay cannot be kept, if it cannot."""
    from daemon.schedule.rhythm import least_interval

    least = config.schedule.minimum_interval
    if least > within:
        return f"cannot be kept: schedule.minimum_interval is {whole_length(least)}"
    gap = max(shown.waits.crawl_delay_seconds, config.fetch.delay_seconds)
    turn = least_interval(least, shown.waits.pages, gap)
    if turn <= within:
        return ""
    who = "its robots.txt asks for" if gap == shown.waits.crawl_delay_seconds else "there are"
    many = f"{shown.waits.pages} pages of its host are watched, and {who} {duration(gap)} between"
    return (
        f"cannot be kept: {many} two requests, so that each has its turn every {whole_length(turn)}"
    )
