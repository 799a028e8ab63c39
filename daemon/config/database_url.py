"""Checks database URLs and normalises them for the store."""

from __future__ import annotations

import re
from difflib import get_close_matches
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from daemon.config.values import refused

DEFAULT_URL = "sqlite+aiosqlite:///changelogger.db"
_EXAMPLES = 'write "sqlite:///changelogger.db" or "postgresql://user@host/name"'
_ENCODE = "percent-encode special characters in the password, or use password_file"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
# The options that asyncpg accepts as text; it rejects others only on connecting.
_POSTGRES_OPTIONS = frozenset(
    {
        "command_timeout",
        "direct_tls",
        "gsslib",
        "host",
        "krbsrvname",
        "max_cacheable_statement_size",
        "max_cached_statement_lifetime",
        "passfile",
        "port",
        "prepared_statement_cache_size",
        "ssl",
        "statement_cache_size",
        "target_session_attrs",
        "timeout",
    }
)


def normal_url(text: str) -> str:
    """The same database, named with the driver in use.

    Errors: RefusedError, with a hint; user name and password are never part of the message.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        raise refused("is not a database URL", _EXAMPLES)
    driver = _DRIVERS.get(scheme.lower())
    if driver is None:
        raise refused(_unknown_scheme(scheme), _EXAMPLES)
    return _sqlite(driver, rest) if driver.startswith("sqlite") else _postgres(driver, rest)


def with_password(url: str, password: str) -> str:
    """The same URL with this password in it."""
    scheme, _, rest = url.partition("://")
    userinfo, at, place = rest.rpartition("@")
    user = userinfo.partition(":")[0] if at else ""
    return f"{scheme}://{user}:{quote(password, safe='')}@{place}"


def password_of(url: str) -> str:
    """The password in a normal URL as a person would type it; "" when there is none."""
    userinfo, _, _ = url.partition("://")[2].rpartition("@")
    return unquote(userinfo.partition(":")[2])


def without_password(url: str) -> str:
    """The URL as it may be shown: as people write it, without the driver."""
    scheme, _, rest = url.partition("://")
    userinfo, at, place = rest.rpartition("@")
    return f"{scheme.partition('+')[0]}://{userinfo.partition(':')[0]}{at}{place}"


def _unknown_scheme(scheme: str) -> str:
    name = scheme if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]{0,30}", scheme) else "this"
    if name.lower().startswith(("sqlite+", "postgresql+", "postgres+")):
        return f"names the driver {name.partition('+')[2]}, which is not used here"
    return f"cannot use {name}: only SQLite and PostgreSQL are supported"


def _sqlite(driver: str, rest: str) -> str:
    path, _, options = rest.partition("?")
    if not path.startswith("/"):
        raise refused("needs three slashes before the file name", 'write "sqlite:///name.db"')
    if path in ("/", "/:memory:"):
        raise refused("names no file: a database in memory forgets everything", _EXAMPLES)
    if options:
        raise refused("takes no options for SQLite", "remove everything from the question mark on")
    return f"{driver}://{path}"


def _postgres(driver: str, rest: str) -> str:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        _ = parts.port  # parsed, and so checked, only when read
    except ValueError:
        raise refused("has no readable host and port", _ENCODE) from None
    if parts.fragment or "@" in parts.path:
        raise refused("cannot be read", _ENCODE)
    if parts.path in ("", "/") or "/" in parts.path[1:]:
        raise refused("must end in the name of one database", _EXAMPLES)
    return f"{driver}://{_netloc(parts.netloc)}{parts.path}{_options(parts.query)}"


def _netloc(netloc: str) -> str:
    userinfo, at, place = netloc.rpartition("@")
    user, colon, password = userinfo.partition(":")
    return f"{quote(unquote(user), safe='')}{colon}{quote(unquote(password), safe='')}{at}{place}"


def _options(query: str) -> str:
    options = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        # libpq's name, common in URLs of managed databases; asyncpg's takes the same values.
        known = "ssl" if name == "sslmode" else name
        if known not in _POSTGRES_OPTIONS:
            near = get_close_matches(name, _POSTGRES_OPTIONS, 1)
            raise refused(
                f'has an unknown option "{name[:40]}"',
                f'did you mean "{near[0]}"?' if near else "remove it",
            )
        options.append((known, value))
    return f"?{urlencode(options)}" if options else ""
