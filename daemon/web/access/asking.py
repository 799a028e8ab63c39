"""Says who asks: the local owner, whose session a cookie is, or whom a proxy names."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from daemon.config import WebConfig
from daemon.login.identity import Visit
from daemon.login.secret import new_secret
from daemon.login.trusted_header import Headers, Proxies
from daemon.model.viewer import Actor, Viewer
from daemon.operations.people import sessions
from daemon.operations.people.logins import user_of_header
from daemon.operations.viewers import local_owner
from daemon.web.access.cookies import Cookies
from daemon.web.context import Context
from daemon.web.signed.as_owner import read_as_owner

STRANGER = Viewer("")  # who has not logged in: nothing is theirs


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, how they came in, and from where.

    Shape: `viewer` is None before a login; `secret` is what forms of this browser are signed with,
           the same for every daemon that it may reach. `session` and `browser` are what its
           cookies hold; an empty one it has not. `admin` is who looks as the viewer, and may
           change nothing meanwhile.
    """

    viewer: Viewer | None
    how: str
    address: str
    secret: bytes
    agent: str = ""
    session: str = ""
    browser: str = ""
    is_new_browser: bool = False
    cursor_key: bytes = b""
    admin: Viewer | None = None

    @property
    def actor(self) -> Actor:
        """Who does what a form asks for, for the audit."""
        return Actor(self.admin or self.viewer or STRANGER, self.how, self.address)

    def visit(self, how: str) -> Visit:
        """A login of this browser."""
        return Visit(how, self.agent, self.address)


class Asked:
    """What a request says of who sends it."""

    def __init__(self, peer: str, headers: Headers, agent: str, cookies: Mapping[str, str]) -> None:
        self.peer = peer
        self.headers = headers
        self.agent = agent
        self.cookies = cookies


async def who_asks(context: Context, asked: Asked, now: datetime, *, must_know: bool) -> Asking:
    """Who sends a request; only their browser is known where nothing else `must_know`.

    Errors: UntrustedHeaderError, LoginRefusedError, StoreError.
    """
    found = await _who_is_there(context, asked, now, must_know=must_know)
    kept = asked.cookies.get(Cookies.of(context.config().web).as_owner, "")
    if not kept or found.viewer is None or not found.viewer.is_admin:
        return found
    user_id = read_as_owner(context.key, found.secret, kept)
    return replace(found, viewer=Viewer(user_id), admin=found.viewer) if user_id else found


async def _who_is_there(
    context: Context, asked: Asked, now: datetime, *, must_know: bool
) -> Asking:
    """Whose the browser is, whomever they look as."""
    config = context.config()
    if not config.web.has_logins:
        return Asking(local_owner(config), "local", asked.peer, context.key)
    proxies = _proxies_of(config.web)
    address = proxies.client_of(asked.peer, asked.headers)
    if (name := proxies.user_in(asked.peer, asked.headers)) is not None:
        user = await user_of_header(context.reading, name)
        secret = hmac.digest(context.key, user.id.encode(), "sha256")
        return Asking(Viewer(user.id, user.role), "header", address, secret, asked.agent)
    names = Cookies.of(config.web)
    session, viewer = asked.cookies.get(names.session, ""), None
    if session and must_know:
        viewer = await sessions.viewer_of(
            context.reading, context.database, session, config.web, now
        )
    if viewer is not None:
        return Asking(viewer, "web", address, session.encode(), asked.agent, session)
    browser = asked.cookies.get(names.browser, "")
    known = browser or new_secret()
    return Asking(
        None,
        "web",
        address,
        known.encode(),
        asked.agent,
        session,
        known,
        is_new_browser=not browser,
    )


def address_of(section: WebConfig, peer: str, headers: Headers) -> str:
    """The address of the browser, whose proxies in front say it."""
    return _proxies_of(section).client_of(peer, headers)


def _proxies_of(section: WebConfig) -> Proxies:
    header = section.trusted_header
    return _proxies(header.user_header, header.trusted_networks)


@lru_cache(maxsize=4)
def _proxies(user_header: str, networks: tuple[str, ...]) -> Proxies:
    return Proxies.of(user_header, networks)
