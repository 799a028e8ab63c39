"""How a check ended: closed lists of verdicts and of error classes."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    INITIAL = "initial"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


class RenderOutcome(StrEnum):
    """What came of a page that a browser was to show."""

    SHOWN = "shown"
    FAILED = "failed"  # the page, or a step on it
    NO_BROWSER = "no_browser"  # it could not be reached, did not start, or ended


class ErrorClass(StrEnum):
    """Why a check failed: a closed list, grouped by whose error it is."""

    # theirs, transient
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TRUNCATED = "truncated"
    ENCODING = "encoding"
    CHARSET = "charset"
    HTTP_5XX = "http_5xx"
    RATE_LIMITED = "rate_limited"
    # theirs, permanent
    HTTP_4XX = "http_4xx"
    GONE = "gone"
    AUTH = "auth"
    BOT_WALL = "bot_wall"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    PARSE = "parse"
    # our rule
    ROBOTS = "robots"
    BLOCKED = "blocked"
    SELECTOR = "selector"
    STEP = "step"
    SEALED = "sealed"
    # ours
    PROXY = "proxy"
    STORE = "store"
    OVERLOAD = "overload"
    DEADLINE = "deadline"
    BROWSER = "browser"
    INTERNAL = "internal"

    @property
    def is_transient(self) -> bool:
        """Whether it is likely gone at the next check, and worth a retry."""
        return self in _TRANSIENT

    @property
    def is_ours(self) -> bool:
        """Whether it is our own error, which is never reported as the site's."""
        return self in _OURS

    @property
    def is_unreported(self) -> bool:
        """Whether no owner is notified of it, as only the operator can do something."""
        return self in _UNREPORTED


_TRANSIENT = frozenset(map(ErrorClass, (
    "dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset",
    "http_5xx", "rate_limited",
)))  # fmt: skip


_UNREPORTED = frozenset(map(ErrorClass, ("store", "overload", "deadline", "internal")))
_OURS = _UNREPORTED | {ErrorClass.PROXY, ErrorClass.BROWSER}
