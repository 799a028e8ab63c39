"""Reads a backup of Uptime Kuma: a site for each monitor that asks a web server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from daemon.config.values import show_duration
from daemon.extract.languages.extra import JSONPATH
from daemon.model.errors import Fault
from daemon.transfer.entry import Aside, ImportEntry, Read, SameBy, tables_in, text_of, unreadable
from daemon.transfer.formats import translate

_LIST = "monitorList"
_WEB = frozenset({"http", "keyword", "json-query", "real-browser"})
_FINE = range(200, 300)
_ERRORS = range(400, 600)
_STATUSES = re.compile(r"[1-5]\d\d(-[1-5]\d\d)?")
_ESCAPED_SPACE = r"\ "
_BODIES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "text/xml; charset=utf-8",
}
# What is left out with a word, when it is set.
_LEFT_OUT = {
    "description": "its description",
    "upsideDown": "being upside down: a failure is told here, not an answer",
    "maxretries": "its retries: see `failures` in [notices]",
    "resendInterval": "its reminders: see `remind_every` in [notices]",
    "cacheBust": "its parameter against caches",
    "ipFamily": "its choice of IPv4 or IPv6",
    "responseMaxLength": "its limit on what is kept of an answer",
}


def is_backup(tree: Any) -> bool:
    """Whether this is a backup of Uptime Kuma."""
    return isinstance(tree, dict) and _LIST in tree


def read_backup(data: bytes) -> Read:
    """A site for each monitor of a web page; the others are named."""
    try:
        tree = json.loads(text_of(data))
    except (ValueError, RecursionError) as exc:
        raise unreadable(f"is not JSON: {exc}") from exc
    monitors = tree.get(_LIST) if isinstance(tree, dict) else None
    if isinstance(monitors, dict):
        monitors = list(monitors.values())
    if not isinstance(monitors, list):
        raise unreadable(f"is no backup of Uptime Kuma: it has no list `{_LIST}`")
    yield from _notifications(tree)
    proxies = {one.get("id"): one for one in tables_in(tree.get("proxyList"))}
    groups = {one.get("id"): one for one in tables_in(monitors) if one.get("type") == "group"}
    for number, one in enumerate(monitors, start=1):
        if isinstance(one, dict) and one.get("type"):
            yield from _monitor(one, groups, proxies, f"monitor {one.get('id', number)}")
        else:
            yield Fault(f"monitor {number}", "", "is no monitor with a type")


def _notifications(tree: Mapping[str, Any]) -> Read:
    for one in tables_in(tree.get("notificationList")):
        if one.get("active", True):
            name = str(one.get("name"))[:60]
            yield Aside("notifications", f"without the notification {name!r}: see [[notify]]")


def _monitor(
    monitor: Mapping[str, Any],
    groups: Mapping[Any, Mapping[str, Any]],
    proxies: Mapping[Any, Mapping[str, Any]],
    place: str,
) -> Read:
    kind = str(monitor["type"])
    if kind == "group":
        return
    if kind not in _WEB:
        name = str(monitor.get("name"))[:60]
        yield Aside(place, f"without {name!r}: a monitor by {kind[:20]} asks no web server")
        return
    if not isinstance(monitor.get("url"), str):
        yield Fault(place, "", "has no url")
        return
    entry = ImportEntry(
        "site", {"url": monitor["url"]}, place, same_by=SameBy.RULES, is_lenient=True
    )
    above = _groups_of(monitor, groups)
    if not all(one.get("active", True) for one in (monitor, *above)):
        entry.table["paused"] = True
    entry.file_under([str(one.get("name") or "") for one in above[:1]])
    entry.file_under(_tags(monitor))
    entry.proxy = _proxy(proxies.get(monitor.get("proxyId")))
    _common(entry, monitor)
    _request(entry, monitor)
    _WATCHED.get(kind, _up)(entry, monitor)
    for key, words in _LEFT_OUT.items():
        if monitor.get(key):
            entry.leave_out(words)
    yield entry


def _groups_of(
    monitor: Mapping[str, Any], groups: Mapping[Any, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The groups around it, the next one first."""
    found: list[Mapping[str, Any]] = []
    one: Mapping[str, Any] | None = groups.get(monitor.get("parent"))
    while one is not None and one not in found:
        found.append(one)
        one = groups.get(one.get("parent"))
    return found


def _tags(monitor: Mapping[str, Any]) -> list[str]:
    return [
        " ".join(filter(None, (str(one.get(key) or "").strip() for key in ("name", "value"))))
        for one in tables_in(monitor.get("tags"))
    ]


def _proxy(proxy: Mapping[str, Any] | None) -> str:
    """The address of a proxy, without its password."""
    if proxy is None or proxy.get("active") is False:
        return ""
    return f"{proxy.get('protocol')}://{proxy.get('host')}:{proxy.get('port')}"


def _common(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    table = entry.table
    if name := monitor.get("name"):
        table["name"] = str(name)
    for key, of_theirs in (("check_frequency", "interval"), ("timeout", "timeout")):
        seconds = monitor.get(of_theirs)
        if isinstance(seconds, int | float) and round(seconds) > 0:
            table[key] = show_duration(timedelta(seconds=round(seconds)))
    if monitor.get("ignoreTls"):
        table["verify_tls"] = False
    if monitor.get("maxredirects") == 0:
        table["follow"] = "none"
    if monitor["type"] == "real-browser":
        entry.render()
    _statuses(entry, monitor.get("accepted_statuscodes"))


def _statuses(entry: ImportEntry, accepted: Any) -> None:
    """Take the errors that are fine there for states; an answer of 2xx is fine here anyway."""
    codes = {code for one in accepted or () for code in _range(str(one))}
    if not codes:
        return
    if errors := sorted(codes & set(_ERRORS)):
        entry.table["watch_status"] = True if len(errors) > len(_ERRORS) / 2 else errors
    if not codes >= set(_FINE):
        entry.leave_out("a choice among the statuses 200 to 299: all of them are fine here")


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1) if _STATUSES.fullmatch(text) else range(0)


def _request(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    headers = _headers(entry, monitor.get("headers"))
    body = monitor.get("body")
    if body and "content-type" not in map(str.lower, headers):
        encoding = str(monitor.get("httpBodyEncoding") or "json")
        headers["Content-Type"] = _BODIES.get(encoding, _BODIES["json"])
    _authenticate(entry, monitor)
    if "auth" in entry.table:  # which is sent there instead of a header
        headers = {key: text for key, text in headers.items() if key.lower() != "authorization"}
    if headers:
        entry.table["headers"] = headers
    entry.ask_by(monitor.get("method"), body)


def _headers(entry: ImportEntry, packed: Any) -> dict[str, str]:
    try:
        found = json.loads(packed) if isinstance(packed, str) and packed.strip() else packed
    except (ValueError, RecursionError):
        entry.pause("its headers are not JSON")
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _authenticate(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    way = str(monitor.get("authMethod") or "basic").lower()
    user, password = (str(monitor.get(f"basic_auth_{key}") or "") for key in ("user", "pass"))
    if way != "basic":
        entry.pause(f"its authentication by {way[:20]} is not possible here, or set by its options")
    elif ":" in user:
        entry.pause("its user name holds a colon")
    elif user:
        entry.table["auth"] = {"username": user, "password": password}


def _up(entry: ImportEntry, _monitor: Mapping[str, Any]) -> None:
    """Tell of failures alone, as a monitor does that asks whether a page is there."""
    entry.table["notify_on"] = "none"


def _keyword(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    words = str(monitor.get("keyword") or "")
    if not words.strip():
        return _up(entry, monitor)
    key = "disappears" if monitor.get("invertKeyword") else "contains"
    entry.table[key] = [_exactly(words)]
    entry.notes.append("its keyword is looked for in the text of the page, not in its source")
    return None


def _exactly(words: str, before: str = "", after: str = "") -> str:
    """A target for these characters, wherever they stand."""
    return f"re:{before}{re.escape(words).replace(_ESCAPED_SPACE, ' ')}{after}"


def _answer(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    """Read the value at the path, and wait for what is expected of it."""
    path = str(monitor.get("jsonPath") or "$").strip()
    path = path if path.startswith("$") else f"$.{path}"
    entry.table["kind"] = "json"
    if (query := translate.query_in(JSONPATH, [path])) is None:
        entry.pause(f"what {path[:100]} selects has to be written as `query`")
    else:
        entry.table["query"] = query
    operator, value = (monitor.get(key) for key in ("jsonPathOperator", "expectedValue"))
    known = _COMPARED.get(str(operator or "=="))
    if value is None or not str(value).strip():
        return
    if known is None:
        entry.leave_out(f"what it expects of the value: {str(operator)[:20]} {str(value)[:60]!r}")
    else:
        key, spelt = known
        entry.table[key] = spelt(str(value).strip())


def _whole(value: str) -> list[str]:
    return [_exactly(value, '^"?', '"?$')]


def _part(value: str) -> list[str]:
    return [_exactly(value)]


_COMPARED: Mapping[str, tuple[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "==": ("contains", _whole),
        "!=": ("disappears", _whole),
        "contains": ("contains", _part),
        ">": ("above", str),
        "<": ("below", str),
    }
)
_WATCHED: Mapping[str, Callable[[ImportEntry, Mapping[str, Any]], None]] = MappingProxyType(
    {"keyword": _keyword, "json-query": _answer}
)
