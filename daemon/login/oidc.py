"""Logs in by OpenID Connect: the code flow, with PKCE.

Source: OpenID Connect Core 1.0 §3.1, Discovery 1.0 §3; RFC 7636 (PKCE), RFC 9207 (iss).
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from daemon.config.web import LoginConfig
from daemon.login.flow import Flow
from daemon.login.identity import Identity
from daemon.login.keys import LASTS, Keys
from daemon.login.provider import (
    Talk,
    email_in,
    is_private,
    name_in,
    refuse_error,
    unproven,
    with_query,
)
from daemon.model.errors import LoginRefusedError

_WELL_KNOWN = "/.well-known/openid-configuration"
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider says of itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    sends_secret_in_form: bool
    names_itself: bool

    @classmethod
    def of(cls, told: Any, issuer: str) -> Description:
        """As its document has it.

        Errors: LoginRefusedError for one of another provider, or with addresses that are not safe.
        """
        if not isinstance(told, dict) or told.get("issuer") != issuer:
            named = str(told.get("issuer") if isinstance(told, dict) else None)[:200]
            raise unproven(f"the provider says that its issuer is {named!r}: write it so")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_private(told.get(name), issuer):
                raise unproven(f"the provider has no safe {name}")
        userinfo = told.get("userinfo_endpoint")
        methods = told.get("token_endpoint_auth_methods_supported")
        return cls(
            told["authorization_endpoint"],
            told["token_endpoint"],
            told["jwks_uri"],
            str(userinfo) if is_private(userinfo, issuer) else "",
            isinstance(methods, list) and _BASIC not in methods and _POST in methods,
            told.get("authorization_response_iss_parameter_supported") is True,
        )


@dataclass(slots=True)
class Oidc:
    """One provider; what it says of itself is asked for at the first login, and once an hour."""

    section: LoginConfig
    talk: Talk
    clock: Callable[[], float] = time.monotonic
    keys: Keys = field(default_factory=Keys)
    _described: tuple[float, Description] | None = None

    async def location(self, flow: Flow, callback: str) -> str:
        """Where the browser goes.

        Errors: LoginRefusedError.
        """
        description = await self._description()
        values = {
            "response_type": "code",
            "client_id": self.section.client_id,
            "redirect_uri": callback,
            "scope": " ".join(self.section.asked_scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        return with_query(description.authorization_endpoint, values)

    async def identity(
        self, flow: Flow, answer: Mapping[str, str], callback: str, now: datetime
    ) -> Identity:
        """Who it was.

        Errors: LoginRefusedError.
        """
        description = await self._description()
        named = answer.get("iss", "")
        if named != self.section.issuer and (named or description.names_itself):
            raise unproven("the answer is of another issuer")
        refuse_error(answer)
        told = await self._redeem(description, flow, answer["code"], callback)
        claims = await self._verified(description, flow, told.get("id_token"), now)
        return self._identity(await self._completed(description, claims, told))

    async def _description(self) -> Description:
        if self._described and self.clock() - self._described[0] < LASTS:
            return self._described[1]
        told = await self.talk.get(self.section.address + _WELL_KNOWN)
        description = Description.of(told, self.section.issuer)
        self._described = self.clock(), description
        return description

    async def _redeem(
        self, description: Description, flow: Flow, code: str, callback: str
    ) -> Mapping[str, Any]:
        """What the provider gives for a code, which it takes once, and from us alone."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": flow.verifier,
        }
        name, secret = self.section.client_id, self.section.client_secret.get_secret_value()
        if description.sends_secret_in_form:
            form |= {"client_id": name, "client_secret": secret}
            return await self.talk.post(description.token_endpoint, form)
        # Source: RFC 6749 §2.3.1: both are encoded as in a form first.
        pair = f"{quote_plus(name)}:{quote_plus(secret)}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return await self.talk.post(description.token_endpoint, form, headers)

    async def _verified(
        self, description: Description, flow: Flow, token: object, now: datetime
    ) -> Mapping[str, Any]:
        if not isinstance(token, str):
            raise unproven("the provider gives no ID token")
        await asyncio.to_thread(_load)  # most daemons never need it
        from daemon.login.id_token import Expected, claims_of, key_named_in, refuse_foreign

        kind, id_ = key_named_in(token)
        key = await self.keys.find(lambda: self.talk.get(description.jwks_uri), kind, id_)
        if key is None:
            raise unproven("the ID token is signed by a key that the provider does not show")
        try:
            claims = claims_of(token, key)
        except LoginRefusedError:
            self.keys.forget()
            raise
        section = self.section
        expected = Expected(section.issuer, section.client_id, flow.nonce, now.timestamp())
        refuse_foreign(claims, expected)
        return claims

    async def _completed(
        self, description: Description, claims: Mapping[str, Any], told: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The claims, with those that some providers only tell who asks them again.

        Source: OpenID Connect Core 1.0 §5.3.2 (`sub` must be the same), §5.4.
        """
        token = told.get("access_token")
        if "email" in claims or not description.userinfo_endpoint or not isinstance(token, str):
            return claims
        headers = {"Authorization": f"Bearer {token}"}
        more = await self.talk.get(description.userinfo_endpoint, headers)
        if not isinstance(more, dict) or more.get("sub") != claims.get("sub"):
            raise unproven("the provider tells of somebody else than its ID token")
        return {**more, **claims}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, is_verified = claims.get("sub"), claims.get("email_verified")
        try:
            return Identity(
                self.section.name,
                subject if isinstance(subject, str) else "",
                email=email_in(claims.get("email")),
                email_is_verified=is_verified in (True, "true"),  # as text: AWS Cognito
                username=name_in(claims.get("preferred_username"), claims.get("name")),
            )
        except ValueError as exc:
            raise unproven(f"the ID token names nobody: {exc}") from exc


def _load() -> None:
    import daemon.login.id_token  # noqa: F401 # in a thread: the library takes a while
