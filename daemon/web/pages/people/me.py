"""What is one's own: who one is here, where one is logged in, and which programs one lets in."""

from __future__ import annotations

from daemon.config.sections import PreferencesConfig
from daemon.display.words import count
from daemon.login.secret import hash_of
from daemon.model.change import ChangeType
from daemon.operations.people import sessions, tokens, users
from daemon.operations.people.preferences import change_preferences, in_file
from daemon.web.answers import Answer, logged_out, page, see_other
from daemon.web.pages.people.tokens import ENDS, SCOPES
from daemon.web.request import Request


async def show_me(request: Request) -> Answer:
    """Who one is, and the browsers and programs that come in in one's name."""
    asking, viewer = request.asking, request.viewer
    user = await users.the_user(request.database, viewer, viewer.user_id)
    opened = await sessions.list_sessions(request.database, viewer, request.now)
    this = hash_of(asking.session) if asking.session else ""
    let_in = await tokens.list_tokens(request.database, viewer, request.now)
    is_fixed = in_file(request.config, viewer.user_id) is not None
    return page(
        "me.html",
        user=user,
        sessions=opened,
        tokens=let_in,
        ends=ENDS,
        scopes=SCOPES,
        this=this,
        how=asking.how,
        wanted=request.preferences,
        is_fixed=is_fixed,
        severities=[one.value for one in ChangeType],
    )


async def change_me(request: Request) -> Answer:
    """Change how one likes pages and notifications."""
    given = {name: request.form.text(name) for name in PreferencesConfig.model_fields}
    who = request.asking.actor, request.config, request.viewer.user_id
    await change_preferences(request.database, *who, given, request.now)
    return see_other("/me", "Your preferences are saved.")


async def log_out_everywhere(request: Request) -> Answer:
    """End all sessions of one's own, this one as well."""
    ended = await sessions.end_everywhere(request.database, request.asking.actor, request.now)
    to = "/login" if request.config.web.has_logins else "/me"
    return logged_out(to, f"Logged out of {count(ended, 'browser')}.")
