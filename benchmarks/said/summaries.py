"""Take a summary apart: its quotations, and what it joins as old and new.

Only quotation marks, arrows and full stops are read, so that its phrases may change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

QUOTE = re.compile(r"“((?:[^“”]|“[^“”]*”)*)”")
_MASKED = re.compile(r"\x00(\d+)\x00")
_JOINT = re.compile(r"\s*(?:→|->|with|by|became|becomes)\s*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z→])|(?<=\x00)\s+(?=[A-Z])|;\s+")
_LABEL = re.compile(r"^(.*?):\s+(?=\S)", re.DOTALL)
_ASIDE = re.compile(r"\s*\(([a-z][a-z ]*): (.*?)\)(?=[\s.]|$)", re.DOTALL)
GONE = ("was", "before", "no longer", "formerly", "earlier", "old")
_MORE = re.compile(r"\s*\((?:and|\+)[^)]*\)\s*$|[.!?]\s*$")
_LONG_ENOUGH = 80


class Join(NamedTuple):
    """What is said to have been replaced, and by what."""

    label: str
    old: str
    new: str
    is_quoted: bool


class Parsed(NamedTuple):
    """The parts of a summary that can be held against the page."""

    quotes: list[str]
    joins: list[Join]
    asides: list[str]
    first: str


def parsed(summary: str) -> Parsed:
    quotes = [match[1] for match in QUOTE.finditer(summary)]
    joins = list(_quoted_joins(summary))
    masked, kept = _mask(summary)
    joins += [*_bare_joins(masked, kept), *_joined_asides(summary)]
    asides = [aside for _, mark, aside in _asides(summary) if mark not in GONE]
    return Parsed(quotes, joins, asides, _first(summary, joins))


def _quoted_joins(summary: str) -> Iterator[Join]:
    found = list(QUOTE.finditer(summary))
    for one, other in pairwise(found):
        if _JOINT.fullmatch(summary[one.end() : other.start()]):
            lead = summary[: one.start()]
            label = lead.rstrip()[:-1] if lead.rstrip().endswith(":") else ""
            yield Join(re.split(_SENTENCE, label)[-1], one[1], other[1], is_quoted=True)


def _joined_asides(summary: str) -> Iterator[Join]:
    for quote, mark, aside in _asides(summary):
        if mark in GONE:
            for old in aside.split("; "):
                yield Join(mark, old, quote, is_quoted=False)


def _asides(summary: str) -> Iterator[tuple[str, str, str]]:
    """What is said in brackets of a sentence: «“…” (was: seven; ten)», «“…” (new: ten)»."""
    for quote in QUOTE.finditer(summary):
        if aside := _ASIDE.match(summary, quote.end()):
            yield quote[1], aside[1], aside[2]


def _mask(summary: str) -> tuple[str, list[str]]:
    kept: list[str] = []

    def put(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    return QUOTE.sub(put, summary), kept


def _bare_joins(masked: str, kept: list[str]) -> Iterator[Join]:
    """Values without quotation marks: «Price: 10 € → 12 €»."""
    for sentence in _SENTENCE.split(masked):
        for clause in sentence.split(", ") if sentence.count("→") > 1 else [sentence]:
            if clause.count("→") == 1 and not re.search(r"\x00\s*→\s*\x00", clause):
                left, right = (part.strip() for part in clause.split("→"))
                label = _LABEL.match(left)
                old = left[label.end() :] if label else left
                new = _MORE.sub("", _MORE.sub("", right))
                name = label[1] if label else ""
                yield Join(*(_unmask(part, kept) for part in (name, old, new)), is_quoted=False)


def _unmask(text: str, kept: list[str]) -> str:
    return _MASKED.sub(lambda match: kept[int(match[1])][1:-1], text).strip()


def _first(summary: str, joins: list[Join]) -> str:
    """The summary up to the end of its first quotation or pair, but not less than a clause."""
    end = _LONG_ENOUGH
    quote = QUOTE.search(summary)
    if quote:
        end = max(end, quote.end())
        pair = next((join for join in joins if join.is_quoted and join.old == quote[1]), None)
        end = max(end, quote.end() + len(pair.new) + 10) if pair else end
    return summary[:end]
