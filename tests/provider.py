"""A provider of logins on loopback: OpenID Connect as it should be, and whatever a test breaks."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web
from joserfc.jwk import ECKey, Key, KeyParameters, OctKey, OKPKey, RSAKey
from joserfc.jws import serialize_compact

from daemon.login.provider import with_query

CLIENT, SECRET = "changelogger", "a secret/of the client, 32 bytes+"
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256", "none"]


@cache
def key_of(algorithm: str, name: str = "first") -> Key:
    """A key for this algorithm; another one for another name."""
    parameters: KeyParameters = {"kid": f"{name}-{algorithm}"}
    match algorithm:
        case "ES256":
            return ECKey.generate_key("P-256", parameters)
        case "ES384":
            return ECKey.generate_key("P-384", parameters)
        case "EdDSA":
            return OKPKey.generate_key("Ed25519", parameters)
        case "HS256":
            return OctKey.import_key(SECRET, parameters)
        case _:
            return RSAKey.generate_key(2048, parameters)


@dataclass
class Code:
    """What a code stands for."""

    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class ProviderOnLoopback:
    """What it says and signs; tests change it.

    Shape: `claims`, `header` and `described` go over what is right; a None takes it away.
    """

    now: datetime
    algorithm: str = "RS256"
    key: Key = field(default_factory=lambda: key_of("RS256"))
    shown: list[Key] = field(default_factory=lambda: [key_of("RS256")])
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    answers: dict[str, Callable[[], web.Response]] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    issuer: str = ""
    # As GitHub: a user and their addresses, or an error with status 200.
    user: dict[str, Any] = field(default_factory=lambda: {"id": 12345, "login": "Octo-Cat"})
    emails: Any = None

    def sign_with(self, algorithm: str, name: str = "first", *, is_shown: bool = True) -> None:
        """Sign with another key from now on, and show it alone."""
        self.algorithm, self.key = algorithm, key_of(algorithm, name)
        if is_shown:
            self.shown = [self.key]

    async def answer(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v3")
        self.asked[path] += 1
        if path in self.answers:
            return self.answers[path]()
        if path in ("/authorize", "/login/oauth/authorize"):
            return self._authorize(request.query)
        if path in ("/token", "/login/oauth/access_token"):
            return self._token(await request.post(), request.headers.get("Authorization", ""))
        told = {
            "/.well-known/openid-configuration": _over(self._description(), self.described),
            "/jwks": {"keys": [one.as_dict(private=False) for one in self.shown]},
            "/userinfo": self.userinfo,
            "/user": self.user,
            "/user/emails": self.emails,
        }
        return _json(told[path]) if path in told else web.Response(status=404)

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True,
        }

    def _authorize(self, query: Mapping[str, str]) -> web.Response:
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        code = f"code-{len(self.codes)}-{query['state'][:8]}"
        challenge, back = query["code_challenge"], query["redirect_uri"]
        self.codes[code] = Code(query.get("nonce", ""), challenge, back)
        values = {"code": code, "state": query["state"]}
        if "nonce" in query:
            # What is not known must be ignored (RFC 6749 §4.1.2).
            values |= {"iss": self.issuer, "session_state": "x", "other": "y"}
        return web.Response(status=302, headers={"Location": with_query(back, values)})

    def _token(self, form: Mapping[str, Any], authorization: str) -> web.Response:
        is_github = "nonce" not in form and not authorization and "grant_type" not in form
        given = form.get("client_id"), form.get("client_secret")
        if authorization:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            given = unquote_plus(pair[0]), unquote_plus(pair[1])
        code = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if given != (CLIENT, SECRET):
            return _json({"error": "invalid_client"}, 401)
        if code is None or (code.challenge, code.redirect_uri) != (challenge, form["redirect_uri"]):
            error = "bad_verification_code" if is_github else "invalid_grant"
            return _json({"error": error}, 200 if is_github else 400)
        if is_github:
            return _json({"access_token": "an access token", "token_type": "bearer"})
        return _json({"access_token": "an access token", "id_token": self._id_token(code.nonce)})

    def _id_token(self, nonce: str) -> str:
        claims = {
            "iss": self.issuer,
            "sub": "248289761001",
            "aud": CLIENT,
            "exp": (self.now + timedelta(minutes=5)).timestamp(),
            "iat": self.now.timestamp(),
            "nonce": nonce,
            "email": "jane@example.org",
            "email_verified": True,
            "preferred_username": "jane",
        }
        header = _over({"alg": self.algorithm, "kid": self.key.kid}, self.header)
        payload = json.dumps(_over(claims, self.claims))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of algorithms that only an attacker would use
            return serialize_compact(header, payload, self.key, ALGORITHMS)


@asynccontextmanager
async def providing(now: datetime) -> AsyncIterator[ProviderOnLoopback]:
    """The provider, served."""
    provider = ProviderOnLoopback(now)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        provider.issuer = f"http://{host}:{port}"
        yield provider
    finally:
        await runner.cleanup()


def _over(right: dict[str, Any], wrong: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**right, **wrong}.items() if value is not None}


def _json(told: Any, status: int = 200) -> web.Response:
    return web.json_response(told, status=status)
