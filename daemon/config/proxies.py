"""The proxies of config.toml, through which pages are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from daemon.config.sections import CrossChecked
from daemon.config.values import Flaw, Line, check_host, refused
from daemon.model.request import DIRECT

SCHEMES = ("http", "https", "socks5", "socks5h")
_EXAMPLE = 'write for example "http://proxy.example.org:3128" or "socks5://127.0.0.1:1080"'
_LONGEST_BYTES = 255  # of a name and of a password (RFC 1929 §2)


def _nameable(name: str) -> str:
    if name == DIRECT:
        raise refused(f'must not be "{DIRECT}", which stands for no proxy')
    return name


def _is_address(url: SecretStr) -> SecretStr:
    """A URL of scheme, host and port; it may hold a password, so its text is not shown."""
    try:
        parts = urlsplit(url.get_secret_value().strip())
        port = parts.port
    except ValueError:
        raise refused("is not the address of a proxy", _EXAMPLE) from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise refused("is not the address of a proxy", _EXAMPLE)
    if port is None:
        raise refused("names no port", _EXAMPLE)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refused("must end after the port", _EXAMPLE)
    check_host(parts.hostname)
    return url


class ProxyConfig(CrossChecked):
    """One proxy by its name.

    Shape: by itself the address of a page is looked up and judged here, and the proxy only gets
           the address; a `trusted` one gets the name, and looks it up by itself.
    """

    name: Annotated[Line, Field(max_length=100), AfterValidator(_nameable)]
    url: Annotated[SecretStr, AfterValidator(_is_address)]
    username: str = ""
    password: SecretStr = SecretStr("")
    trusted: bool = False

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        parts = _split(given.get("url"))
        name, password = (_text_of(given.get(key)) for key in ("username", "password"))
        if parts.scheme == "socks5h" and given.get("trusted") is not True:
            hint = "write trusted = true, or socks5:// to look names up here"
            problem = "lets the proxy look names up, which only a trusted one may"
            yield Flaw(("url",), problem, hint)
        if parts.username and (name or password):
            yield Flaw(("username",), "is given in the url as well", "keep one of the two")
            return
        if parts.username:
            name, password = unquote(parts.username), unquote(parts.password or "")
        if password and not name:
            yield Flaw(("username",), "is missing beside the password")
        if ":" in name or max(len(name.encode()), len(password.encode())) > _LONGEST_BYTES:
            problem = "must have no colon, and at most 255 bytes as the password"
            yield Flaw(("username",), problem)

    @property
    def scheme(self) -> str:
        return self._parts.scheme

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        return self._parts.port or 0

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks")

    @property
    def credentials(self) -> tuple[str, str]:
        """Name and password; empty where the proxy asks for none."""
        if self._parts.username:
            return unquote(self._parts.username), unquote(self._parts.password or "")
        return self.username, self.password.get_secret_value()

    def secrets(self) -> Iterator[str]:
        """The password in every form in which it may be written."""
        password = self.credentials[1]
        yield from (password, quote(password, safe=""), self._parts.password or "")

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url.get_secret_value().strip())


def _text_of(value: object) -> str:
    """The text of a value of the file; nothing when it is none."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text if isinstance(text, str) else ""


def _split(url: object) -> SplitResult:
    """The parts of an address; empty ones where it is none, which is told by itself."""
    try:
        return urlsplit(_text_of(url).strip())
    except ValueError:
        return urlsplit("")
