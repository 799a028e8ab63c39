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
    moved = f"the odds that changes of {rated.detail.view.site_name} matter move by"
    told = f"{done}: {moved} {rated.leaning:+.2f}"
    return see_other(request.form.path("back", f"/changes/{change_id}"), told)
