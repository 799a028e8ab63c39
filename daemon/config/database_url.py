"""Checks database URLs and normalises them for the store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from daemon.config.values import refused

DEFAULT_URL = "sqlite+aiosqlite:///changelogger.db"
_EXAMPLES = 'write "sqlite:///changelogger.db" or "postgresql://user@host/name"'
_ENCODE = "percent-encode special characters in the password, or use password_file"
_SEVERAL = 'write "postgresql://user@db1:5432,db2:5432/name"'
_PORT = "5432"
_TARGET = "target_session_attrs"
# What a host may be asked to be; the first where nothing else is said of several.
_TARGETS = ("read-write", "primary", "any")
_STANDBYS = ("standby", "prefer-standby", "any")
_Address: TypeAlias = tuple[str, str]
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
# libpq's names, common in URLs of managed databases; asyncpg's take the same values.
_OF_LIBPQ = {"sslmode": "ssl", "connect_timeout": "timeout"}
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
        _TARGET,
        "timeout",
    }
)


def normal_url(text: str, *, to_read: bool = False) -> str:
    """The same database, named with the driver in use.

    Shape:  of several hosts it names the one that can be written to, or a standby `to_read`.
    Errors: RefusedError, with a hint; user name and password are never part of the message.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        raise refused("is not a database URL", _EXAMPLES)
    driver = _DRIVERS.get(scheme.lower())
    if driver is None:
        raise refused(_unknown_scheme(scheme), _EXAMPLES)
    if driver.startswith("sqlite"):
        return _sqlite(driver, rest)
    return _postgres(driver, rest, _STANDBYS if to_read else _TARGETS)


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
    return f"{scheme.partition('+')[0]}://{userinfo.partition(':')[0]}{at}{_as_written(place)}"


def _as_written(place: str) -> str:
    """What follows the user name, with several hosts before the name of the database."""
    name, _, query = place.partition("?")
    options = dict(parse_qsl(query))
    if "," not in options.get("host", ""):
        return place
    hosts, ports = options.pop("host").split(","), options.pop("port").split(",")
    places = ",".join(map(_shown_place, hosts, ports))
    return f"{places}{name}?{urlencode(options)}"


def _shown_place(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{quote(host, safe='')}:{port}"


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


def _postgres(driver: str, rest: str, targets: Sequence[str]) -> str:
    rest, places = _taken_out(rest)
    try:
        parts = urlsplit(f"postgresql://{rest}")
        _ = parts.port  # parsed, and so checked, only when read
    except ValueError:
        raise refused("has no readable host and port", _ENCODE) from None
    if parts.fragment or "@" in parts.path:
        raise refused("cannot be read", _ENCODE)
    if parts.path in ("", "/") or "/" in parts.path[1:]:
        raise refused("must end in the name of one database", _EXAMPLES)
    options = _options(parts.query, targets)
    places = places or _listed(options)
    if places:
        options = _of_several(places, options, targets[0])
    query = f"?{urlencode(options, safe=',:' if places else '')}" if options else ""
    return f"{driver}://{_netloc(parts.netloc)}{parts.path}{query}"


def _taken_out(rest: str) -> tuple[str, list[_Address]]:
    """What follows the scheme without its hosts, and these, where several stand before the name."""
    before, slash, after = rest.partition("/")
    userinfo, at, netloc = before.rpartition("@")
    if re.search(r"@[^@]*,", userinfo):
        raise refused(
            "has a user name for each host", f"give it once, before the first host; or {_ENCODE}"
        )
    if "," not in netloc:
        return rest, []
    return f"{userinfo}{at}{slash}{after}", [_place(one) for one in netloc.split(",")]


def _listed(options: list[tuple[str, str]]) -> list[_Address]:
    """The hosts among the options, where these are several."""
    hosts = [value for name, value in options if name == "host"]
    if len(hosts) > 1:
        return [_place(one) for one in hosts]
    if not hosts or "," not in hosts[0]:
        return []
    names = hosts[0].split(",")
    ports = dict(options).get("port", _PORT).split(",")
    if len(ports) not in (1, len(names)):
        raise refused("has not one port for each host", _SEVERAL)
    return [_checked(*one) for one in zip(names, ports * (len(names) // len(ports)), strict=True)]


_HOST = re.compile(r"(?:\[(?P<address>[^\]]*)\]|(?P<name>[^:]*))(?::(?P<port>[0-9]+))?")


def _place(text: str) -> _Address:
    """A host and its port: "db1:5433", "[::1]", "%2Frun%2Fpostgresql"."""
    found = _HOST.fullmatch(text.strip())
    if found is None:
        raise refused("has no readable host and port", _SEVERAL)
    return _checked(unquote(found["address"] or found["name"] or ""), found["port"] or _PORT)


def _checked(host: str, port: str) -> _Address:
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise refused("has no readable host and port", _SEVERAL)
    return host, port


def _of_several(
    places: list[_Address], options: list[tuple[str, str]], target: str
) -> list[tuple[str, str]]:
    """The options of a URL with several hosts, as SQLAlchemy reads them.

    Shape: the `target` is asked for where nothing else is.
    """
    rest = [one for one in options if one[0] not in ("host", "port")]
    if _TARGET not in dict(rest):
        rest.append((_TARGET, target))
    hosts, ports = zip(*places, strict=True)
    return [("host", ",".join(hosts)), ("port", ",".join(ports)), *rest]


def _netloc(netloc: str) -> str:
    userinfo, at, place = netloc.rpartition("@")
    user, colon, password = userinfo.partition(":")
    return f"{quote(unquote(user), safe='')}{colon}{quote(unquote(password), safe='')}{at}{place}"


def _options(query: str, targets: Sequence[str]) -> list[tuple[str, str]]:
    options = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        known = _OF_LIBPQ.get(name, name)
        if known not in _POSTGRES_OPTIONS:
            near = get_close_matches(name, _POSTGRES_OPTIONS, 1)
            raise refused(
                f'has an unknown option "{name[:40]}"',
                f'did you mean "{near[0]}"?' if near else "remove it",
            )
        if known == _TARGET and value not in targets:
            wrong = "cannot be written to" if targets is _TARGETS else "is no standby"
            raise refused(
                f"asks for a host by {_TARGET} that {wrong}", f"write {_TARGET}={targets[0]}"
            )
        options.append((known, value))
    return options
