"""A login that has begun in a browser and goes on at a provider."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from daemon.login.secret import new_secret


@dataclass(frozen=True, slots=True)
class Flow:
    """What a login was begun with, and must end with.

    Shape:  `state` is what the provider gives back to the browser, `nonce` what it writes into
            its token, and `verifier` what only we can show it.
    Source: RFC 6749 §10.12 (state), OpenID Connect Core §15.5.2 (nonce), RFC 7636 (verifier).
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    return_to: str = "/"

    @classmethod
    def begin(cls, provider: str, return_to: str) -> Flow:
        """Another login, which nobody can guess anything of."""
        return cls(provider, new_secret(), new_secret(), new_secret(), return_to)

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier at first."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
