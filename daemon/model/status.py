"""How a check ended: a closed list of verdicts, and of what went wrong and whose it is."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """How an attempt ended."""

    INITIAL = "initial"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


class ErrorClass(StrEnum):
    """Why an attempt failed: a closed list that says whose trouble it is."""

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
    # theirs, standing
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
    # ours
    STORE = "store"
    OVERLOAD = "overload"
    DEADLINE = "deadline"
    INTERNAL = "internal"

    @property
    def is_transient(self) -> bool:
        """Likely gone at the next look; worth a retry."""
        return self in _TRANSIENT

    @property
    def is_ours(self) -> bool:
        """Our own trouble; never reported as the site's."""
        return self in _OURS


_TRANSIENT = frozenset(map(ErrorClass, (
    "dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset",
    "http_5xx", "rate_limited",
)))  # fmt: skip


_OURS = frozenset(map(ErrorClass, ("store", "overload", "deadline", "internal")))
