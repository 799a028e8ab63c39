"""Parses any text into one canonical http(s) URL, or raises an error that names the fix."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin

from daemon.characters import is_obeyed, unseen_in
from daemon.model.errors import ForbiddenUrlError, UrlError

MAX_URL_BYTES = 8192

_SHAPE = re.compile(r"(?s)(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
# Most URLs are canonical already: a name without a port, nothing escaped, no dot segment.
_CANONICAL = re.compile(
    r"https?://(?:[a-z0-9_-]{1,63}\.){1,3}[a-z][a-z0-9-]{1,62}/[!$&'()*+,./0-9:;=@A-Z_a-z~-]*"
    r"(?:\?[!$&'()*+,./0-9:;=?@A-Z_a-z~-]*)?"
)
_SHORT_CHARS = 512
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SPACES = re.compile("[ \xa0]")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_OCTET = re.compile(r"0|[1-9]\d{0,2}")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_TO_ENCODE = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_NAME = 255  # of what people give a name


def parse_url(text: str) -> str:
    """The canonical form of an http(s) URL; parsing it again changes nothing.

    Shape:  lower-case scheme and ASCII host, no default port, no fragment, no dot segments.
    Errors: UrlError for an invalid URL, ForbiddenUrlError for one rejected on principle.
    Source: RFC 3986 §6.2.2 (normalisation), RFC 5891 (international names).
    """
    if len(text) < _SHORT_CHARS and _CANONICAL.fullmatch(text) and "/." not in text:
        return text
    return _canonical(text)


def join_url(base: str, location: str) -> str:
    """The target of a redirect: `location` resolved against `base`, by the same grammar.

    Errors: as `parse_url`; spaces and invisible characters inside are encoded as browsers do,
            such as `%20`.
    """
    location = location.strip(" \t")
    if not location:
        raise UrlError("the redirect names no address")
    if len(location) > MAX_URL_BYTES:
        raise UrlError(f"the redirect's address is longer than {MAX_URL_BYTES} bytes")
    location = location.replace(" ", "%20")
    while hidden := unseen_in(location):
        location = location.replace(hidden, quote(hidden))
    _refuse_unsafe(location)
    if location.startswith("//"):
        return parse_url(base.partition("//")[0] + location)
    scheme = _SCHEME.match(location)
    if scheme and scheme.group(1).lower() in _DEFAULT_PORTS:
        return parse_url(location)
    if scheme:
        raise _misshapen(location)
    return parse_url(urljoin(base, location))


def host_of(url: str) -> str:
    """The host of a canonical URL, with its port if given: the key for throttling."""
    return url.split("/", 3)[2]


def origin_of(url: str) -> str:
    """Scheme, host and port of a canonical URL: `https://example.com:8443`."""
    return url[: url.index("/", 8)]


def name_from(url: str) -> str:
    """The default name for a URL: host and path."""
    bare = url.partition("://")[2] or url
    return " ".join(bare.removeprefix("www.").rstrip("/").split())[:LONGEST_NAME] or url


def is_address(host: str) -> bool:
    """Whether a canonical host (no port) is an IP literal, not a name."""
    return host.startswith("[") or host.rpartition(".")[2].isdigit()


def _canonical(text: str) -> str:
    _refuse_unsafe(text)
    matched = _SHAPE.fullmatch(text)
    if matched is None:
        raise _misshapen(text)
    scheme, authority, path, query = (part or "" for part in matched.group(1, 2, 3, 4))
    host, port = _host_and_port(authority)
    scheme = scheme.lower()
    shown_port = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    url = f"{scheme}://{host}{shown_port}{_without_dots(_encode(path)) or '/'}{_encode(query)}"
    if len(url) > MAX_URL_BYTES:
        raise UrlError(f"the URL is longer than {MAX_URL_BYTES} bytes; use a shorter one")
    return url


def _refuse_unsafe(text: str) -> None:
    if len(text) > MAX_URL_BYTES:
        raise UrlError(f"the URL is longer than {MAX_URL_BYTES} bytes; use a shorter one")
    if not text:
        raise UrlError("the URL is empty; write one such as https://example.com/")
    if "\\" in text:
        raise ForbiddenUrlError("the URL holds a backslash; write / instead")
    if not text.isascii() and any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise UrlError("the URL holds bytes that are not UTF-8; percent-encode them")
    if is_obeyed(text) or _SPACES.search(text):
        raise UrlError("the URL holds a space or a control character; remove it or write %20")
    if hidden := unseen_in(text):
        raise UrlError(f"the URL holds an invisible character, U+{ord(hidden):04X}; delete it")


def _misshapen(text: str) -> UrlError:
    scheme = _SCHEME.match(text)
    if scheme is None:
        return UrlError("the URL has no scheme; begin it with https:// or http://")
    name = scheme.group(1).lower()
    if name in _DEFAULT_PORTS:
        return UrlError(f"{name}: must be followed by // and a host, as in {name}://example.com/")
    if "." in name or text[scheme.end() : scheme.end() + 1].isdigit():
        return UrlError("the URL has no scheme; begin it with https:// or http://")
    return ForbiddenUrlError(f"{name}: URLs are not fetched; only http:// and https:// are")


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise ForbiddenUrlError("the URL holds a user name or password; put them in a header")
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise UrlError("the IPv6 address is not closed; write it as [2001:db8::1]")
        return _ipv6(host), _port(rest[1:])
    host, _, port = authority.partition(":")
    if not host:
        raise UrlError("the URL names no host; write one, as in https://example.com/")
    return _name_or_ipv4(host), _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise UrlError("the port must be a number from 1 to 65535")


def _ipv6(text: str) -> str:
    if "%" in text:
        raise ForbiddenUrlError("the address has a zone id; write it without the % part")
    try:
        address = IPv6Address(text)
    except ValueError as exc:
        raise UrlError("the IPv6 address cannot be read; write it as [2001:db8::1]") from exc
    # Spelled out, as Python versions format mapped addresses differently.
    mapped = address.ipv4_mapped
    return f"[::ffff:{mapped}]" if mapped else f"[{address.compressed}]"


def _name_or_ipv4(text: str) -> str:
    if "%" in text:
        raise ForbiddenUrlError("the host is percent-encoded; write it in plain letters")
    host = text.lower() if text.isascii() else _ascii_name(text)
    host = host.removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(labels)
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise UrlError("the host is not a valid name; write one such as example.com")
    return host


def _ipv4(labels: list[str]) -> str:
    plain = len(labels) == 4 and all(_OCTET.fullmatch(part) and int(part) < 256 for part in labels)
    if not plain:
        raise ForbiddenUrlError("the host is a number; write an address as four decimal parts")
    return ".".join(labels)


def _ascii_name(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    # A text that compatibility mapping changes (full width, circled digits) only looks like a host.
    if unicodedata.normalize("NFKC", text) != composed or "\u3002" in text:
        raise ForbiddenUrlError("the host uses look-alike characters; write it in plain letters")
    import idna  # its tables are loaded only for names that need them

    try:
        return idna.encode(composed, uts46=True).decode("ascii")
    except (UnicodeError, IndexError) as exc:
        raise UrlError("the host is not a valid international name; check its letters") from exc


def _encode(text: str) -> str:
    """Escape what must be escaped, unescape what need not be, and change nothing else."""
    encoded = _TO_ENCODE.sub(_percent, text)
    return _ESCAPE.sub(_unescaped, encoded) if "%" in encoded else encoded


def _percent(matched: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in matched.group().encode())


def _unescaped(matched: re.Match[str]) -> str:
    char = chr(int(matched.group()[1:], 16))
    return char if char in _UNRESERVED else matched.group().upper()


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == ".." and kept:
            kept.pop()
        elif part not in (".", ".."):
            kept.append(part)
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
