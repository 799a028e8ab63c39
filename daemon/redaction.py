"""Decides which names are secret, and masks their values.

Used wherever text is shown: log lines, errors, the command line, exports and notifications.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus, unquote_plus

MASK = "***"
SHORTEST_SECRET = 4  # masking every "a" would leave no text

# Anywhere in a name, with any separator: `refresh_token`, `X-Amz-Signature`, `clientSecret`.
SECRET_WORDS = (
    "token", "secret", "passw", "passphrase", "passcode", "signature", "credential", "cookie",
    "authorization", "authentication", "api key", "access key", "private key", "session id",
    "jwt", "bearer", "hmac",
)  # fmt: skip
_WORDS = (*(word.replace(" ", "") for word in SECRET_WORDS), "sessid")
# A part of a name: `X-Auth`, `session_id`, `auth_key`; not `author` or `keyword`.
_PARTS = frozenset(("auth", "session", "sid", "sig", "pwd", "pass", "otp", "key"))
# The whole name: not `country_code`.
_NAMES = frozenset(("code",))
# The values of these headers are no secrets; those of any other may be.
_OPEN_HEADERS = frozenset(
    {"accept", "accept-language", "cache-control", "content-type", "referer", "user-agent"}
)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LETTERS = re.compile(r"[^a-z]+")
# The repetitions are bounded so that no text makes these slow.
_USERINFO = re.compile(r"([a-z][a-z0-9+.-]{0,20}://)[^\s/?#]{0,1024}@", re.IGNORECASE)
_PAIR = re.compile(r"(?<=[?&;#])([^=&;#?\s\"'<>]{1,64})=[^&;#\s\"'<>]+")
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key)(\s{0,2}:\s{0,2})[^\r\n]+",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Whether a field or header of this name holds a credential, by its words alone."""
    letters = _LETTERS.sub("", name.lower())
    return any(word in letters for word in _WORDS)


def is_secret_key(name: str) -> bool:
    """Whether a query key or a header of this name may hold a credential.

    Shape: errs on the side of too many: abbreviations such as `sig` count too.
    """
    if "%" in name or "+" in name:
        name = unquote_plus(name)
    if is_secret_name(name) or name.lower() in _NAMES:
        return True
    parts = {part.lower() for part in _PART.findall(name)}
    return not parts.isdisjoint(_PARTS) or name.lower() in _PARTS


def is_open_header(name: str) -> bool:
    """Whether the value of a header that an owner sends may be shown and kept as it is."""
    return name.lower() in _OPEN_HEADERS


def redact_text(text: str, stand_in: Callable[[str], str] = lambda key: MASK) -> str:
    """The text with the credentials in its URLs and headers masked, safe to show.

    Shape: `stand_in` gives the replacement for the value of a query key.
    """
    if "://" in text:
        text = _USERINFO.sub(rf"\1{MASK}@", text)
    if "=" in text:
        text = _PAIR.sub(lambda found: _without_value(found, stand_in), text)
    if ":" in text:
        text = _HEADER.sub(rf"\1\2{MASK}", text)
    return text


def _without_value(pair: re.Match[str], stand_in: Callable[[str], str]) -> str:
    key = pair[1]
    return f"{key}={stand_in(key)}" if is_secret_key(key) else pair[0]


class KnownSecrets:
    """Masks secrets that are known by value, wherever they occur.

    Shape: those of four characters or more, also in their percent-encoded and escaped forms.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret.strip())}
        # Longest first: a secret that contains another must be masked as a whole.
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def mask(self, text: str) -> str:
        """The text with the secrets masked."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def _forms(secret: str) -> set[str]:
    forms = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }
    return {form for form in forms if len(secret) >= SHORTEST_SECRET and form}
