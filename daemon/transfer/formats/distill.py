"""Reads the watchlist that Distill exports: JSON with a monitor for each item of `data`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from daemon.config.values import show_duration
from daemon.extract.languages.extra import JSONPATH
from daemon.model.errors import WHOLE, Fault
from daemon.transfer.entry import ImportEntry, Read, SameBy, tables_in, text_of, unreadable
from daemon.transfer.formats import translate
from daemon.transfer.formats.watch_conditions import take_rules

_ACTIVE = 40  # the state of a monitor that runs
_KINDS = {"feed": "feed", "json": "json", "xml": "auto", "pdf": "pdf"}
# What of a monitor is read here, or is a matter of that program alone.
_MONITOR = frozenset(
    "id name uri config schedule tags state content_type type ts created updated user_id device_id"
    " client_id text sieve_data_id last_checked fail_count is_paused paused".split()
)
_CONDITIONS = frozenset({"conditions", "condition", "rules"})
_CONFIG = frozenset("selections dataAttr regexp ignoreEmptyText includeStyle incStyle".split())
_SELECTION = frozenset("frames dynamic delay index".split())
_FRAME = frozenset("index includes excludes uri url".split())


def is_watchlist(tree: Any) -> bool:
    """Whether this is an export of Distill."""
    return isinstance(tree, dict) and any("uri" in one for one in tables_in(tree.get("data")))


def read_watchlist(data: bytes) -> Read:
    """A site for each monitor."""
    try:
        tree = json.loads(text_of(data))
    except (ValueError, RecursionError) as exc:
        raise unreadable(f"is not JSON: {exc}", where=WHOLE) from exc
    monitors = tree.get("data") if isinstance(tree, dict) else None
    if not isinstance(monitors, list):
        raise unreadable("is no export of Distill: it has no list `data`")
    for number, one in enumerate(monitors, start=1):
        place = f"data[{number}]"
        if isinstance(one, dict) and isinstance(one.get("uri"), str) and one["uri"].strip():
            yield _entry(one, place)
        else:
            yield Fault(place, "", "is no monitor with a uri")


def _entry(monitor: Mapping[str, Any], place: str) -> ImportEntry:
    table = {"url": monitor["uri"].strip()}
    entry = ImportEntry("site", table, place, same_by=SameBy.RULES, is_lenient=True)
    if name := monitor.get("name"):
        entry.table["name"] = str(name)
    entry.file_under(_tags(monitor.get("tags")))
    kind = _KINDS.get(str(monitor.get("content_type") or monitor.get("type")).lower(), "auto")
    if kind != "auto":
        entry.table["kind"] = kind
    _state(entry, monitor)
    _schedule(entry, monitor.get("schedule"))
    _read_config(entry, _packed(monitor.get("config")))
    _conditions(entry, monitor)
    _name_others(entry, monitor, _MONITOR)
    return entry


def _packed(value: Any) -> Any:
    """The JSON that stands as text within the JSON, or the value itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _tags(tags: Any) -> list[str]:
    if isinstance(tags, str):
        return [one.strip() for one in tags.split(",")]
    several = tags if isinstance(tags, list) else []
    return [str(one.get("name") or "") if isinstance(one, dict) else str(one) for one in several]


def _state(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    state = monitor.get("state")
    if monitor.get("paused") or monitor.get("is_paused") or str(state).lower() == "paused":
        entry.table["paused"] = True
    elif isinstance(state, int) and state != _ACTIVE:
        entry.pause(f"it was not running there (state {state})")


def _schedule(entry: ImportEntry, schedule: Any) -> None:
    if not schedule:
        return
    if not isinstance(schedule := _packed(schedule), dict):
        entry.leave_out("its schedule, which cannot be read")
        return
    kind, params = str(schedule.get("type") or "").upper(), schedule.get("params")
    params = params if isinstance(params, dict) else {}
    seconds = params.get("interval", params.get("min"))
    if kind == "MANUAL":
        entry.pause("it was checked by hand alone")
    elif isinstance(seconds, int | float) and seconds > 0:
        entry.table["check_frequency"] = show_duration(timedelta(seconds=round(seconds)))
        if kind != "INTERVAL":
            entry.leave_out(f"its schedule {kind[:20]}: see `hours`, `days` and `jitter`")
    else:
        entry.leave_out(f"its schedule {kind[:20]}: see `check_frequency`, `hours` and `days`")


def _read_config(entry: ImportEntry, config: Any) -> None:
    if not isinstance(config, dict):
        if config is not None or entry.table.get("kind", "html") == "html":
            entry.leave_out("its config, which cannot be read: all of the page is watched")
        return
    selections = tables_in(config.get("selections"))
    frames = [frame for one in selections for frame in tables_in(one.get("frames"))]
    for frame in frames:
        _read_frame(entry, frame)
    if any(one.get("dynamic") for one in selections):
        entry.render()
    _shown(entry, config)
    _name_others(entry, config, _CONFIG)
    for of_kind, known in ((selections, _SELECTION), (frames, _FRAME)):
        for one in of_kind:
            _name_others(entry, one, known)


def _read_frame(entry: ImportEntry, frame: Mapping[str, Any]) -> None:
    includes, excludes = tables_in(frame.get("includes")), tables_in(frame.get("excludes"))
    if frame.get("index"):
        if includes or excludes:
            entry.pause("it reads a frame within the page: watch the address of that frame")
        return
    for one in includes:
        _select(entry, one)
    for one in excludes:
        _exclude(entry, one)


def _select(entry: ImportEntry, include: Mapping[str, Any]) -> None:
    kind, expression = _selector(include)
    if kind == "css" and expression.lower() in ("body", "html", "*"):
        return  # all of the page, which is read anyway
    query = translate.query_in(JSONPATH, [expression]) if kind in _QUERIES else None
    if kind in _SELECTORS and expression:
        entry.table.setdefault("include", []).append(_SELECTORS[kind](expression))
    elif query is not None and "query" not in entry.table:
        entry.table["query"] = query
    else:
        entry.pause(f"what it selects by {kind[:20] or 'nothing'} has to be written as `include`")


def _exclude(entry: ImportEntry, exclude: Mapping[str, Any]) -> None:
    kind, expression = _selector(exclude)
    if kind in _SELECTORS and expression:
        entry.table.setdefault("exclude", []).append(_SELECTORS[kind](expression))
    else:
        entry.leave_out(f"what it leaves out by {kind[:20] or 'nothing'}: see `exclude`")


def _selector(one: Mapping[str, Any]) -> tuple[str, str]:
    return str(one.get("type") or "css").lower(), str(one.get("expr") or "").strip()


_SELECTORS: Mapping[str, Callable[[str], str]] = {"css": str, "xpath": translate.xpath}
_QUERIES = frozenset({"json", "jsonpath"})


def _shown(entry: ImportEntry, config: Mapping[str, Any]) -> None:
    """What is taken of the elements: their text, an attribute, or what a pattern finds."""
    attribute = str(config.get("dataAttr") or "text")
    if attribute.lower() in ("html", "innerhtml", "outerhtml", "source"):
        entry.leave_out("the markup of what is selected: see `raw` and `attributes`")
    elif attribute.lower() not in ("text", "innertext", "textcontent"):
        entry.table["attributes"] = [attribute]
    if config.get("includeStyle") or config.get("incStyle"):
        entry.leave_out("the style of what is selected")
    if pattern := "".join(_pattern(config.get("regexp"))):
        entry.table["extract"] = [pattern]


def _pattern(regexp: Any) -> Iterator[str]:
    """The parts of a pattern with the flags that ours can have."""
    expression, flags = regexp, ""
    if isinstance(regexp, dict):
        expression, flags = regexp.get("expr"), str(regexp.get("flags") or "")
    if isinstance(expression, str) and expression:
        if kept := "".join(flag for flag in "ims" if flag in flags):
            yield f"(?{kept})"
        yield expression


def _conditions(entry: ImportEntry, monitor: Mapping[str, Any]) -> None:
    """Take over of what it waits, be it said of the monitor or in its config."""
    config = _packed(monitor.get("config"))
    for holder in (monitor, config if isinstance(config, dict) else {}):
        for key in _CONDITIONS & holder.keys():
            given = _packed(holder[key])
            if given is None and holder[key]:
                entry.leave_out(f"its `{key}`, which cannot be read")
            elif given:
                take_rules(entry, given)


def _name_others(entry: ImportEntry, table: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in sorted(table.keys() - known - _CONDITIONS):
        if table[key] and (told := f"without `{key[:40]}`") not in entry.lost:
            entry.lost.append(told)
