"""Translates the conditions of a watch of changedetection.io, where ours mean the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from daemon.transfer.entry import ImportEntry, tables_in

_TEXT = "page_filtered_text"
_NUMBER = "extracted_number"


def take_conditions(entry: ImportEntry, watch: Mapping[str, Any]) -> None:
    """Give the entry the conditions of a watch, each of which is told by itself here."""
    taken = 0
    for one in tables_in(watch.get("conditions")):
        field, operator = (str(one.get(key) or "") for key in ("field", "operator"))
        value = str(one.get("value") or "").strip()
        if not any(one.values()):
            continue  # a row of its form that nobody has filled in
        known = _KNOWN.get((field, operator))
        if not value or known is None or not known(entry, value):
            entry.leave_out(f"its condition `{field} {operator}` {value[:60]!r}")
        else:
            taken += 1
    if taken > 1 and watch.get("conditions_match_logic", "ALL") == "ALL":
        entry.leave_out("that its conditions hold at once: each is told by itself")


def _target(key: str, spelt: Callable[[str], str]) -> Callable[[ImportEntry, str], bool]:
    def take(entry: ImportEntry, value: str) -> bool:
        entry.table.setdefault(key, []).append(spelt(value))
        return True

    return take


def _bound(key: str) -> Callable[[ImportEntry, str], bool]:
    def take(entry: ImportEntry, value: str) -> bool:
        if key in entry.table:
            return False
        entry.table[key] = value
        return True

    return take


def _words(value: str) -> str:
    return f"re:(?i){re.escape(value)}"


def _pattern(value: str) -> str:
    return f"re:{value}"


_KNOWN: Mapping[tuple[str, str], Callable[[ImportEntry, str], bool]] = MappingProxyType(
    {
        (_TEXT, "in"): _target("appears", _words),
        (_TEXT, "!in"): _target("disappears", _words),
        (_TEXT, "contains_regex"): _target("appears", _pattern),
        (_TEXT, "!contains_regex"): _target("disappears", _pattern),
        (_NUMBER, "<"): _bound("below"),
        (_NUMBER, ">"): _bound("above"),
    }
)
