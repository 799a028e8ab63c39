"""Translates the conditions of changedetection.io and Distill, where ours mean the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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


def take_rules(entry: ImportEntry, given: Any) -> None:
    """Give the entry the conditions of a monitor of Distill, each told by itself here.

    Shape: a list of tables with a kind of text, an operator and a value, or a table with such a
           list and how its members are joined; each list may stand in another.
    """
    rules, is_all = _joined(given)
    taken = 0
    for one in rules:
        if "conditions" in one or "rules" in one:
            take_rules(entry, one)
            continue
        text, operator, value = (_said(one, names) for names in (_TEXTS, _OPERATORS, _VALUES))
        known = (
            None if _plain_letters(text) in _OTHER_TEXTS else _RULES.get(_plain_letters(operator))
        )
        if not value or known is None or not known(entry, value):
            told = " ".join(filter(None, (text, operator))) or ", ".join(map(str, one))
            entry.leave_out(f"its condition `{told[:60]}` {value[:60]!r}")
        else:
            taken += 1
    if taken > 1 and is_all:
        entry.leave_out("that its conditions hold at once: each is told by itself")


def _joined(given: Any) -> tuple[list[Mapping[str, Any]], bool]:
    """The conditions, and whether all are to hold."""
    if isinstance(given, Mapping):
        several = next((given[key] for key in ("conditions", "rules") if key in given), [given])
        how = str(given.get("match") or given.get("logic") or "all").lower()
        return tables_in(several), how in ("all", "and")
    return tables_in(given), True


def _said(one: Mapping[str, Any], names: Sequence[str]) -> str:
    found = next((one[name] for name in names if one.get(name) not in (None, "")), "")
    return str(found).strip()


def _plain_letters(words: str) -> str:
    return re.sub(r"[^a-z<>=!]+", "", words.lower())


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


def _ignoring_case(value: str) -> str:
    return f"re:(?i){value}"


def _change(entry: ImportEntry, value: str) -> bool:
    if "changes_by" in entry.table:
        return False
    entry.table["changes_by"] = value
    return True


def _one_way(entry: ImportEntry, value: str) -> bool:
    entry.leave_out("the direction of its change: a rise and a fall are told")
    return _change(entry, value)


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

# How the parts of a condition of Distill are called, and its operators in letters alone.
_TEXTS = ("text", "source", "field", "on")
_OPERATORS = ("operator", "op", "condition", "type")
_VALUES = ("value", "expr", "pattern", "number")
_OTHER_TEXTS = frozenset({"previoustext", "previous", "deletedtext", "deleted", "removedtext"})
_RULES: Mapping[str, Callable[[ImportEntry, str], bool]] = MappingProxyType(
    {
        word: take
        for words, take in (
            ("has contains includes", _target("appears", _words)),
            ("nothas doesnothave doesnotcontain notcontains", _target("disappears", _words)),
            ("matches matchesregex regex regexp hasregex", _target("appears", _ignoring_case)),
            ("lessthan islessthan hasnumberlessthan lt <", _bound("below")),
            ("greaterthan isgreaterthan hasnumbergreaterthan gt >", _bound("above")),
            ("changesby changedby", _change),
            ("increasesby increasedby decreasesby decreasedby", _one_way),
        )
        for word in words.split()
    }
)
