"""The users, for admins."""

from __future__ import annotations

from urllib.parse import quote

from daemon.model.viewer import Role
from daemon.operations.people import users
from daemon.operations.people.users import NewUser
from daemon.web.answers import Answer, page, see_other
from daemon.web.request import Request

_AT_ONCE = 100


async def list_users(request: Request) -> Answer:
    """All users, by their ids."""
    after = request.query.text("after", most=255)
    found = await users.list_users(request.database, request.viewer, after, _AT_ONCE + 1)
    following = found[_AT_ONCE - 1].id if len(found) > _AT_ONCE else ""
    return page("users.html", users=found[:_AT_ONCE], next=following, is_first=not after)


async def add_user(request: Request) -> Answer:
    """Add a user, who can log in by a link, or at a provider under this id."""
    form = request.form
    role = Role(form.choice("role", [*Role], Role.OWNER))
    new = NewUser(
        form.text("id", most=255), form.text("email", most=255), form.text("username") or None, role
    )
    added = await users.add(request.database, request.asking.actor, new, request.now)
    return see_other(_path(added.id), f"{added.id} is a user now.")


async def show_user(request: Request) -> Answer:
    """A user in full."""
    found = await users.show_user(request.database, request.viewer, request.parts.text("id"))
    return page("user.html", found=found, user=found.user, is_self=_is_self(request, found.user.id))


async def set_role(request: Request) -> Answer:
    """Make a user an admin, or an owner."""
    role = Role(request.form.choice("role", [*Role], Role.OWNER))
    changed = await users.set_role(
        request.database, request.asking.actor, request.parts.text("id"), role, request.now
    )
    return see_other(_path(changed.id), f"{changed.id} is now an {role}, and must log in again.")


async def disable_user(request: Request) -> Answer:
    """Let a user log in no more."""
    who = request.asking.actor, request.parts.text("id")
    changed = await users.disable(request.database, *who, request.now)
    return see_other(_path(changed.id), f"{changed.id} is logged out, and can log in no more.")


async def enable_user(request: Request) -> Answer:
    """Let a user log in again."""
    who = request.asking.actor, request.parts.text("id")
    changed = await users.enable(request.database, *who, request.now)
    return see_other(_path(changed.id), f"{changed.id} can log in again.")


async def ask_to_remove(request: Request) -> Answer:
    """What would go with a user."""
    found = await users.removable(request.database, request.viewer, request.parts.text("id"))
    return page("user_remove.html", user=found.user, theirs=found.theirs)


async def remove_user(request: Request) -> Answer:
    """Delete a user with everything of theirs."""
    who = request.asking.actor, request.parts.text("id")
    gone = await users.remove(request.database, *who, request.now)
    return see_other("/users", f"{gone.user.id} is gone, with everything of theirs.")


def _path(id_: str) -> str:
    return f"/users/{quote(id_, safe='')}"


def _is_self(request: Request, id_: str) -> bool:
    return id_ == request.viewer.user_id
