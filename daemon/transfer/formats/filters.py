"""Translates the filters of an urlwatch or webchanges job into our rules, where possible."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from daemon.extract.languages.extra import JQ
from daemon.transfer.entry import ImportEntry
from daemon.transfer.formats import translate

# Filters that we apply anyway: markup becomes text, and text is cleaned.
_DONE = frozenset(
    "html2text strip striplines strip_each_line beautify format-json pretty-xml format-xml"
    " pdf2text pypdf jsontoyaml".split()
)
_WHOLE_MATCH = r"\g<0>"
_PROGRAMS = frozenset({"shellpipe", "execute"})
_LOADS = ("selector", "path", "query", "re", "text", "pattern", "class", "id", "tag", "style")
_SPELT: Mapping[str, Callable[[str], str]] = {"css": str, "xpath": translate.xpath}

Value = Mapping[str, Any]


def apply_filters(entry: ImportEntry, filters: Any) -> None:
    """Give the entry the rules equivalent to these filters, with notes on the others."""
    for name, value in _each(filters):
        if name in _DONE:
            continue
        if name in _PROGRAMS:
            entry.pause(f"its filter `{name}` runs a program")
        elif (known := _KNOWN.get(name)) is None or not known(entry, value):
            entry.leave_out(f"its filter `{name[:40]}`")


def _each(filters: Any) -> Iterator[tuple[str, Value]]:
    """Name and options of each filter, in any of the supported notations."""
    if isinstance(filters, str):
        parts = (part.partition(":") for part in filters.split(","))
        filters = [{name.strip(): value.strip() or None} for name, _, value in parts]
    if isinstance(filters, dict):
        filters = [filters]
    for one in filters if isinstance(filters, list) else ():
        pairs = one.items() if isinstance(one, dict) else [(one, None)]
        for name, value in pairs:
            yield str(name), _options(value)


def _options(value: Any) -> Value:
    """The options; a single unnamed one is called ""."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    return {} if value is None or value == "" else {"": value}


def _main(value: Value, *names: str) -> str:
    found = next((value[name] for name in ("", *names) if name in value), "")
    return str(found)


def _select(kind: str) -> Callable[[ImportEntry, Value], bool]:
    spelt = _SPELT[kind]

    def apply(entry: ImportEntry, value: Value) -> bool:
        text = _main(value, *_LOADS)
        if not text or "include" in entry.table:
            return False  # a second selection applies within the first; ours are alternatives
        condition = _condition_of_place(value)
        if condition and kind == "css":
            entry.leave_out("`skip` and `maxitems`")
        namespaces = _namespaces(value)
        if namespaces and kind == "css":
            entry.pause("its namespaces have to be written as an XPath")
        elif namespaces:
            text = translate.without_prefixes(text, namespaces)
        is_part = condition and kind == "xpath"
        entry.table["include"] = [f"({text})[{condition}]" if is_part else spelt(text)]
        if exclude := str(value.get("exclude") or ""):
            exclude = translate.without_prefixes(exclude, namespaces)
            entry.table.setdefault("exclude", []).append(spelt(exclude))
        if value.get("sort"):
            entry.table["sort_lines"] = True
        return True

    return apply


def _namespaces(value: Value) -> dict[str, str]:
    found = value.get("namespaces")
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _condition_of_place(value: Value) -> str:
    """What XPath asks of a match, so that `skip` and `maxitems` hold; "" where all are wanted."""
    skip, most = _whole(value.get("skip")), _whole(value.get("maxitems"))
    last = f" and position() <= {skip + most}" if most else ""
    return f"position() > {skip}{last}" if skip or most else ""


def _element(attribute: str) -> Callable[[ImportEntry, Value], bool]:
    def apply(entry: ImportEntry, value: Value) -> bool:
        text = _main(value, *_LOADS)
        if not text:
            return False
        return _select("css")(entry, {"": translate.selector_by(attribute, text)})

    return apply


def _lines(field: str, *, is_text: bool) -> Callable[[ImportEntry, Value], bool]:
    def apply(entry: ImportEntry, value: Value) -> bool:
        text = str(value.get("re") or "")
        if not text and (plain := _main(value, "text")):
            text = re.escape(plain) if is_text else plain
        if not text or (field == "keep_lines" and field in entry.table):
            return False  # a second one filters the lines of the first; ours keep either
        entry.table.setdefault(field, []).append(text)
        return True

    return apply


def _query(entry: ImportEntry, value: Value) -> bool:
    query = translate.query_in(JQ, [_main(value, "query")])
    if query is None or "query" in entry.table:
        entry.pause("what its filter `jq` selects has to be written as `query`")
        return False
    entry.table["query"] = query
    return True


def _sorted(entry: ImportEntry, value: Value) -> bool:
    entry.table["sort_lines"] = True
    return not value.keys() - {""}


def _linked(entry: ImportEntry, _value: Value) -> bool:
    entry.table["links"] = True
    return True


def _unique(entry: ImportEntry, _value: Value) -> bool:
    entry.table["unique_lines"] = True
    return True


def _replaced(entry: ImportEntry, value: Value) -> bool:
    pattern = _main(value, "pattern")
    if pattern:
        rule = translate.replacement(pattern, str(value.get("repl") or ""))
        entry.table.setdefault("replace", []).append(rule)
    return bool(pattern)


def _extracted(entry: ImportEntry, value: Value) -> bool:
    pattern = translate.whole_match(_main(value, "pattern"))
    is_whole = str(value.get("repl") or _WHOLE_MATCH) == _WHOLE_MATCH
    if not pattern or not is_whole or "extract" in entry.table:
        return False  # a second one searches what the first found; ours are alternatives
    entry.table["extract"] = [pattern]
    return True


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 1_000_000 else 0


_KNOWN: Mapping[str, Callable[[ImportEntry, Value], bool]] = {
    "css": _select("css"),
    "xpath": _select("xpath"),
    "element-by-id": _element("id"),
    "element-by-class": _element("class"),
    "element-by-style": _element("style"),
    "element-by-tag": _element("tag"),
    "grep": _lines("keep_lines", is_text=False),
    "grepi": _lines("drop_lines", is_text=False),
    "keep_lines_containing": _lines("keep_lines", is_text=True),
    "delete_lines_containing": _lines("drop_lines", is_text=True),
    "jq": _query,
    "sort": _sorted,
    "remove-duplicate-lines": _unique,
    "remove_repeated": _unique,
    "remove-repeated": _unique,
    "absolute_links": _linked,
    "re.sub": _replaced,
    "re.findall": _extracted,
}
