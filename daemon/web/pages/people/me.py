"""What is one's own: who one is here, and where one is logged in."""

from __future__ import annotations

from daemon.display.words import count
from daemon.login.secret import hash_of
from daemon.operations.people import sessions, users
from daemon.web.answers import Answer, logged_out, page
from daemon.web.request import Request


async def show_me(request: Request) -> Answer:
    """Who one is, and the browsers in which one is logged in."""
    asking, viewer = request.asking, request.viewer
    user = await users.the_user(request.database, viewer, viewer.user_id)
    opened = await sessions.list_sessions(request.database, viewer, request.now)
    this = hash_of(asking.session) if asking.session else ""
    return page("me.html", user=user, sessions=opened, this=this, how=asking.how)


async def log_out_everywhere(request: Request) -> Answer:
    """End all sessions of one's own, this one as well."""
    ended = await sessions.end_everywhere(request.database, request.asking.actor, request.now)
    to = "/login" if request.config.web.has_logins else "/me"
    return logged_out(to, f"Logged out of {count(ended, 'browser')}.")
