"""What every provider does for a login, and how it is talked to."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from daemon.config.values import check_email
from daemon.config.web import LoginConfig, is_loopback
from daemon.fetch.posting import Exchanged
from daemon.login.flow import Flow
from daemon.login.identity import Identity
from daemon.model.errors import FetchError, LoginRefusedError

Send = Callable[[str, bytes | None, Mapping[str, str], float], Awaitable[Exchanged]]
REQUEST_SECONDS = 5.0
_FORM = "application/x-www-form-urlencoded"
_CODE = re.compile(r"[a-z_]{1,60}")  # of errors (RFC 6749 §5.2); anything else may be an attack
_NO_HEADERS: Mapping[str, str] = {}


class Provider(Protocol):
    """Who proves to us who somebody is."""

    @property
    def section(self) -> LoginConfig: ...

    async def location(self, flow: Flow, callback: str) -> str:
        """Where the browser goes, and from there back to `callback`.

        Errors: LoginRefusedError when the provider does not say where.
        """

    async def identity(
        self, flow: Flow, answer: Mapping[str, str], callback: str, now: datetime
    ) -> Identity:
        """Who it was, by what the browser brings back from there.

        Errors: LoginRefusedError for everything that does not prove it.
        """


def unproven(reason: str) -> LoginRefusedError:
    """The error for what proves nothing; only the log says why."""
    return LoginRefusedError("this login proves nothing: begin it again", reason)


def unreachable(reason: str) -> LoginRefusedError:
    """The error for a provider that gives no usable response now."""
    told = "its provider does not answer: try again later, or log in another way"
    return LoginRefusedError(told, reason, is_for_now=True)


def with_query(url: str, values: Mapping[str, str]) -> str:
    """An address with these values beside those that it has."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(values)}"


def is_private(url: object, issuer: str) -> bool:
    """Whether nobody on the way can read what is sent there; loopback only for a provider there."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.fragment or not host:
        return False
    on_loopback = issuer.startswith("http://") and is_loopback(host)
    return parts.scheme == "https" or (parts.scheme == "http" and on_loopback)


@dataclass(frozen=True, slots=True)
class Talk:
    """Asks a provider: guarded, without redirects, 64 KiB and a few seconds each."""

    send: Send

    async def get(self, url: str, headers: Mapping[str, str] = _NO_HEADERS) -> Any:
        """The JSON that is there.

        Errors: LoginRefusedError.
        """
        return await self._json(url, None, headers)

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] = _NO_HEADERS
    ) -> Mapping[str, Any]:
        """The JSON object in answer to a form.

        Errors: LoginRefusedError, also for an object that is an error.
        """
        body = urlencode(form).encode()
        told = await self._json(url, body, {**headers, "Content-Type": _FORM})
        # GitHub answers a wrong code with status 200.
        if not isinstance(told, dict) or "error" in told:
            raise unproven(f"{url} refuses the code{_code_in(told)}")
        return told

    async def _json(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        try:
            answer = await self.send(url, body, headers, REQUEST_SECONDS)
        except FetchError as exc:
            raise unreachable(f"{url}: {exc}") from exc
        told = _parsed(answer.body)
        if answer.status != 200:
            reason = f"{url} answered {answer.status}{_code_in(told)}"
            is_their_trouble = answer.status >= 500 or answer.status == 429
            raise unreachable(reason) if is_their_trouble else unproven(reason)
        if told is None:
            raise unproven(f"{url} did not answer with JSON")
        return told


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _code_in(told: Any) -> str:
    """The code of an error, such as invalid_client, which says what to mend."""
    code = told.get("error") if isinstance(told, dict) else None
    return f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""


def refuse_error(answer: Mapping[str, str]) -> None:
    """Raise for an error that the browser brings back instead of a code.

    Errors: LoginRefusedError.
    """
    code = answer.get("error", "")
    if code == "access_denied":
        raise LoginRefusedError("the provider did not let you in", "access_denied")
    if code or not answer.get("code"):
        raise unproven(f"there is no code{_code_in({'error': code})}")


def email_in(word: object) -> str:
    """A mail address as it is stored; "" for what cannot be one."""
    if not isinstance(word, str) or not word.isprintable():
        return ""
    try:
        return check_email(word)
    except ValueError:
        return ""


def name_in(*words: object) -> str:
    """The first of these that can be the name of a user."""
    for word in words:
        if (
            isinstance(word, str)
            and 0 < len(word) <= 100
            and word.isprintable()
            and "|" not in word
        ):
            return word
    return ""
