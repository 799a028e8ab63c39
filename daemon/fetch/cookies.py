"""The cookies of one page: those that servers set, where they belong, and how they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from daemon.addresses import is_public_suffix
from daemon.http_date import parse_http_date
from daemon.url import is_address

MAX_COOKIES = 50
MAX_COOKIE_BYTES = 4096
MAX_HEADER_BYTES = 12 * 1024
_MAX_KEPT_BYTES = 32 * 1024
_MAX_LINE = 2 * MAX_COOKIE_BYTES  # with its attributes
_LONGEST = timedelta(days=400)
_Key = tuple[str, str, str]  # host or domain, path, name


class Cookies:
    """A jar: what servers have set, the newest last, and what of it a request may send.

    Shape:  cookies go where the library lets them, by host, domain, path, encryption and age; none
            is for a public suffix. The oldest give way to new ones when there are too many. An
            answer without encryption, which anybody on the way may have written, sets no secure
            cookie and replaces none.
    Source: RFC 6265; RFC 6265bis §4.1.3 (prefixes of names) and §5.7 (secure cookies).
    """

    def __init__(self, kept: str = "") -> None:
        self._lines = _read(kept)
        self._jar: aiohttp.CookieJar | None = None

    def take(self, url: str, lines: Iterable[str], now: datetime | None = None) -> None:
        """Keep what the answer from this URL sets, and drop what it takes back."""
        for line in lines:
            is_plain = line.isascii() and line.isprintable()
            if is_plain and len(line.partition(";")[0]) <= MAX_COOKIE_BYTES:
                self._take(url, line[:_MAX_LINE], now or datetime.now(UTC))

    def header_for(self, url: str) -> str:
        """The value of the header Cookie of a request to this URL; "" for none."""
        pairs: list[str] = []
        size = 0
        for name, value in self.pairs_for(url).items():
            size += len(name) + len(value) + 3
            if size > MAX_HEADER_BYTES:
                break
            pairs.append(f"{name}={value}")
        return "; ".join(pairs)

    def pairs_for(self, url: str) -> dict[str, str]:
        """The cookies of a request to this URL, by name."""
        if not self._lines:
            return {}
        if self._jar is None:
            self._jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
            for origin, line in self._lines.values():
                self._jar.update_cookies_from_headers([line], URL(origin, encoded=True))
        found = self._jar.filter_cookies(URL(url, encoded=True))
        return {name: morsel.coded_value for name, morsel in found.items()}

    def text(self, now: datetime | None = None) -> str:
        """All of them as text, from which they can be read again; "" for none.

        Shape: not those that have ended; the newest only, when it would be too much text.
        """
        at, kept, size = now or datetime.now(UTC), list[tuple[str, str]](), 0
        for origin, line in reversed(self._lines.values()):
            size += len(origin) + len(line) + 8
            if size > _MAX_KEPT_BYTES:
                break
            if not _has_ended(line, at):
                kept.append((origin, line))
        return json.dumps(kept[::-1], separators=(",", ":")) if kept else ""

    def _take(self, url: str, line: str, now: datetime) -> None:
        pair, *options = (part.strip() for part in line.split(";"))
        name, is_pair, _ = pair.partition("=")
        named = _named(options)
        domain = named.get("domain", "").lower().removeprefix(".")
        host = urlsplit(url).hostname or ""
        if not name or not is_pair or not _may_set(host, domain):
            return
        is_open = urlsplit(url).scheme != "https"
        if not _is_as_named(name, named, is_open=is_open):
            return
        if is_open and ("secure" in named or self._hides_secure(name, domain or host, url, named)):
            return
        if domain == host:
            options = [one for one in options if not one.lower().startswith("domain")]
        key = (domain or host, named.get("path", ""), name)
        self._jar = None
        self._lines.pop(key, None)
        line = "; ".join((pair, *_dated(options, named, now)))
        if not _has_ended(line, now):
            self._lines[key] = (_origin(url), line)
        while len(self._lines) > MAX_COOKIES:
            del self._lines[next(iter(self._lines))]

    def _hides_secure(self, name: str, domain: str, url: str, named: dict[str, str]) -> bool:
        """Whether a new cookie would go where a secure one of its name goes."""
        path = _path_of(url, named.get("path", ""))
        return any(
            known == name
            and "secure" in _named(line.split("; ")[1:])
            and (_is_within(domain, other) or _is_within(other, domain))
            and _is_under(path, _path_of(origin, other_path))
            for (other, other_path, known), (origin, line) in self._lines.items()
        )


def _may_set(host: str, domain: str) -> bool:
    """Whether a host may set a cookie for this domain; "" is for itself alone."""
    if domain in ("", host):
        return True
    is_above = _is_within(host, domain) and not is_address(host)
    return is_above and not is_public_suffix(domain)


def _is_as_named(name: str, named: dict[str, str], *, is_open: bool) -> bool:
    """Whether a cookie is what the prefix of its name promises to the server that reads it."""
    prefix = name.lower()
    if not prefix.startswith(("__secure-", "__host-")):
        return True
    is_secure = "secure" in named and not is_open
    is_of_host = not named.get("domain") and named.get("path") == "/"
    return is_secure and (is_of_host or prefix.startswith("__secure-"))


def _path_of(url: str, path: str) -> str:
    """The path that a cookie is for: its own, or the folder of the URL that set it."""
    if path.startswith("/"):
        return path
    return urlsplit(url).path.rpartition("/")[0] or "/"


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _named(options: Iterable[str]) -> dict[str, str]:
    return {key.strip().lower(): value.strip() for key, _, value in _split(options)}


def _split(options: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    return (option.partition("=") for option in options)


def _origin(url: str) -> str:
    """A URL without query, which may be secret: host and path decide where cookies belong."""
    return url.partition("?")[0]


def _dated(options: Iterable[str], named: dict[str, str], now: datetime) -> list[str]:
    """The options with the instant at which the cookie ends, instead of an age from now."""
    others = [one for one in options if not one.lower().startswith(("expires", "max-age"))]
    age = named.get("max-age", "").strip('"')
    if age.removeprefix("-").isdecimal():
        seconds = -1 if age.startswith("-") else min(int(age[:12]), int(_LONGEST.total_seconds()))
        ends_at = now + timedelta(seconds=seconds or -1)
    elif (expires := parse_http_date(named.get("expires"))) is not None:
        ends_at = min(expires, now + _LONGEST)
    else:
        return others  # of the session, which we never end
    return [*others, f"Expires={format_datetime(ends_at, usegmt=True)}"]


def _has_ended(line: str, now: datetime) -> bool:
    expires = line.rpartition("; Expires=")[2] if "; Expires=" in line else None
    ends_at = parse_http_date(expires)
    return ends_at is not None and ends_at <= now


def _read(kept: str) -> dict[_Key, tuple[str, str]]:
    """Kept cookies by their keys; none when the text is not what `text` wrote."""
    found: dict[_Key, tuple[str, str]] = {}
    try:
        entries = json.loads(kept) if kept else []
        for origin, line in entries:
            pair, *options = str(line).split("; ")
            named = _named(options)
            host = named.get("domain", "").lower().removeprefix(".") or urlsplit(origin).hostname
            found[host or "", named.get("path", ""), pair.partition("=")[0]] = (
                str(origin),
                str(line),
            )
    except (ValueError, TypeError):
        return {}
    return found
