"""The providers that the configuration names, and whom they may let in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daemon.config.web import EVERYBODY, LoginConfig
from daemon.login.github import GitHub
from daemon.login.identity import Identity
from daemon.login.oidc import Oidc
from daemon.login.provider import Provider, Send, Talk


def providers_of(sections: Iterable[LoginConfig], send: Send) -> Mapping[str, Provider]:
    """The providers by their names; none is asked anything before a login."""
    talk = Talk(send)
    return {one.name: _provider(one, talk) for one in sections}


def _provider(section: LoginConfig, talk: Talk) -> Provider:
    return GitHub(section, talk) if section.is_github else Oidc(section, talk)


def may_come_in(section: LoginConfig, identity: Identity) -> bool:
    """Whether the operator lets this person in by this provider, if they are or become a user."""
    if not section.allow or identity.id in (*section.allow, *section.admins):
        return True
    if EVERYBODY in section.allow:
        return True
    domain = f"@{identity.email.rpartition('@')[2]}".casefold()
    return identity.email_is_verified and domain in map(str.casefold, section.allow)


def is_to_be_made(section: LoginConfig, identity: Identity) -> bool:
    """Whether a person who is no user yet becomes one."""
    return section.create_users or identity.id in section.admins
