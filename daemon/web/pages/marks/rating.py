"""Forms that say whether a change was worth telling."""

from __future__ import annotations

from daemon.operations.changes import rate_change
from daemon.web.answers import Answer, see_other
from daemon.web.request import Request


async def rate_useful(request: Request) -> Answer:
    """Rate a change as worth telling."""
    return await _rate(request, "useful", "Rated as useful")


async def rate_noise(request: Request) -> Answer:
    """Rate a change as not worth telling."""
    return await _rate(request, "noise", "Rated as noise")


async def take_rating_back(request: Request) -> Answer:
    """Take the rating of a change back."""
    return await _rate(request, None, "The rating is taken back")


async def _rate(request: Request, verdict: str | None, done: str) -> Answer:
    change_id = request.id("id", "change")
    rated = await rate_change(
        request.database, request.viewer, str(change_id), verdict, request.now
    )
    told = f"{done}: {_leaning(rated.detail.view.site_name, rated.leaning)}"
    return see_other(request.form.path("back", f"/changes/{change_id}"), told)


def _leaning(name: str, leaning: float) -> str:
    """What the ratings of a site do to its next changes."""
    if not leaning:
        return f"the ratings of {name} have no effect now"
    more = "more" if leaning > 0 else "less"
    return f"by their ratings, changes of {name} are now {more} likely to count as important"
