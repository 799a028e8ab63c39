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
_BESIDE = ("exclude", "method", "sort")
_UNREAD = re.compile(r"(?:^|/)(?:@|attribute::)[\w:*.-]+$|comment\(\)$")
_NO_ELEMENTS = re.compile(r"(?:(?:^|/)(?:@|attribute::)[\w:*.-]+|(?:text|comment)\(\))\s*(?:$|\|)")
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
        if not text:
            return False
        if "include" in entry.table:
            is_plain = not value.keys() - {"", *_LOADS, *_BESIDE}
            if not is_plain or not _narrow(entry, spelt(text)):
                return False
        else:
            _choose(entry, value, kind, text)
        if exclude := str(value.get("exclude") or ""):
            _exclude(entry, kind, translate.without_prefixes(exclude, _namespaces(value)))
        if value.get("sort"):
            entry.table["sort_lines"] = True
        return True

    return apply


def _choose(entry: ImportEntry, value: Value, kind: str, text: str) -> None:
    condition = _condition_of_place(value)
    if condition and kind == "css":
        entry.leave_out("`skip` and `maxitems`")
    namespaces = _namespaces(value)
    if namespaces and kind == "css":
        entry.pause("its namespaces have to be written as an XPath")
    elif namespaces:
        text = translate.without_prefixes(text, namespaces)
    is_part = condition and kind == "xpath"
    entry.table["include"] = [f"({text})[{condition}]" if is_part else _SPELT[kind](text)]


def _exclude(entry: ImportEntry, kind: str, text: str) -> None:
    """Leave elements out; of attributes and comments nothing is read that could be left out."""
    if kind == "xpath" and _UNREAD.search(text) and "|" not in text:
        return
    if kind == "xpath" and _NO_ELEMENTS.search(text):
        entry.leave_out(f"what its `exclude` {text[:60]!r} takes from elements: see `replace`")
        return
    entry.table.setdefault("exclude", []).append(_SPELT[kind](text))


def _narrow(entry: ImportEntry, selector: str) -> bool:
    """Select within what is selected already, as a second filter does."""
    found = [translate.within(one, selector) for one in entry.table["include"]]
    if None in found:
        return False
    entry.table["include"] = found
    return True


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
        patterns = _texts(value.get("re"))
        if not patterns:
            plain = next((value[key] for key in ("", "text") if key in value), None)
            patterns = [re.escape(one) if is_text else one for one in _texts(plain)]
        if not patterns:
            return False
        if field == "keep_lines" and field in entry.table:
            return _keep_fewer(entry, patterns)
        entry.table.setdefault(field, []).extend(patterns)
        return True

    return apply


def _keep_fewer(entry: ImportEntry, patterns: list[str]) -> bool:
    """Keep of the lines that are kept already those that match one of these, too."""
    kept = entry.table["keep_lines"]
    both = [translate.both_of(one, other) for one in kept for other in patterns]
    if None in both:
        return False
    entry.table["keep_lines"] = both
    return True


def _texts(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [str(one) for one in several if one not in (None, "")]


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
