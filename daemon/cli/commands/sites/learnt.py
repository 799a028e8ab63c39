"""Says what was learnt of a site whose frequency is left to the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from daemon.cli.terminal.show import PLAIN, WARM, Fact
from daemon.wording import duration

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.sites import ShownSite
    from daemon.schedule.rhythm import Estimate


def learnt_facts(shown: ShownSite, config: Config) -> Iterator[Fact]:
    """How often the site changes, when, and how often it is checked for that; none of others."""
    if (one := shown.estimate) is None:
        return
    yield "rhythm", _rhythm(one), PLAIN
    yield "checks", _checks(one), PLAIN
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


def _rhythm(one: Estimate) -> str:
    from daemon.schedule.rhythm import LEAST_DAYS, show_busy

    rate = f"changes about {_rate(one.changes_per_week)}"
    if one.days < LEAST_DAYS:
        return f"seen to change on {one.days} days; hours are told apart from {LEAST_DAYS} on"
    if one.is_silent:
        return f"{_rate(one.changes_per_week)}; silent for unusually long, so no hour is left out"
    if one.is_uniform:
        return f"{rate}, at no hours of its own"
    return f"{rate}, mostly {show_busy(one.plan.busy)}"


def _rate(per_week: float) -> str:
    for number, unit in ((per_week / 7, "day"), (per_week, "week"), (per_week * 4.35, "month")):
        if number >= 0.95:
            return "once a " + unit if number < 1.5 else f"{number:.0f} times a {unit}"
    return "less than once a month"


def _checks(one: Estimate) -> str:
    often, within = _length(one.plan.often), _length(one.within)
    if one.is_uniform:
        return f"every {often}"
    saved = f"{one.saved:.0%} fewer requests than every {within}"
    return f"every {often} then, every {_length(one.plan.rarely)} otherwise: {saved}"


def _length(length: timedelta) -> str:
    return duration(round(length.total_seconds()))


def _not_kept(shown: ShownSite, within: timedelta, config: Config) -> str:
    """Why the accepted delay cannot be kept, if it cannot."""
    from daemon.schedule.rhythm import least_interval

    least = config.schedule.minimum_interval
    if least > within:
        return f"cannot be kept: schedule.minimum_interval is {_length(least)}"
    gap = max(shown.waits.crawl_delay_seconds, config.fetch.delay_seconds)
    turn = least_interval(least, shown.waits.pages, gap)
    if turn <= within:
        return ""
    who = "its robots.txt asks for" if gap == shown.waits.crawl_delay_seconds else "there are"
    many = f"{shown.waits.pages} pages of its host are watched, and {who} {duration(gap)} between"
    return f"cannot be kept: {many} two requests, so that each has its turn every {_length(turn)}"
