"""Header values: those we send, and those kept from a response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from daemon.config.sections import FetchConfig
from daemon.extract.clean import clean_text
from daemon.http_date import parse_http_date
from daemon.model.errors import FetchError
from daemon.model.request import Validators
from daemon.model.status import ErrorClass

MAX_VALUE_CHARS = 2048
MAX_HEADERS = 64
MAX_DETAIL_CHARS = 300
MAX_RETRY_AFTER_SECONDS = 86400.0
MAX_ETAG_CHARS = 1024
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_SECRET_NAMES = frozenset({"set-cookie", "set-cookie2", "authentication-info"})


def default_headers(settings: FetchConfig) -> dict[str, str]:
    """The headers by which every request identifies us."""
    return {
        "user-agent": settings.user_agent,
        "accept": ACCEPT,
        "accept-language": settings.accept_language,
        "accept-encoding": ACCEPT_ENCODING,
    }


def owner_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """An owner's headers with lower-case names, ready to send.

    Errors: FetchError(unsupported) for a name or value that cannot stand in a request.
    """
    for name, value in headers.items():
        if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
            raise FetchError(ErrorClass.UNSUPPORTED, "a header of this page has an impossible name")
        if not value.isprintable():
            raise FetchError(
                ErrorClass.UNSUPPORTED, f"the header {name} of this page holds a control character"
            )
    # Accept-Encoding is ours to choose: the body reader must be able to bound it.
    return {name.lower(): value for name, value in headers.items() if _is_owners(name.lower())}


def conditional_headers(validators: Validators) -> dict[str, str]:
    """The conditional headers for the validators that a server sent earlier."""
    asked = {"if-none-match": validators.etag, "if-modified-since": validators.last_modified}
    return {name: value for name, value in asked.items() if value}


def kept_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A response's headers by lower-case name, cleaned and capped, without cookies."""
    kept: dict[str, str] = {}
    for raw_name, value in pairs:
        name = raw_name.lower()
        if name in _SECRET_NAMES:
            continue
        if name in kept:
            value = f"{kept[name]}, {value}"
        elif len(kept) >= MAX_HEADERS or not name.isascii():
            continue
        kept[name] = clean_line(value, MAX_VALUE_CHARS)
    return kept


def clean_line(text: str, limit: int = MAX_DETAIL_CHARS) -> str:
    """One line of printable text, at most `limit` characters, from whatever a server sent."""
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    # A header's bytes beyond ASCII arrive as lone surrogates, which no database takes.
    decoded = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    cleaned, _ = clean_text(decoded)
    return "".join(char if char.isprintable() else " " for char in cleaned).strip()


def content_type_of(value: str) -> tuple[str, str | None]:
    """The essence («text/html») and the charset as the header names it."""
    essence, _, parameters = value.partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, given = parameter.partition("=")
        if name.strip().lower() == "charset" and charset is None:
            charset = given.strip().strip("\"'")[:100] or None
    return essence.strip().lower()[:100], charset


def validators_of(headers: Mapping[str, str]) -> Validators:
    """The validators for the next request; a value that cannot be sent back is dropped."""
    return Validators(
        etag=_sendable(headers.get("etag", "")),
        last_modified=_sendable(headers.get("last-modified", "")),
    )


def retry_after_seconds(
    value: str | None, now: datetime | None = None, date: str | None = None
) -> float | None:
    """How long a server asks us to wait; None when it does not say, or not clearly.

    Shape:  0 to 24 h, whatever was asked. An instant is measured from `now`, else from the answer's
            own `date`: our clock, and the server's, may be wrong.
    Source: RFC 9110 §10.2.3, §6.6.1.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return MAX_RETRY_AFTER_SECONDS if len(text) > 6 else _clamped(float(text))
    until = parse_http_date(text)
    if until is None:
        return None
    return _clamped((until - (now or parse_http_date(date) or datetime.now(UTC))).total_seconds())


def _is_owners(name: str) -> bool:
    return name not in {"accept-encoding", "host", "connection", "content-length"}


def _clamped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def _sendable(value: str) -> str | None:
    usable = value.isascii() and value.isprintable() and 0 < len(value) <= MAX_ETAG_CHARS
    return value if usable else None
