"""An admin looks at the pages as another owner sees them, and changes nothing meanwhile."""

from __future__ import annotations

from dataclasses import replace

from daemon.operations.people import users
from daemon.web.answers import Answer, see_other
from daemon.web.request import Request
from daemon.web.signed.as_owner import write_as_owner


async def look_as_owner(request: Request) -> Answer:
    """Begin to look as a user."""
    who = request.asking.actor, request.parts.text("id")
    user = await users.look_as(request.database, *who, request.now)
    kept = write_as_owner(request.context.key, request.asking.secret, user.id)
    return replace(see_other("/"), as_owner=kept)


async def look_as_oneself(request: Request) -> Answer:
    """Go on as oneself."""
    as_whom = request.viewer.user_id
    if request.asking.admin is None:
        return replace(see_other("/"), as_owner="")
    await users.look_as_oneself(request.database, request.asking.actor, as_whom, request.now)
    told = f"You no longer look as {as_whom}."
    return replace(see_other("/users", told), as_owner="")
