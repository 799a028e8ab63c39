"""Verifies ID tokens: who signed one, for whom, when, and for which login.

Source: OpenID Connect Core 1.0 §2, §3.1.3.7; RFC 8725 §3.1 (algorithms by a list of our own).
"""

from __future__ import annotations

import hmac
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry
from joserfc.jws import extract_compact
from joserfc.jwt import decode

from daemon.login.provider import unproven

_KINDS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    **dict.fromkeys(("EdDSA", "Ed25519"), "OKP"),
}
_LEEWAY_SECONDS = 60.0
# Of the library, and of what it reads keys with.
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: by whom it is, for whom, and for which login, at an instant."""

    issuer: str
    client_id: str
    nonce: str
    at: float


def key_named_in(token: str) -> tuple[str, str | None]:
    """The kind of key that a token must be verified with, and the id of that key, if it says so.

    Errors: LoginRefusedError, also for every algorithm that is not of a public key.
    """
    try:
        header = extract_compact(token.encode()).headers()
    except _UNREADABLE as exc:
        raise unproven("the ID token cannot be read") from exc
    kind, id_ = _KINDS.get(str(header.get("alg"))), header.get("kid")
    if kind is None:
        raise unproven(f"the ID token is signed by {str(header.get('alg'))[:20]!r}")
    return kind, id_ if isinstance(id_, str) else None


def claims_of(token: str, key: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a token says that was signed with this key.

    Errors: LoginRefusedError.
    """
    public = {name: value for name, value in key.items() if name != "key_ops"}
    try:
        with warnings.catch_warnings():
            # EdDSA has a narrower name by now (RFC 9864), which most providers do not use yet.
            warnings.simplefilter("ignore", SecurityWarning)
            return decode(token, JWKRegistry.import_key(public), algorithms=[*_KINDS]).claims
    except _UNREADABLE as exc:
        raise unproven(f"the ID token is not signed by its key: {type(exc).__name__}") from exc


def refuse_foreign(claims: Mapping[str, Any], expected: Expected) -> None:
    """Raise for a token that is not for us, not for this login, or not of now.

    Errors: LoginRefusedError.
    """
    problem = _foreign(claims, expected) or _untimely(claims, expected.at)
    if problem:
        raise unproven(f"the ID token {problem}")


def _foreign(claims: Mapping[str, Any], expected: Expected) -> str:
    audience, nonce = claims.get("aud"), claims.get("nonce")
    named = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    if claims.get("iss") != expected.issuer:
        return "is of another issuer"
    if expected.client_id not in named:
        return "is for another client"
    if party != expected.client_id and (party is not None or len(named) > 1):
        return "was made for another client"
    if not isinstance(nonce, str) or not _is_same(nonce, expected.nonce):
        return "is of another login"
    return ""


def _untimely(claims: Mapping[str, Any], at: float) -> str:
    ends, made, begins = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_number(ends) or not _is_number(made):
        return "does not say when it was made and ends"
    if ends + _LEEWAY_SECONDS <= at:
        return "has ended: is one of the two clocks wrong?"
    if made - _LEEWAY_SECONDS > at:
        return "was made in the future: is one of the two clocks wrong?"
    if begins is not None and not (_is_number(begins) and begins - _LEEWAY_SECONDS <= at):
        return "does not count yet"
    return ""


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
