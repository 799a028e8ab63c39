"""Names the state of a site or product, and the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from daemon.lexicon.blind_spots import BlindSpot
from daemon.store.views.lists.sites import SiteRow
from daemon.store.views.products import ProductView
from daemon.store.views.sites import UNREPORTED, SiteView

# States with a reason, and a time since when.
NOTHING_SHOWN = ("failing", "blind", "absent", "undecided")


def since_of(view: SiteView | SiteRow) -> datetime | None:
    """Since when a site is in a state that shows nothing."""
    undecided = [str(one["since"]) for one in _undecided(view) if one.get("since")]
    since = min(map(datetime.fromisoformat, undecided), default=None)
    return view.blind_since or view.failing_since or view.nothing_since or since


def _undecided(view: SiteView | SiteRow) -> list[dict[str, Any]]:
    # What is garbled in the column is named by those who read all of it.
    standings = (one for one in view.conditions.values() if isinstance(one, dict))
    return [one for one in standings if one.get("problem")]


def state_of(view: SiteView | SiteRow | ProductView) -> str:
    """The state of a site or product in one word.

    Shape: ok, absent, undecided, failing, blind, paused or new. Only errors that are reported make
           it fail. Absent is what a site's rules choose; undecided, a condition without a number.
    """
    if not view.is_active:
        return "paused"
    if isinstance(view, SiteView | SiteRow) and view.blind_spot is not None:
        return "blind"
    if view.error_class is not None and view.error_class not in UNREPORTED:
        return "failing"
    if isinstance(view, SiteView | SiteRow) and view.nothing_since is not None:
        return "absent"
    if isinstance(view, SiteView | SiteRow) and _undecided(view):
        return "undecided"
    return "ok" if view.last_checked_at else "new"


def why_of(view: SiteView | SiteRow) -> str:
    """Why a site shows nothing: an error's class, a block page, or rules that match nothing."""
    if state_of(view) == "absent":
        return "matches nothing"
    if state_of(view) == "undecided":
        return "undecided"
    if view.blind_spot is None:
        return view.error_class or ""
    known = view.blind_spot in BlindSpot.__members__.values()
    return BlindSpot(view.blind_spot).words if known else view.blind_spot.replace("_", " ")
