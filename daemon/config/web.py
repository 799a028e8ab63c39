"""The section for pages: where they are, and who is let in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from daemon.config.sections import DAY, MINUTE, CrossChecked, Section
from daemon.config.values import (
    Duration,
    Flaw,
    Host,
    Hosts,
    Networks,
    check_header_name,
    check_url,
    refused,
)

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_A_LOGIN = 'give public_url, such as public_url = "https://watch.example.org"'


def _origin(text: str) -> str:
    """An address without a path, as browsers name it."""
    if not text:
        return ""
    parts = urlsplit(check_url(text))
    if parts.path not in ("", "/") or parts.query:
        raise refused("has a path: the pages have a host of their own", "end it after the host")
    return f"{parts.scheme}://{parts.netloc}"


def _header(text: str) -> str:
    return check_header_name(text) if text else ""


class PasswordConfig(Section):
    """Logging in by a password of this installation."""

    enabled: bool = False


class TrustedHeaderConfig(CrossChecked):
    """Logging in by what a proxy in front says."""

    user_header: Annotated[str, AfterValidator(_header)] = ""
    trusted_networks: Networks = ()

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        if given.get("user_header") and not given.get("trusted_networks"):
            problem = "would be taken from everybody: there are no trusted_networks"
            hint = 'name the proxy, such as trusted_networks = ["192.0.2.7/32"]'
            yield Flaw(("user_header",), problem, hint)


class WebConfig(CrossChecked):
    """The pages for people.

    Shape: with a `public_url` people log in; without one the pages stay on loopback, and who can
           reach them there is the local owner.
    """

    enabled: bool = True
    host: Host = "127.0.0.1"
    port: int = Field(8788, ge=0, le=65535)
    public_url: Annotated[str, AfterValidator(_origin)] = ""
    allow_plain_http: bool = False
    allowed_hosts: Hosts = _LOOPBACK
    page_size: int = Field(50, ge=10, le=200)
    requests_per_second: int = Field(30, ge=0, le=10_000)
    search_changes: bool = False
    session_idle: Duration = Field(14 * DAY, ge=5 * MINUTE, le=365 * DAY)
    session_longest: Duration = Field(90 * DAY, ge=5 * MINUTE, le=timedelta(days=3650))
    password: PasswordConfig = PasswordConfig()
    trusted_header: TrustedHeaderConfig = TrustedHeaderConfig()

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        url, host = _text(given, "public_url"), _text(given, "host")
        if not url and host and not is_loopback(host):
            problem = "would let everybody in: there is no login"
            hint = f'leave it at "127.0.0.1", or {_A_LOGIN}: see docs/login.md'
            yield Flaw(("host",), problem, hint)
        if not url:
            for path in _logins(given):
                yield Flaw(path, "needs web.public_url, which people log in at", _A_LOGIN)
        elif _is_bare(url) and given.get("allow_plain_http") is not True:
            problem = "would send cookies over the network in plain"
            hint = "write https://, or allow_plain_http = true where nobody else listens"
            yield Flaw(("public_url",), problem, hint)

    @property
    def has_logins(self) -> bool:
        """Whether people must log in."""
        return bool(self.public_url)

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers reach the pages over https."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names in Host headers that are answered."""
        own = urlsplit(self.public_url).hostname or ""
        named = f"[{own}]" if ":" in own else own
        return tuple(filter(None, (*self.allowed_hosts, named)))


def _logins(given: Mapping[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """The keys that log people in, as far as they are set."""
    if _table(given, "password").get("enabled") is True:
        yield "password", "enabled"
    if _table(given, "trusted_header").get("user_header"):
        yield "trusted_header", "user_header"


def _table(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    return found.strip() if isinstance(found, str) else ""


def _is_bare(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme.lower() == "http" and not is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
