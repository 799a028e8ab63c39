"""The section for pages: where they are, and who is let in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, Strict

from daemon.config.sections import DAY, MINUTE, CrossChecked, Section
from daemon.config.values import (
    Duration,
    Flaw,
    Host,
    Hosts,
    Line,
    Networks,
    check_header_name,
    check_url,
    refused,
)

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_LOGIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
# What else stands before the | of an identity, or behind /login/ of an address.
_OTHER_LOGINS = frozenset({"cli", "header", "link", "local", "password", "web"})
_GITHUB = "https://github.com"
_GITHUB_SCOPES = ("read:user", "user:email")
_OIDC_SCOPES = ("openid", "email", "profile")
EVERYBODY = "*"
# Where people may be told without the file. The last four are services that Apprise knows.
DestinationKind = Literal["mail", "webhook", "ntfy", "discord", "pushover", "slack", "telegram"]
_BY_APPRISE = ("discord", "pushover", "slack", "telegram")
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


def _login_name(text: str) -> str:
    if not _LOGIN_NAME.fullmatch(text):
        raise refused("is not a name", "use at most 50 lower-case letters, digits, - and _")
    if text in _OTHER_LOGINS:
        raise refused("is another way to log in", 'write for example "corp"')
    return text


def _some_secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise refused("is empty", "the provider shows it where the client is registered")
    return secret


def _issuer(text: str) -> str:
    """An address as the provider writes it, letter by letter, as that is how it is compared."""
    if not text:
        return ""
    text = text.strip()
    check_url(text)
    parts = urlsplit(text)
    if parts.query or parts.fragment or "?" in text:
        raise refused("must end with its path", "the provider names it: its issuer")
    if _is_bare(text):
        raise refused("would send its answers over the network in plain", "write https://")
    return text


class LoginConfig(CrossChecked):
    """A provider that people log in with.

    Shape: `allow` and `admins` hold identities, `name|subject`, of this provider; `allow` also
           ends of verified mail addresses, "@example.org", and "*" for all whom it knows.
    """

    name: Annotated[Line, AfterValidator(_login_name)]
    kind: Literal["oidc", "github"] = "oidc"
    issuer: Annotated[str, AfterValidator(_issuer)] = ""
    client_id: Line
    client_secret: Annotated[SecretStr, AfterValidator(_some_secret)]
    scopes: Annotated[tuple[Line, ...], Strict(False)] = ()
    allow: Annotated[tuple[Line, ...], Strict(False)] = ()
    create_users: bool = False
    admins: Annotated[tuple[Line, ...], Strict(False)] = ()

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        is_github = given.get("kind") == "github"
        if not is_github and given.get("kind", "oidc") == "oidc":
            yield from _misfits_of_oidc(given)
        if given.get("create_users") is True and not given.get("allow"):
            hint = 'name them in allow, such as ["@example.org"]'
            yield Flaw(("create_users",), "would let in whoever has an account there", hint)
        for key in ("allow", "admins"):
            for index, word in enumerate(_words(given, key)):
                yield from _unusable(word, (key, index), _text(given, "name"), is_github=is_github)

    @property
    def is_github(self) -> bool:
        return self.kind == "github"

    @property
    def address(self) -> str:
        """Where the provider is, without a slash at the end."""
        return (self.issuer or _GITHUB).rstrip("/")

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """What a login asks the provider for."""
        return self.scopes or (_GITHUB_SCOPES if self.is_github else _OIDC_SCOPES)

    @property
    def label(self) -> str:
        """What people are shown of it."""
        return "GitHub" if self.is_github and not self.issuer else self.name


def _misfits_of_oidc(given: Mapping[str, Any]) -> Iterator[Flaw]:
    if not _text(given, "issuer"):
        hint = 'write for example "https://id.example.org/realms/home"'
        yield Flaw(("issuer",), "is missing: the address that the provider says it is", hint)
    if (scopes := _words(given, "scopes")) and "openid" not in scopes:
        hint = 'write for example ["openid", "email", "profile"]'
        yield Flaw(("scopes",), 'lacks "openid", without which nobody is identified', hint)
    if find_spec("joserfc") is None:
        hint = "pip install 'changelogger[login]'"
        yield Flaw(("name",), "needs joserfc, which is not installed", hint)


def _unusable(
    word: str, path: tuple[str | int, ...], name: str, *, is_github: bool
) -> Iterator[Flaw]:
    """What is wrong with somebody named in `allow` or `admins`."""
    is_domain = word.startswith("@") and len(word) > 1
    if path[0] == "allow" and (is_domain or (word == EVERYBODY and not is_github)):
        return
    if word == EVERYBODY and path[0] == "allow":
        yield Flaw(path, "would let in everybody: anyone can have an account there")
        return
    provider, bar, subject = word.partition("|")
    if provider != name or not bar or not subject:
        hint = f'write "{name or "name"}|" and the id that they have there'
        yield Flaw(path, "is no identity of this provider", hint)


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
    destinations: Annotated[tuple[DestinationKind, ...], Strict(False)] = ("mail",)
    password: PasswordConfig = PasswordConfig()
    trusted_header: TrustedHeaderConfig = TrustedHeaderConfig()
    login: Annotated[tuple[LoginConfig, ...], Strict(False)] = ()

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
        for index, kind in enumerate(_words(given, "destinations")):
            if kind in _BY_APPRISE and find_spec("apprise") is None:
                problem = f'"{kind}" needs Apprise, which is not installed'
                yield Flaw(("destinations", index), problem, "pip install 'changelogger[notify]'")

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
    if given.get("login"):
        yield ("login",)


def _words(given: Mapping[str, Any], name: str) -> list[str]:
    found = given.get(name)
    items = found if isinstance(found, list | tuple) else ()
    return [one.strip() for one in items if isinstance(one, str)]


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
