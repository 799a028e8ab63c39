"""The value types of the configuration: durations, sizes, networks, headers and one-line texts."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr, Strict

from daemon.characters import is_obeyed, unseen_in
from daemon.lexicon.noise_rules import NoiseRule
from daemon.schedule.next_check import AUTO, parse_duration, parse_frequency
from daemon.schedule.windows import parse_days, parse_hours, show_days, show_hours
from daemon.url import LONGEST_NAME, parse_url

KeyPath = tuple[str | int, ...]
_BARE_NUMBER = re.compile(r"[+-]?[0-9.]{1,20}")
_LONGEST_FLAP = timedelta(days=30)
_SHORTEST_DELAY, _LONGEST_DELAY = timedelta(minutes=1), timedelta(days=30)
_SHOWN_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Flaw:
    """One fault at a key path; its line in the file is looked up at the end."""

    path: KeyPath
    problem: str
    hint: str = ""
    other: KeyPath | None = None  # a second place that belongs to the problem


class RefusedError(ValueError):
    """A value that a validator rejects; the paths are relative to that value."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(flaw.problem for flaw in flaws))
        self.flaws = flaws


def refused(problem: str, hint: str = "", *key: str | int) -> RefusedError:
    """The error for a single fault."""
    return RefusedError(Flaw(key, problem, hint))


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse what a lower layer does, with its message, whose hint follows the last semicolon."""
    try:
        yield
    except ValueError as exc:
        problem, _, hint = str(exc).rpartition("; ")
        raise refused(problem or hint, hint if problem else "") from None


def parse_length(value: Any) -> timedelta:
    """A length of time written with units: "90s", "15m", "1h30m", "7d", "2w", or "0".

    Errors: RefusedError, with a hint, for bare numbers and everything else.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refused("must be a length of time in quotes", 'write for example "15m"')
    text = str(value).strip()
    if _BARE_NUMBER.fullmatch(text) and text != "0":
        raise refused(f"needs a unit, found {text}", f'write "{text}s" for seconds')
    with refusing():
        return parse_duration(text)


def check_frequency(text: str) -> str:
    """A check frequency in its canonical spelling."""
    if text.strip().lower() == AUTO:
        return AUTO
    with refusing():
        return parse_frequency(text).text


def check_delay(value: Any) -> Any:
    """A delay from 1m to 30d in its canonical spelling; other types pass unchanged."""
    if not isinstance(value, str):
        return value
    delay = parse_length(value)
    if not _SHORTEST_DELAY <= delay <= _LONGEST_DELAY:
        limits = f"{show_duration(_SHORTEST_DELAY)} to {show_duration(_LONGEST_DELAY)}"
        raise refused(f"must be from {limits}")
    return show_duration(delay)


def check_hours(text: str) -> str:
    """Ranges of hours in their canonical spelling."""
    with refusing():
        return show_hours(parse_hours(text))


def check_days(text: str) -> str:
    """Days of the week in their canonical spelling."""
    with refusing():
        return show_days(parse_days(text))


def join_list(value: Any) -> Any:
    """A list of texts as one text with commas; any other value as it is."""
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return ", ".join(value) if is_list else value


def check_url(text: str) -> str:
    """A URL in its canonical spelling."""
    with refusing():
        return parse_url(text)


def check_time_zone(text: str) -> str:
    """The name of a time zone known on this machine."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(text, available_timezones(), 1, cutoff=0.75)
        hint = f'did you mean "{near[0]}"?' if near else 'write for example "Europe/Berlin"'
        raise refused("is not a time zone", hint) from None
    return text


def show_duration(value: timedelta) -> str:
    """The shortest spelling that `parse_length` reads back as the same value."""
    seconds = value.total_seconds()
    for unit_seconds, unit in _SHOWN_UNITS:
        if seconds and seconds % unit_seconds == 0:
            return f"{int(seconds) // unit_seconds}{unit}"
    return f"{seconds:g}s" if seconds else "0"


_SIZE = re.compile(r"(\d{1,15})\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)?")
_SIZE_UNITS = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}


def parse_size(value: Any) -> Any:
    """A number of bytes, plain or written with a unit: "10 MiB"; other types pass unchanged."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise refused("is not a size", 'write bytes as a number, or for example "10 MiB"')
    return int(match[1]) * _SIZE_UNITS[match[2] or "B"]


def show_size(size_bytes: int) -> str:
    """The shortest spelling that `parse_size` reads back as the same value."""
    for unit in ("GiB", "MiB", "KiB"):
        if size_bytes and size_bytes % _SIZE_UNITS[unit] == 0:
            return f"{size_bytes // _SIZE_UNITS[unit]} {unit}"
    return str(size_bytes)


def parse_network(text: str) -> str:
    """A network in CIDR form; a single address is the network of itself."""
    try:
        return str(ipaddress.ip_network(text.strip()))
    except ValueError:
        pass
    try:
        wider = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise refused("is not a network", 'write for example "192.168.1.0/24"') from None
    raise refused("has address bits beyond its prefix", f'write "{wider}"')


_CONTROL_ESCAPES = re.compile("[\t\n\r\b\f]")
_ESCAPED = r"""in "…" a backslash begins an escape: write 'C:\temp' in single quotes"""


def one_line(text: str) -> str:
    """Text of visible characters, trimmed, not empty."""
    if is_obeyed(text):
        hint = _ESCAPED if _CONTROL_ESCAPES.search(text) else ""
        raise refused("must be one line of text without control characters", hint)
    if hidden := unseen_in(text):
        raise refused(f"holds an invisible character, U+{ord(hidden):04X}", "delete it")
    if not text.strip():
        raise refused("must not be empty")
    return text.strip()


def _short(limit: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > limit:
            raise refused(f"must be at most {limit} characters, found {len(text)}")
        return text

    return AfterValidator(check)


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Headers that the fetcher sets in every request; a second value would break framing or caching.
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def check_header_name(name: str) -> str:
    """The name of a header that an owner may set."""
    if not _HEADER_NAME.fullmatch(name):
        raise refused("is not a header name")
    if name.lower() in _OWN_HEADERS:
        raise refused("is set by the fetcher itself and cannot be given")
    return name


def check_header_value(value: SecretStr) -> SecretStr:
    """The value of a header, without line breaks that could begin another."""
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise refused("must be one line of ASCII text")
    return value


def check_headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    """Headers without duplicates."""
    seen: set[str] = set()
    for name in headers:
        if name.lower() in seen:
            raise refused("is given twice: upper and lower case are the same header", "", name)
        seen.add(name.lower())
    return headers


_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?")


def check_host(text: str) -> str:
    """An address or a host name to listen on or to be reached at."""
    bare = text.removeprefix("[").removesuffix("]") if text.startswith("[") else text
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if not _HOST_NAME.fullmatch(text):
            raise refused("is not a host name or an IP address") from None
    return text


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,254}")


def check_type_name(text: str) -> str:
    """The name of a site type."""
    if not _NAME.fullmatch(text):
        raise refused("is not a type name", "use lower-case letters, digits, - and _")
    return text


LONGEST_TAG = 50
MOST_TAGS = 30


def check_tag(text: str) -> str:
    """A tag in its one spelling: lower case, single spaces."""
    tag = " ".join(unicodedata.normalize("NFC", one_line(text)).lower().split())
    if len(tag) > LONGEST_TAG:
        raise refused(f"must be at most {LONGEST_TAG} characters, found {len(tag)}")
    if "," in tag:
        raise refused("is a tag with a comma", 'write several: ["one", "two"]')
    if tag[0] in "+-":
        raise refused("must not begin with + or -", "`sites tag` adds and removes by these")
    return tag


def check_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Tags without duplicates."""
    if len(tags) > MOST_TAGS:
        raise refused(f"must be at most {MOST_TAGS} tags, found {len(tags)}")
    for index, tag in enumerate(tags):
        if tag in tags[:index]:
            hint = "keep one of the two: upper and lower case are the same tag"
            raise refused(f'"{tag}" is given twice', hint, index)
    return tags


_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def check_email(text: str) -> str:
    """A plausible e-mail address."""
    if not _EMAIL.fullmatch(text):
        raise refused("is not an e-mail address", 'write for example "me@example.org"')
    return text


def check_ascii(text: str) -> str:
    """Text that can be sent as a header."""
    if not text.isascii():
        raise refused("must be ASCII text")
    return text


def parse_flap_hold(value: Any) -> str | bool:
    """How long going back to a state may be a flap, in its canonical spelling, or false."""
    if value is False:
        return False
    if value is True:
        raise refused("must be a length of time, or false", 'write for example "1d"')
    length = parse_length(value)
    if not timedelta() < length <= _LONGEST_FLAP:
        raise refused(f"must be more than 0, at most {show_duration(_LONGEST_FLAP)}, or false")
    return show_duration(length)


def check_noise_rule(text: str) -> str:
    """The name of a noise rule."""
    if text not in set(NoiseRule):
        near = get_close_matches(text.lower(), list(NoiseRule), 1)
        hint = f'did you mean "{near[0]}"?' if near else "leave mask out for all of them"
        raise refused(f"must be one of {', '.join(NoiseRule)}, not {text[:40]!r}", hint)
    return text


Duration = Annotated[timedelta, BeforeValidator(parse_length)]
FrequencyText = Annotated[str, AfterValidator(check_frequency)]
DelayText = Annotated[str, BeforeValidator(check_delay)]
HoursText = Annotated[str, BeforeValidator(join_list), AfterValidator(check_hours)]
DaysText = Annotated[str, BeforeValidator(join_list), AfterValidator(check_days)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
FlapHold = Annotated[str | bool, BeforeValidator(parse_flap_hold)]
Size = Annotated[int, BeforeValidator(parse_size)]
Network = Annotated[str, AfterValidator(parse_network)]
Line = Annotated[str, AfterValidator(one_line), _short(LONGEST_NAME)]
HeaderLine = Annotated[Line, AfterValidator(check_ascii)]
Host = Annotated[str, AfterValidator(check_host)]
TypeName = Annotated[str, AfterValidator(check_type_name)]
Email = Annotated[Line, AfterValidator(check_email)]
HeaderName = Annotated[str, AfterValidator(check_header_name)]
HeaderValue = Annotated[SecretStr, AfterValidator(check_header_value)]
Tag = Annotated[str, AfterValidator(check_tag)]
Tags = Annotated[tuple[Tag, ...], Strict(False), AfterValidator(check_tags)]
Headers = Annotated[dict[HeaderName, HeaderValue], AfterValidator(check_headers)]
# TOML has lists and no tuples; the items stay strict.
Lines = Annotated[tuple[str, ...], Strict(False)]
Networks = Annotated[tuple[Network, ...], Strict(False)]
Hosts = Annotated[tuple[Host, ...], Strict(False)]
NoiseRules = Annotated[tuple[Annotated[str, AfterValidator(check_noise_rule)], ...], Strict(False)]

_SECRET_FILE_BYTES = 64 * 1024


def read_secret(path: str) -> str:
    """The text of a file that holds one secret, without its last line end.

    Errors: RefusedError; the text itself is never part of the message.
    """
    try:
        with FilePath(path).open("rb") as file:
            data = file.read(_SECRET_FILE_BYTES + 1)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "not a file name"
        raise refused(f"cannot read {path!r}: {reason}") from None
    if len(data) > _SECRET_FILE_BYTES:
        raise refused(f"{path!r} is larger than {show_size(_SECRET_FILE_BYTES)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(f"{path!r} is not UTF-8 text") from None
    if not text.strip():
        raise refused(f"{path!r} is empty")
    return text.removesuffix("\n").removesuffix("\r")
