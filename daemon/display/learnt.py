"""Says what was learnt of a site whose frequency is left to the daemon."""

from __future__ import annotations

from datetime import timedelta

from daemon.schedule.rhythm import LEAST_DAYS, Estimate, show_busy
from daemon.wording import duration


def rhythm(one: Estimate) -> str:
    """How often a site changes, and when."""
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


def checks(one: Estimate) -> str:
    """How often it is checked for that."""
    often, within = whole_length(one.plan.often), whole_length(one.within)
    if one.is_uniform:
        return f"every {often}"
    saved = f"{one.saved:.0%} fewer requests than every {within}"
    return f"every {often} then, every {whole_length(one.plan.rarely)} otherwise: {saved}"


def whole_length(length: timedelta) -> str:
    """A length of time in whole seconds."""
    return duration(round(length.total_seconds()))
