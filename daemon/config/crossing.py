"""Checks across tables: duplicate names, unknown owners and types, rules.

The checks read the raw tree, so that faults elsewhere hide none of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_args
from zoneinfo import ZoneInfo

from daemon.config.explain import nearest
from daemon.config.groups import raw_groups, raw_tags, taken_over
from daemon.config.options.conditions import one_or_more, parse_change_text, parse_number
from daemon.config.options.discover import discover_flaws
from daemon.config.sections import FetchConfig
from daemon.config.sites import Kind, Watch
from daemon.config.values import Flaw, KeyPath, join_list, parse_length
from daemon.model.request import DIRECT, Timing
from daemon.model.site import Rules
from daemon.schedule.next_check import AUTO, frequency_of, parse_frequency
from daemon.schedule.windows import windows_of

_LISTS = (
    "include",
    "exclude",
    "attributes",
    "extract",
    "replace",
    "keep_lines",
    "drop_lines",
    "ignore",
    "discover_within",
    "discover_match",
)
_SWITCHES = ("main_content", "raw", "links", "sort_lines", "unique_lines")
_TARGETS = frozenset({"appears", "disappears", "contains", "count"})
_NUMBERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"below": parse_number, "above": parse_number, "changes_by": parse_change_text}
)
_RULES = frozenset({*_LISTS, *_SWITCHES, *_TARGETS, *_NUMBERS, "query", "watch"})
_KINDS = {
    "include": "a selector",
    "exclude": "a selector",
    "attributes": "the name of an attribute",
    "replace": "a replacement",
    "discover_within": "a selector",
    "discover_match": "a pattern for addresses",
}
_Groups = list[tuple[int, str, Mapping[str, Any]]]
_PLACE = re.compile(r"[^\[\].]+")


def cross_flaws(tree: dict[str, Any]) -> list[Flaw]:
    """The faults between the tables of this tree."""
    ids = (str(owner.get("id", "")).strip() for _, owner in _tables(tree, "owner"))
    owners = dict.fromkeys(filter(None, ids)) or {"local": None}  # in the order of the file
    types = tree.get("site_types", {})
    return [
        *_repeated(tree, "owner", "id"),
        *_repeated(tree, "owner", "email"),
        *_repeated(tree, "owner", "username"),
        *_repeated(tree, "site", "name"),
        *_repeated(tree, "product", "name"),
        *_repeated(tree, "notify", "name"),
        *_repeated(tree, "proxy", "name"),
        *_repeated_logins(tree),
        *_unknown_proxies(tree, types if isinstance(types, dict) else {}),
        *_unknown(tree, "site", "owner", owners),
        *_unknown(tree, "product", "owner", owners),
        *_unknown(tree, "site", "type", types if isinstance(types, dict) else ()),
        *_unknown(tree, "notify", "owner", owners),
        *_unknown_destinations(tree),
        *_unknown_types(tree, types if isinstance(types, dict) else ()),
        *_selector_flaws(tree),
        *_unsendable(tree),
        *_timeout_flaws(tree),
        *_rule_flaws(tree, types if isinstance(types, dict) else {}),
        *_timing_flaws(tree, types if isinstance(types, dict) else {}),
    ]


def _tables(tree: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    tables = tree.get(name, ())
    if isinstance(tables, list):
        for index, table in enumerate(tables):
            if isinstance(table, dict):
                yield index, table


def _repeated(tree: dict[str, Any], table: str, key: str) -> Iterator[Flaw]:
    first: dict[str, KeyPath] = {}
    for index, row in _tables(tree, table):
        value, path = row.get(key), (table, index, key)
        if isinstance(value, str):
            value = value.strip()
            if value in first:
                yield Flaw(path, f'"{value[:60]}" is already used', other=first[value])
            first.setdefault(value, path)


def _repeated_logins(tree: dict[str, Any]) -> Iterator[Flaw]:
    web = tree.get("web")
    for flaw in _repeated(web if isinstance(web, dict) else {}, "login", "name"):
        yield replace(flaw, path=("web", *flaw.path), other=("web", *(flaw.other or ())))


def _unsendable(tree: dict[str, Any]) -> Iterator[Flaw]:
    """Mail destinations without a mail server."""
    mail = tree.get("mail", {})
    if not isinstance(mail, dict):
        return
    missing = [name for name in ("host", "sender") if not mail.get(name)]
    if not missing:
        return
    names = " and ".join(f"mail.{name}" for name in missing)
    problem = f"needs a mail server: {names} {'are' if len(missing) > 1 else 'is'} not set"
    for index, one in _tables(tree, "notify"):
        if _is_mail(one.get("url")):
            yield Flaw(("notify", index, "url"), problem)


def _is_mail(url: Any) -> bool:
    return isinstance(url, str) and url.startswith("mailto:") and "//" not in url[:9]


def _unknown(tree: dict[str, Any], table: str, key: str, known: Any) -> Iterator[Flaw]:
    for index, row in _tables(tree, table):
        value = row.get(key)
        if isinstance(value, str) and value.strip() not in known:
            problem = f'there is no {"site type" if key == "type" else key} "{value[:60]}"'
            yield Flaw((table, index, key), problem, nearest(value, known))


def _unknown_proxies(tree: dict[str, Any], types: Mapping[str, Any]) -> Iterator[Flaw]:
    """The names of proxies that there are not, wherever one is named."""
    names = (row.get("name") for _, row in _tables(tree, "proxy"))
    known = [DIRECT, *(name.strip() for name in names if isinstance(name, str))]
    holders: list[tuple[KeyPath, Any]] = [(("fetch",), tree.get("fetch"))]
    holders += [(("site_types", name), table) for name, table in types.items()]
    for kind in ("site", "product", "group"):
        holders += [((kind, index), row) for index, row in _tables(tree, kind)]
    for path, table in holders:
        name = table.get("proxy") if isinstance(table, dict) else None
        if isinstance(name, str) and name.strip() not in known:
            yield _unknown_proxy((*path, "proxy"), name, known)


def _unknown_proxy(path: KeyPath, name: str, known: Iterable[str]) -> Flaw:
    """The flaw of a name that no proxy has; an address may hold a password, and is not shown."""
    if "://" in name or "@" in name:
        hint = "write it as the url of a [[proxy]], and here the name of that"
        return Flaw(path, "is an address, not the name of a [[proxy]]", hint)
    return Flaw(path, f'there is no [[proxy]] "{name[:60]}"', nearest(name, known))


def _unknown_types(tree: dict[str, Any], known: Iterable[str]) -> Iterator[Flaw]:
    """Site types that a destination filters by but no site can have."""
    for index, one in _tables(tree, "notify"):
        names = one.get("site_types")
        for place, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and name.strip() not in known:
                path = ("notify", index, "site_types", place)
                yield Flaw(path, f'there is no site type "{name[:60]}"', nearest(name, known))


def _unknown_destinations(tree: dict[str, Any]) -> Iterator[Flaw]:
    """The names in groups that no destination has."""
    given = (one.get("name") for _, one in _tables(tree, "notify"))
    known = [name.strip() for name in given if isinstance(name, str)]
    for index, group in _tables(tree, "group"):
        names = group.get("notify")
        for place, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and name.strip() not in known:
                hint = nearest(name, known) if known else "add it as a [[notify]] table"
                path = ("group", index, "notify", place)
                yield Flaw(path, f'there is no [[notify]] "{name[:60]}"', hint)


def _selector_flaws(tree: dict[str, Any]) -> Iterator[Flaw]:
    """The faults in product selectors, which have the same grammar as those of sites."""
    for kind in ("product", "group"):
        for index, table in _tables(tree, kind):
            selector = table.get("selector")
            if isinstance(selector, str):
                for _, problem in _checked(replace(Rules(), include=(selector.strip(),))):
                    yield Flaw((kind, index, "selector"), problem)


def _rule_flaws(tree: dict[str, Any], types: Mapping[str, Any]) -> Iterator[Flaw]:
    groups = raw_groups(tree)
    for name, table in types.items():
        for path, problem in _problems(table):
            yield Flaw(("site_types", name, *path), problem)
    for index, _, table in groups:
        for path, problem in _problems(table):
            yield Flaw(("group", index, *path), problem)
    for index, site in _tables(tree, "site"):
        layers = _layers(site, types, groups)
        told = {one for layer in layers for one in _problems(layer)}  # reported once, there
        yield from discover_flaws(("site", index), _merged(layers, site))
        for path, problem in _problems(_merged(layers, site)):
            if (path, problem) not in told:
                yield Flaw(("site", index, *path), problem)


def _layers(
    table: Mapping[str, Any], types: Mapping[str, Any], groups: _Groups
) -> list[Mapping[str, Any]]:
    """The defaults of a site or product: its type's, then its groups', each over those before."""
    defaults = types.get(str(table.get("type")))
    layers: list[Mapping[str, Any]] = [defaults] if isinstance(defaults, dict) and defaults else []
    if groups and (tags := raw_tags(table)):
        layers += [options for _, tag, options in groups if tag in tags]
    return layers


def _timeout_flaws(tree: dict[str, Any]) -> Iterator[Flaw]:
    """Time-outs beyond what the operator allows."""
    fetch = tree.get("fetch")
    given = fetch.get("longest_timeout_seconds") if isinstance(fetch, dict) else None
    longest = given if isinstance(given, int | float) else FetchConfig().longest_timeout_seconds
    types = tree.get("site_types")
    tables: list[tuple[KeyPath, Any]] = [
        ((name, i), one) for name in ("site", "product", "group") for i, one in _tables(tree, name)
    ]
    tables += [
        (("site_types", k), one) for k, one in (types if isinstance(types, dict) else {}).items()
    ]
    for path, table in tables:
        if isinstance(table, dict) and _seconds(table.get("timeout")) > longest:
            problem = f"is longer than fetch.longest_timeout_seconds, which is {longest:g}"
            yield Flaw((*path, "timeout"), problem, "write less, or raise that")


def _seconds(value: Any) -> float:
    try:
        return parse_length(value).total_seconds() if value is not None else 0.0
    except ValueError:
        return 0.0  # reported already


def _timing_flaws(tree: dict[str, Any], types: Mapping[str, Any]) -> Iterator[Flaw]:
    """Cron lines that never fire within the hours beside them, and `auto` without a delay."""
    groups = raw_groups(tree)
    for kind, defaults in (("site", types), ("product", {})):
        for index, table in _tables(tree, kind):
            merged = _merged(_layers(table, defaults, groups), table)
            yield from _without_delay((kind, index), merged)
            yield from _never_fires((kind, index), merged)


def _without_delay(path: KeyPath, table: Mapping[str, Any]) -> Iterator[Flaw]:
    if str(table.get("check_frequency")).strip().lower() == AUTO and "detect_within" not in table:
        problem = '"auto" needs detect_within, the delay that you accept'
        yield Flaw((*path, "check_frequency"), problem, 'add detect_within = "2h"')


def _never_fires(path: KeyPath, table: Mapping[str, Any]) -> Iterator[Flaw]:
    given = (table.get(name) for name in ("check_frequency", "time_zone", "hours", "days"))
    line, zone, hours, days = (join_list(value) for value in given)
    if not (hours or days) or not isinstance(line, str):
        return
    try:
        # Each alone is checked where it stands.
        parse_frequency(line, zone)
        windows_of(hours, days, ZoneInfo("UTC"))
    except (ValueError, AttributeError, TypeError):
        return
    try:
        frequency_of(Timing(line, zone, hours, days))
    except ValueError as exc:
        yield Flaw((*path, "check_frequency"), str(exc), "give it other hours or days, or none")


def _merged(layers: Iterable[Mapping[str, Any]], table: dict[str, Any]) -> dict[str, Any]:
    return taken_over([*layers][::-1], table)


def _problems(table: Any) -> tuple[tuple[KeyPath, str], ...]:
    return _checked(_rules_of(table)) if isinstance(table, dict) and _RULES & table.keys() else ()


def _rules_of(table: dict[str, Any]) -> Rules:
    """The rules in a table, without values of a wrong type, which are reported already."""
    given: dict[str, Any] = {
        name: tuple(table[name]) for name in _LISTS if _is_text_list(table.get(name))
    }
    given |= {name: True for name in _SWITCHES if table.get(name) is True}
    given |= _conditions_of(table)
    if table.get("watch") in get_args(Watch):
        given["watch"] = table["watch"]
    if isinstance(table.get("query"), str):
        given["query"] = table["query"]
    if table.get("kind") in get_args(Kind):
        given["kind"] = table["kind"]
    return replace(Rules(), **given)


def _conditions_of(table: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name in _TARGETS & table.keys():
        written = one_or_more(table[name])
        if isinstance(written, list | tuple) and _is_text_list([*written]):
            given[name] = tuple(written)
    for name in _NUMBERS.keys() & table.keys():
        with suppress(ValueError):
            given[name] = _NUMBERS[name](table[name])
    return given


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


@lru_cache(maxsize=4096)
def _checked(rules: Rules) -> tuple[tuple[KeyPath, str], ...]:
    # Loads the parsers, which a configuration without rules does not need.
    from daemon.extract.check import check_rules

    found = [_named(path_of(place), problem) for place, problem in check_rules(rules)]
    if rules.has_conditions:
        from daemon.conditions.check import check_conditions

        found += [(path_of(place), problem) for place, problem in check_conditions(rules)]
    return tuple(found)


def _named(path: KeyPath, problem: str) -> tuple[KeyPath, str]:
    """The parser's message, with what it tried to read before it."""
    if len(path) == 1:
        return path, problem
    return path, f"is not {_KINDS.get(str(path[0]), 'a regular expression')}: {problem}"


def path_of(place: str) -> KeyPath:
    """("include", 1) out of "include[1]"."""
    return tuple(int(part) if part.isdecimal() else part for part in _PLACE.findall(place))
