"""Says why sites cannot be seen, or could not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daemon.display.times import local
from daemon.display.words import count
from daemon.operations.sites import NOTHING_SHOWN, since_of, state_of, why_of
from daemon.store.views.lists.unwatched import Unwatched as Unwatched
from daemon.store.views.lists.unwatched import UnwatchedSites as UnwatchedSites


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a site could not be seen, and since when if it still cannot."""

    state: str  # failing, blind, absent, undecided, paused, silenced, or failed before
    why: str
    since: datetime | None = None


def trouble_of(one: Unwatched, now: datetime) -> Trouble:
    """Why a site could not be seen, in words."""
    site, state = one.site, state_of(one.site)
    if state in NOTHING_SHOWN:
        detail = f": {site.error_detail}" if state == "failing" and site.error_detail else ""
        return Trouble(state, f"{why_of(site).replace('_', ' ')}{detail}", since_of(site))
    if state == "paused":
        return Trouble(state, "it is not checked")
    if one.failed:
        return Trouble("failed before", f"{one.failed} of its {count(one.checks, 'check')} failed")
    if site.muted_until is not None and site.muted_until > now:
        return Trouble("silenced", f"nobody is told of it until {local(site.muted_until)}")
    return Trouble(state, "its check did not end in time" if site.error_class else "")
