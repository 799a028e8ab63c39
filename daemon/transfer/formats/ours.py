"""Our own lossless formats: the tables of config.toml, as TOML and as JSON."""

from __future__ import annotations

import copy
import json
import os
import tomllib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

from daemon.config.groups import raw_groups, raw_tags, taken_over
from daemon.config.reading.places import show_path
from daemon.config.reading.references import Revealed, expand
from daemon.config.reading.writing import plain_text, toml_value
from daemon.config.shape import place_at
from daemon.config.values import Flaw, KeyPath, refused
from daemon.model.errors import Fault
from daemon.redaction import redact_text
from daemon.transfer.entry import Aside, ImportEntry, Read, tables_in, text_of, unreadable

VERSION = 1
_KINDS = {"site": "sites", "product": "products"}
_SENT_AS = {"cookies": "cookie", "auth": "authorization", "json": "body", "form": "body"}
_SENT_TABLES = {
    "headers": "header",
    "cookies": "cookie",
    "form": "form's",
    "auth": "authentication's",
}


def read_toml(data: bytes) -> Read:
    """The [[site]] and [[product]] tables of a config.toml, or of a part of one."""
    from daemon.config.reading.lines import find_lines

    text = text_of(data)
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        raise unreadable(f"is not TOML: {exc}") from exc
    lines = find_lines(text)
    places = {
        (kind, i): f"line {lines.get((kind, i), 1)}"
        for kind in _KINDS
        for i in range(len(tables_in(tree.get(kind))))
    }
    kept = {kind: tables_in(tree.get(kind)) for kind in _KINDS}
    yield from _no_tables(tree, _KINDS)
    known = {*_KINDS, "site_types", "group"}
    yield from _asides(tree, known, lambda key: f"line {lines.get((key,), 1)}")
    yield from _entries(kept, places, tree)


def read_json(data: bytes) -> Read:
    """The lists `sites` and `products` of one object."""
    try:
        tree = json.loads(text_of(data))
    except (ValueError, RecursionError) as exc:
        raise unreadable(f"is not JSON: {exc}") from exc
    if not isinstance(tree, dict):
        raise unreadable("is no export of changelogger")
    if isinstance(version := tree.get("changelogger"), int) and version > VERSION:
        raise unreadable("was made by a newer changelogger", "upgrade this one")
    kept = {kind: tables_in(tree.get(name)) for kind, name in _KINDS.items()}
    places = {
        (kind, i): f"{name}[{i}]" for kind, name in _KINDS.items() for i in range(len(kept[kind]))
    }
    known = {"changelogger", "site_types", "groups", *_KINDS.values()}
    yield from _no_tables(tree, _KINDS.values())
    yield from _asides(tree, known, lambda key: key)
    defaults = {"site_types": tree.get("site_types"), "group": tree.get("groups")}
    yield from _entries(kept, places, defaults)


def write_toml(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Lines that can be pasted into a config.toml."""
    for one in tables.get("site_types", ()):
        yield from _section(f"[site_types.{toml_value(one['type'])}]", _without_type(one))
    for kind in ("group", *_KINDS):
        for table in tables.get(kind, ()):
            yield from _section(f"[[{kind}]]", table)


def _without_type(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "type"}


def _section(title: str, table: Mapping[str, Any]) -> Iterator[str]:
    yield title
    for key, value in table.items():
        yield f"{key} = {toml_value(value)}"
    yield ""


def write_json(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """One object, with a line for each site and product."""
    yield f'{{"changelogger": {VERSION},'
    if types := {one["type"]: _without_type(one) for one in tables.get("site_types", ())}:
        yield f'"site_types": {json.dumps(types, ensure_ascii=False)},'
    named = {"groups": "group", **{name: kind for kind, name in _KINDS.items()}}
    for name, kind in named.items():
        if name == "groups" and not tables.get(kind):
            continue
        lines = [json.dumps(table, ensure_ascii=False) for table in tables.get(kind, ())]
        end = "}" if name == "products" else ","
        yield f'"{name}": [' + ",".join(f"\n{line}" for line in lines) + f"]{end}"


def escaped(value: Any) -> Any:
    """The value with its text escaped, so that none of it is read as a reference."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list | tuple) else value


def _entries(
    kept: Mapping[str, Sequence[Mapping[str, Any]]],
    places: Mapping[tuple[str, int], str],
    defaults: Mapping[str, Any],
) -> Read:
    tree: dict[str, Any] = {
        kind: [_completed(kind, one, defaults) for one in tables] for kind, tables in kept.items()
    }
    addresses = {
        (kind, i): copy.deepcopy({key: table[key] for key in ("url", "urls") if key in table})
        for kind, tables in tree.items()
        for i, table in enumerate(tables)
    }  # as they are written, before they are filled in place
    flaws = _fill(tree)
    for kind, tables in tree.items():
        for i, table in enumerate(tables):
            entry = ImportEntry(kind, table, places[kind, i])
            entry.destinations += _destinations(kept[kind][i], defaults)
            yield _without_unset(entry, flaws[kind, i], addresses[kind, i])


def _completed(kind: str, table: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the defaults that its file gives its type and its tags."""
    types, tags = tree.get("site_types"), raw_tags(table)
    layers = [options for _, tag, options in raw_groups(tree) if tag in tags][::-1]
    of_type = types.get(str(table.get("type"))) if isinstance(types, dict) else None
    if kind == "site" and isinstance(of_type, dict):
        layers.append(of_type)
    # Copied, as each is filled in by itself, and several may have the same table of headers.
    return copy.deepcopy(taken_over([_of_kind(kind, layer) for layer in layers], table))


def _of_kind(kind: str, layer: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a type or a group that a site, or a product, has."""
    return {key: value for key, value in layer.items() if _has(kind, key, value)}


def _has(kind: str, key: str, value: Any) -> bool:
    place = place_at((kind, 0, key))
    if place is None:
        return False
    words = get_args(place.type) if get_origin(place.type) is Literal else ()
    return not words or value in words or kind == "site"


def _destinations(table: Mapping[str, Any], tree: Mapping[str, Any]) -> list[str]:
    """The names of those who are told of it, by the groups of its file."""
    tags = raw_tags(table)
    named = (options.get("notify") for _, tag, options in raw_groups(tree) if tag in tags)
    return [name for names in named if isinstance(names, list) for name in map(str, names)]


def _no_tables(tree: Mapping[str, Any], names: Iterable[str]) -> Iterator[Fault]:
    for name in names:
        several = tree.get(name, [])
        if not isinstance(several, list):
            yield Fault(name, "", "is no list of tables")
        elif wrong := [i for i, one in enumerate(several) if not isinstance(one, dict)]:
            yield from (Fault(f"{name}[{i}]", "", "is no table with a url") for i in wrong)


def _asides(
    tree: Mapping[str, Any], known: Collection[str], place_of: Callable[[str], str]
) -> Iterator[Aside]:
    """Other content of the file, which an import does not touch."""
    for key in tree.keys() - known:
        yield Aside(place_of(key), f"without {key[:40]}: only sites and products are imported")


def _fill(tree: dict[str, Any]) -> defaultdict[tuple[Any, Any], list[Flaw]]:
    """Resolve ${NAME} in what a request sends; references elsewhere, or to nothing, are reported.

    Shape: the file's author could make this machine send its secrets to a foreign address: so no
           file is read, and nothing but headers, cookies, bodies and authentication is filled in.
    """
    revealed = Revealed()
    expand(tree, os.environ, revealed, _no_file)
    elsewhere = [
        Flaw(
            path,
            "holds a variable, which only a header, a cookie, a body or auth may",
            "write $${ for a plain ${",
        )
        for path in revealed.values
        if not _is_sent(path[2:])
    ]
    flaws: defaultdict[tuple[Any, Any], list[Flaw]] = defaultdict(list)
    for flaw in (*revealed.flaws, *elsewhere):
        flaws[flaw.path[0], flaw.path[1]].append(replace(flaw, path=flaw.path[2:]))
    return flaws


def _no_file(name: str) -> str:
    raise refused(f"names the file {name}, and an import reads no other", "name a variable instead")


def _is_sent(path: KeyPath) -> bool:
    """Whether this is a text that a request sends, besides its URL."""
    if path[0] in _SENT_TABLES:
        return len(path) == 2 and isinstance(path[1], str)
    return path[0] == "json" or path == ("body",)


def _without_unset(
    entry: ImportEntry, flaws: Sequence[Flaw], addresses: Mapping[str, Any]
) -> ImportEntry | Fault:
    """The entry, paused and without what is unresolved; a fault for other unresolved references.

    Shape: what is unresolved is noted, so that the site is known again where it is watched. An
           address is never filled in: without its site the entry is that fault.
    """
    for flaw in flaws:
        fault = Fault(entry.place, show_path(flaw.path), flaw.problem, flaw.hint)
        option, name = str(flaw.path[0]), str(flaw.path[-1])
        if option in ("url", "urls"):
            entry.fault = entry.fault or fault
        elif not _is_sent(flaw.path):
            return fault
        else:
            _take_out(entry, option, name)
    if entry.fault is not None:
        entry.table |= {key: _masked(value) for key, value in addresses.items()}
    return entry


def _take_out(entry: ImportEntry, option: str, name: str) -> None:
    if option in ("headers", "cookies"):
        entry.table[option] = {k: v for k, v in entry.table[option].items() if k != name}
    else:
        entry.table.pop(option, None)
    entry.unset.append(name.lower() if option == "headers" else _SENT_AS.get(option, option))
    told = f"{_SENT_TABLES[option]} {name}" if option in _SENT_TABLES else option
    entry.pause(f"the {told} is a placeholder, and was not exported or set")


def _masked(address: Any) -> Any:
    """Addresses with what stands in the places of secrets hidden, as a known one hides it."""
    if isinstance(address, list):
        return [_masked(one) for one in address]
    return redact_text(address) if isinstance(address, str) else address
