"""Logs in by GitHub, which has OAuth without ID tokens: who it was is asked for.

Source: GitHub, "Authorizing OAuth apps" (PKCE since July 2025), "REST API endpoints for users".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daemon.config.web import LoginConfig
from daemon.login.flow import Flow
from daemon.login.identity import Identity
from daemon.login.provider import Talk, email_in, name_in, refuse_error, unproven, with_query

_API = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class GitHub:
    """GitHub itself, or a GitHub Enterprise Server at the `issuer`."""

    section: LoginConfig
    talk: Talk

    async def location(self, flow: Flow, callback: str) -> str:
        """Where the browser goes."""
        values = {
            "client_id": self.section.client_id,
            "redirect_uri": callback,
            "scope": " ".join(self.section.asked_scopes),
            "state": flow.state,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        return with_query(f"{self.section.address}/login/oauth/authorize", values)

    async def identity(
        self, flow: Flow, answer: Mapping[str, str], callback: str, now: datetime
    ) -> Identity:
        """Who it was.

        Errors: LoginRefusedError.
        """
        refuse_error(answer)
        form = {
            "client_id": self.section.client_id,
            "client_secret": self.section.client_secret.get_secret_value(),
            "code": answer["code"],
            "redirect_uri": callback,
            "code_verifier": flow.verifier,
        }
        told = await self.talk.post(f"{self.section.address}/login/oauth/access_token", form)
        token = told.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise unproven("GitHub gives no token")
        headers = {"Authorization": f"Bearer {token}"}
        user = await self.talk.get(f"{self._api}/user", headers)
        emails = await self.talk.get(f"{self._api}/user/emails", headers)
        return self._identity(user, _primary(emails))

    @property
    def _api(self) -> str:
        return f"{self.section.address}/api/v3" if self.section.issuer else _API

    def _identity(self, user: Any, email: str) -> Identity:
        number = user.get("id") if isinstance(user, dict) else None
        # Never the name: its owner can change it, and somebody else can take it then.
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise unproven("GitHub does not say who it was")
        name = name_in(user.get("login"))
        return Identity(self.section.name, str(number), email, bool(email), name)


def _primary(emails: Any) -> str:
    """The mail address that is the person's first one, and proved; "" without one."""
    for one in emails if isinstance(emails, list) else ():
        is_proved = isinstance(one, dict) and one.get("primary") is True
        if is_proved and one.get("verified") is True:
            return email_in(one.get("email"))
    return ""
