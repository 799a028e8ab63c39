"""Reads a document once more for each step of its rules, and says what every step did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from daemon.extract import read
from daemon.extract.chain.addresses import matches_any
from daemon.extract.chain.patterns import pattern_of, replacement_of
from daemon.extract.chain.steps import STEPS, lines_with, matches_in, replaced_by, tidied
from daemon.extract.charset import decode
from daemon.extract.explain.selected import Selected
from daemon.extract.explain.values import (
    EXAMPLES,
    Amount,
    Effect,
    Explained,
    Step,
    amount_of,
    example_of,
    head_of,
)
from daemon.extract.sniff import kind_of
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import CHOOSING, FILE, Rules
from daemon.wording import byte_size

_SELECTING = frozenset({"exclude", "include", "links", "attributes"})
_LOOKED_AT = 100  # matches, for examples that differ
_MARKUP = {"html": "html", "xml": "xml", "feed": "xml"}


def explain(document: Document, rules: Rules) -> Explained:
    """What each step of the rules was given and left, and what each rule matched.

    Shape:  a step that nobody asked for is left out. The reading itself has the last word: where it
            fails, the steps before are told, with its error.
    Errors: none; what cannot be read is part of what is explained.
    """
    chain = _Chain(document, rules)
    with suppress(ExtractError):  # the reading itself says what is wrong
        chain.follow()
    try:
        reading = read(document, rules)
    except ExtractError as exc:
        return Explained(tuple(chain.steps), "", (), exc.error_class.value, exc.detail)
    return Explained(tuple(chain.steps), reading.kind, reading.flags)


class _Chain:
    """One document on its way through the steps, and what is told of those that it has passed."""

    def __init__(self, document: Document, rules: Rules) -> None:
        self.steps: list[Step] = []
        self._document = document
        self._rules = rules
        self._text = ""

    def follow(self) -> None:
        """Take every step that the rules ask for.

        Errors: ExtractError where one fails.
        """
        if self._rules.kind == FILE:
            self._read_as_file()
            return
        if self._rules.discover is not None:
            self._read_as_pages()
            return
        self._decode()
        self._choose()
        self._work_on_text()

    def _tell(self, name: str, text: str, before: Amount | None = None, **more: Any) -> None:
        before = before or amount_of(self._text)
        self.steps.append(Step(name, before, amount_of(text), head_of(text), **more))
        self._text = text

    def _read_as_file(self) -> None:
        text = read(self._document, self._rules).text
        self._tell("file", text, self._bytes(), detail=_size_of(self._document))

    def _read_as_pages(self) -> None:
        """Read the list of the pages that are named, whole and then by each pattern."""
        rules = self._rules
        all_of_them = read(self._document, replace(rules, discover_match=())).text
        self._tell("discover", all_of_them, self._bytes(), detail=f"by {rules.discover}")
        if rules.discover_match:
            effects = tuple(_by_addresses(all_of_them, rules))
            self._tell("discover_match", read(self._document, rules).text, effects=effects)
        pages = self._text.split("\n")
        if len(pages) > rules.discover_limit:
            detail = f"at most {rules.discover_limit:,} are watched"
            self._tell("discover_limit", "\n".join(pages[: rules.discover_limit]), detail=detail)

    def _decode(self) -> None:
        decoded = decode(self._document)
        detail = f"{_size_of(self._document)}, {decoded.encoding}"
        self._tell("decode", decoded.text, self._bytes(), detail=detail)

    def _bytes(self) -> Amount:
        return Amount(0, len(self._document.body))

    def _choose(self) -> None:
        """Read the document without its rules, and then with one after the other that chooses."""
        rules = self._rules
        asked = Rules(kind=rules.kind, raw=rules.raw, collapse_whitespace=rules.collapse_whitespace)
        text, kind, problem = _text_by(self._document, asked)
        shown = "the source as it is" if rules.raw else f"as {kind}"
        self._tell("read", text, detail=problem or shown)
        fields = [name for name in CHOOSING if getattr(rules, name) and not rules.raw]
        effects = _effects(self._document, rules, fields)
        for field in fields:
            asked = replace(asked, **{field: getattr(rules, field)})
            text, _, problem = _text_by(self._document, asked)
            told = effects.get(field, ()) or _effect_of_query(field, rules, text)
            self._tell(field, text, effects=told, detail=problem)

    def _work_on_text(self) -> None:
        rules = self._rules
        for name, step in STEPS.items():
            if getattr(rules, name) and self._text.strip():
                effects = tuple(_EFFECTS.get(name, _none)(self._text, rules))
                try:
                    text = tidied(step(self._text, rules)[0], rules)
                except ExtractError as exc:
                    self._tell(name, "", effects=effects, detail=exc.detail)
                    raise
                self._tell(name, text, effects=effects)
        if rules.ignore:
            effects = tuple(_by_matches(self._text, rules, "ignore"))
            self._tell("ignore", self._text, effects=effects, detail="shown, but not compared")


def _size_of(document: Document) -> str:
    return f"{byte_size(len(document.body))} of {document.content_type or 'no stated type'}"


def _text_by(document: Document, rules: Rules) -> tuple[str, str, str]:
    """The text that these rules leave, its kind, and what is wrong with it if there is none."""
    try:
        reading = read(document, rules)
    except ExtractError as exc:
        return "", "", exc.detail
    return reading.text, reading.kind, ""


def _effects(document: Document, rules: Rules, fields: list[str]) -> dict[str, tuple[Effect, ...]]:
    markup = _MARKUP.get(kind_of(document) if rules.kind == "auto" else rules.kind)
    if markup is None or not _SELECTING.intersection(fields):
        return {}
    selected = Selected(document, rules, markup)
    return {field: selected.effects_of(field) for field in fields if field in _SELECTING}


def _effect_of_query(field: str, rules: Rules, text: str) -> tuple[Effect, ...]:
    if field != "query":
        return ()
    shown = head_of(text)[:EXAMPLES]
    return (Effect(field, rules.query or "", int(bool(text)), tuple(map(example_of, shown))),)


def _none(text: str, rules: Rules) -> Iterator[Effect]:
    return iter(())


def _by_matches(text: str, rules: Rules, field: str) -> Iterator[Effect]:
    for index, written in enumerate(getattr(rules, field)):
        place = f"{field}[{index}]"
        yield _effect(place, written, partial(_matches, text, written, place))


def _matches(text: str, written: str, place: str) -> list[str]:
    return [match[0] for match in matches_in(text, pattern_of(written, place))]


def _by_lines(text: str, rules: Rules, field: str) -> Iterator[Effect]:
    for index, written in enumerate(getattr(rules, field)):
        place = f"{field}[{index}]"
        yield _effect(place, written, partial(_lines, text, written, place))


def _lines(text: str, written: str, place: str) -> list[str]:
    hits = lines_with(text, pattern_of(written, place))
    return [line for line, hit in zip(text.split("\n"), hits, strict=True) if hit]


def _by_addresses(text: str, rules: Rules) -> Iterator[Effect]:
    for index, written in enumerate(rules.discover_match):
        yield _effect(f"discover_match[{index}]", written, partial(_addresses, text, written))


def _addresses(text: str, written: str) -> list[str]:
    matches = matches_any([written], "discover_match")
    return [line for line in text.split("\n") if matches(line.partition(" ")[0])]


def _by_replacements(text: str, rules: Rules) -> Iterator[Effect]:
    for index, written in enumerate(rules.replace):
        place = f"replace[{index}]"
        effect = _effect(place, written, partial(_replacements, text, written, place))
        yield effect
        if effect.problem:
            return
        text = replaced_by(text, replacement_of(written, place))


def _replacements(text: str, written: str, place: str) -> list[str]:
    pattern = replacement_of(written, place)
    found = matches_in(text, pattern)
    shown = [f"{match[0]} → {match.expand(pattern.replacement)}" for match in found[:EXAMPLES]]
    return [*shown, *("" for _ in found[EXAMPLES:])]


def _effect(place: str, written: str, find: Callable[[], list[str]]) -> Effect:
    try:
        found = find()
    except ExtractError as exc:
        return Effect(place, written, 0, problem=exc.detail)
    shown = dict.fromkeys(example_of(one) for one in found[:_LOOKED_AT] if one.strip())
    return Effect(place, written, len(found), tuple(shown)[:EXAMPLES])


_EFFECTS: dict[str, Callable[[str, Rules], Iterator[Effect]]] = {
    "extract": lambda text, rules: _by_matches(text, rules, "extract"),
    "replace": _by_replacements,
    "keep_lines": lambda text, rules: _by_lines(text, rules, "keep_lines"),
    "drop_lines": lambda text, rules: _by_lines(text, rules, "drop_lines"),
}
