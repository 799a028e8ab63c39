"""Compares addresses: which mean the same page, and which at least belong to the same site."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from daemon.lexicon.detours import is_detour
from daemon.lexicon.parameters import is_tracking
from daemon.url import is_address

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_VARIANT_HOST = re.compile(r"(?:www\d*|m|mobile|amp)\.(?=.*\.)")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_INDEX = re.compile(r"(?:index|default|home|start)(?:\.\w{2,5})?", re.IGNORECASE)
_EXTENSION = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|shtml|xhtml)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d{4,}")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class _Address:
    """As much of a URL as tells one page from another."""

    host: str
    language: str
    segments: tuple[str, ...]
    query: frozenset[tuple[str, str]]


def is_same_page(reached: str, known: str) -> bool:
    """Whether two canonical URLs mean one page, as far as their spelling tells.

    Shape: scheme, `www.`, a trailing slash, an index file, an extension, a folder for the language
           that one of them lacks, and parameters that `reached` adds make no difference; nor does
           the rest of a path with the same long number in it, or another host with the same path.
    """
    one, other = _address(reached), _address(known)
    if one.language != other.language and not _adds_language(one, other):
        return False
    if not _has_all(one, other):
        return False
    if one.segments == other.segments:
        return one.host == other.host or bool(one.segments)
    numbers = _numbers(one)
    return one.host == other.host and bool(numbers) and numbers == _numbers(other)


def page_key(url: str) -> Hashable:
    """A key that addresses of one page share: without scheme, `www.`, index file or tracking.

    Shape: anything but the address of a page is its own key.
    """
    one = _address_or_none(url)
    if one is None:
        return url
    return one.host, one.language, one.segments, one.query


def path_key(url: str) -> Hashable | None:
    """A key that the addresses of a page share when its site moves; None for that of a site.

    Shape: without a path the parameters say which page it is.
    """
    one = _address_or_none(url)
    if one is None:
        return None
    return one.segments or one.query or None


def adds_parameters(url: str, other: str) -> bool:
    """Whether one of two addresses has all the parameters of the other."""
    one, two = _address_or_none(url), _address_or_none(other)
    if one is None or two is None:
        return url == other
    return one.query <= two.query or two.query <= one.query


def is_next_of(reached: str, known: str) -> bool:
    """Whether one address is the other with another number: the next release, issue or day."""
    one, other = _address(reached), _address(known)
    if one.host != other.host or len(one.segments) != len(other.segments):
        return False
    pairs = [pair for pair in zip(one.segments, other.segments, strict=True) if len(set(pair)) > 1]
    return bool(pairs) and all(_has_digit(a) and _has_digit(b) for a, b in pairs)


def is_above(reached: str, asked: str) -> bool:
    """Whether an address is the home page, or a folder, of the other."""
    one, other = _address(reached), _address(asked)
    shorter = len(one.segments) < len(other.segments)
    is_within = other.segments[: len(one.segments)] == one.segments
    return not one.segments or (one.host == other.host and shorter and is_within)


def leads_nowhere(url: str) -> bool:
    """Whether an address is that of a login, a search, an error page or the like."""
    return any(map(is_detour, _address(url).segments))


def is_same_site(url: str, other: str) -> bool:
    """Whether two canonical URLs belong to one registrable domain.

    Source: the public suffix list, as the library has it: https://publicsuffix.org.
    """
    hosts = _name(url), _name(other)
    return hosts[0] == hosts[1] or registrable(hosts[0]) == registrable(hosts[1])


def registrable(host: str) -> str:
    """The registrable domain of a host without port; an address, or a bare name, is its own."""
    if is_address(host) or "." not in host:
        return host
    return _suffixes().privatesuffix(host) or host


def is_public_suffix(host: str) -> bool:
    """Whether names below this one belong to different people: `com`, `co.uk`, `github.io`."""
    if is_address(host) or not host:
        return False
    return "." not in host or _suffixes().publicsuffix(host) == host


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # reads a large file: only where hosts differ

    return PublicSuffixList()


def _name(url: str) -> str:
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def _address_or_none(url: str) -> _Address | None:
    if not url[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        return _address(url)
    except ValueError:
        return None


def _address(url: str) -> _Address:
    parts = urlsplit(url)
    # A path tells nothing by its case: servers that care redirect to their own spelling.
    segments = [one.lower() for one in parts.path.split("/") if one]
    language = segments.pop(0) if segments and _LANGUAGE.fullmatch(segments[0]) else ""
    if segments and _INDEX.fullmatch(segments[-1]):
        segments.pop()
    if segments:
        segments[-1] = _EXTENSION.sub("", segments[-1])
    host = _VARIANT_HOST.sub("", _name(url), count=1)
    return _Address(host, language, tuple(segments), frozenset(_parameters(parts.query)))


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None):
        if not is_tracking(name):
            yield name, value


def _adds_language(reached: _Address, known: _Address) -> bool:
    """Whether only one has a folder for the language; alone, it may be a page like any other."""
    return not known.language or (not reached.language and bool(reached.segments))


def _has_all(reached: _Address, known: _Address) -> bool:
    """Whether no parameter was lost or has another value; those added make no difference."""
    return known.query <= reached.query


def _numbers(address: _Address) -> frozenset[str]:
    found = {number for one in address.segments for number in _NUMBER.findall(one)}
    return frozenset(number for number in found if not _YEAR.fullmatch(number))


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
