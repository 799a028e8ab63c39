"""What can be wrong with a summary, each fault by its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from rapidfuzz.distance import LCSseq

from benchmarks.said.joins import Pair, words_of
from benchmarks.said.summaries import GONE, Join, Parsed
from benchmarks.said.units import plain, unmarked

Row = dict[str, Any]

_MOST_CHARS = 300
_FEW_CHARS, _SOME_WORDS, _SAME = 200, 5, 0.8
_ONE, _FEW_WORDS, _DOZEN = 1, 2, 10
_LABELLED_WORDS = 12
_LONG_UNIT_CHARS = 120
_ELLIPSIS = "…"
_END = re.compile(r"[.!?。…][”\")\]]*$")
_AMID = re.compile(r"[^\s.!?:;。…]\s*…[”\")\]]*[.!?]?$")
_DECORATION = re.compile(
    r"opens in (?:a|an) (?:new|external) (?:window|tab)|skip to (?:main )?content"
    r"|^\W*$|^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|eu|fr|de|uk)/?$"
    r"|^[\"']?\w+[\"']?:$|</?[a-z]+\d?\s*/?>|people are viewing|page generated in",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"\]\[[\w-]*\]|\]\([^)]*\)?|\*\*|(?<!\w)_[^_]+_(?!\w)|\\[-_*]|<br ?/?>|^[*+-] "
)
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_NAMES_A_VERSION = re.compile(
    r"(?:\bv|\bversions?|\breleased?|\breleases|\bupdated? to|\bbuild|[a-z]{2,}[ -]?)\W{0,3}$",
    re.IGNORECASE,
)
_NAMES_A_PART = re.compile(
    r"(?:§+|\b(?:sections?|articles?|art|clauses?|rules?|paragraphs?|no|points?)"
    r"|[$€£¥]|\b(?:eur|usd|gbp))\W{0,3}$",
    re.IGNORECASE,
)


class Case(NamedTuple):
    """A pair of states, what was said of it and, for some, what an editor would say."""

    id: str
    slice: str
    pair: Pair
    said: Row
    line: Row | None

    @property
    def summary(self) -> str:
        return self.said["summary"] or ""


def faults_of(case: Case, told: Parsed) -> Iterator[tuple[str, str]]:
    for join in told.joins:
        yield from _of_join(case, join)
    labelled = {text for join in told.joins if _is_labelled(join) for text in join[1:3]}
    for quote in told.quotes:
        is_free = quote in labelled or case.said.get("failure")
        kind = None if is_free else _of_quote(case.pair, unmarked(quote))
        if kind:
            yield kind, quote
        if _DECORATION.search(quote):
            yield "decoration", quote
        if _MARKUP.search(quote):
            yield "markup", quote
        if _is_broken_open(quote):
            yield "open_bracket", quote
    yield from _of_repeats(told)
    yield from _of_length(case.summary)
    yield from _of_reasons(case)
    if case.line:
        yield from _of_line(case, told, case.line)


def _of_join(case: Case, join: Join) -> Iterator[tuple[str, str]]:
    text = f"{join.label}: {join.old} → {join.new}" if join.label else f"{join.old} → {join.new}"
    old, new = (unmarked(side).strip(f"{_ELLIPSIS} ") for side in (join.old, join.new))
    rightly = _joined_rightly(case.pair, old, new)
    if rightly is None:
        yield "join_not_found", text
    elif not rightly:
        yield "misjoined", text
    sizes = sorted((len(words_of(old)), len(words_of(new))))
    if join.label in GONE:
        return
    if sizes[0] <= _ONE and sizes[1] >= _DOZEN:
        yield "one_word_for_a_dozen", text
    if _is_too_coarse(case.pair, old, new):
        yield "mostly_the_same", text


def _joined_rightly(pair: Pair, old: str, new: str) -> bool | None:
    """As it stands, or without what may be a label of several parts or words left out."""
    olds = (old, old.rpartition(": ")[2])
    news = sorted(re.split(rf"\s*{_ELLIPSIS}\s*", new), key=len)[-1:]
    answers = [pair.is_joined_rightly(one, other) for one in olds for other in (new, *news)]
    return next((answer for answer in answers if answer is not None), None)


def _is_too_coarse(pair: Pair, old: str, new: str) -> bool:
    """Most words of a long or broken passage stand on both sides."""
    olds, news = words_of(old), words_of(new)
    least = min(len(olds), len(news))
    shared = LCSseq.similarity(olds, news)
    is_short = len(old) + len(new) <= _FEW_CHARS
    is_whole = is_short and not any(_of_quote(pair, side) for side in (old, new))
    return least >= _SOME_WORDS and shared >= _SAME * least and not is_whole


def _is_labelled(join: Join) -> bool:
    """A value under its label is whole, if it is no passage and was not cut at a joint."""
    return bool(join.label) and all(
        len(words_of(side)) <= _LABELLED_WORDS and not re.search(r"^\W*,|,\W*$|[.!?] ", side)
        for side in join[1:3]
    )


def _of_quote(pair: Pair, quote: str) -> str | None:
    """How a quotation fails to be whole: `fragment`, `cut` or `not_found`."""
    parts = [part for part in re.split(rf"\s*{_ELLIPSIS}\s*", quote) if words_of(part)]
    if not parts:
        return "fragment"
    found = [
        _is_whole(pair, part, _cut_sides(quote, at, len(parts))) for at, part in enumerate(parts)
    ]
    if None in found:
        return "not_found"
    if not all(found):
        return "fragment"
    return "cut" if _AMID.search(quote) or quote.startswith(_ELLIPSIS) else None


def _cut_sides(quote: str, at: int, count: int) -> tuple[bool, bool]:
    """Whether an ellipsis says that words are missing before or after a part."""
    return (
        at > 0 or quote.startswith(_ELLIPSIS),
        at < count - 1 or quote.endswith(_ELLIPSIS),
    )


def _is_whole(pair: Pair, text: str, cut: tuple[bool, bool]) -> bool | None:
    sides = ((pair.old, pair.old.find(text)), (pair.new, pair.new.find(text)))
    if not any(places for _, places in sides):
        return None
    return any(
        _is_edge(stream.begins, start, cut[0], stream.units[stream.unit_of[start]].text)
        and _is_edge(stream.ends, end, cut[1], stream.units[stream.unit_of[end - 1]].text)
        for stream, places in sides
        for start, end in places
    )


def _is_edge(edges: set[int], place: int, is_cut: bool, unit: str) -> bool:
    """A boundary of the page, or a cut that is marked in what is too long to be quoted."""
    return place in edges or (is_cut and len(unit) >= _LONG_UNIT_CHARS)


def _of_repeats(told: Parsed) -> Iterator[tuple[str, str]]:
    """What is quoted once more, alone or in brackets behind its own sentence."""
    texts = [*told.quotes, *told.asides]
    joined = {text for join in told.joins for text in (join.old, join.new)}
    for at, text in enumerate(texts):
        before = texts[:at]
        is_free = len(words_of(text)) < _FEW_WORDS or text in joined
        if not is_free and any(_folded(text) in _folded(other) for other in before):
            yield "said_twice", text


def _is_broken_open(quote: str) -> bool:
    """Whether a bracket of a quotation has no partner; the number of an item needs none."""
    text = re.sub(r"^\w{1,3}\)", "", quote)
    return any(text.count(one) != text.count(other) for one, other in ("()", "[]"))


def _of_length(summary: str) -> Iterator[tuple[str, str]]:
    if len(summary) > _MOST_CHARS:
        yield "too_long", f"{len(summary)} characters"
    if summary and (not _END.search(summary.strip()) or _AMID.search(summary.strip())):
        yield "ends_amid_a_sentence", summary[-60:]


def version_reasons(case: Case) -> Iterator[str]:
    for reason in case.said.get("reasons") or ():
        if "version" in reason and _VERSION.search(reason):
            yield reason


def _of_reasons(case: Case) -> Iterator[tuple[str, str]]:
    for reason in version_reasons(case):
        if not any(_is_version(case.pair, number) for number in _VERSION.findall(reason)):
            yield "untrue_version", reason
    reasons = " ".join(case.said.get("reasons") or ())
    for word in (case.line or {}).get("reason_not", ()):
        if word in reasons:
            yield "untrue_reason", word


def _is_version(pair: Pair, number: str) -> bool:
    """Whether a product, a word or a name makes a number that differs a version."""
    places = re.compile(rf"(?<![\d.]){re.escape(number)}(?![\d])")
    for unit in pair.new.units:
        for match in places.finditer(unit.text):
            before = unit.text[max(0, match.start() - 24) : match.start()]
            if (
                before.strip()
                and _NAMES_A_VERSION.search(before)
                and not _NAMES_A_PART.search(before)
            ):
                return True
    return False


def _of_line(case: Case, told: Parsed, line: Row) -> Iterator[tuple[str, str]]:
    summary = _folded(case.summary)
    for wanted in line["must"]:
        if not any(_folded(word) in summary for word in wanted):
            yield "lacks", " | ".join(wanted)
    for word in line["must_not"]:
        if _folded(word) in summary:
            yield "tells_what_is_no_news", word
    if line["first"] and not any(_folded(word) in _folded(told.first) for word in line["first"]):
        yield "not_first", " | ".join(line["first"])
    for old, new in line["pairs"]:
        for join in told.joins:
            if _folded(old) in _folded(join.old) and _folded(new) not in _folded(join.new):
                yield "pair_torn", f"{join.old} → {join.new}"
    yield from _of_grade(case, line)


def _of_grade(case: Case, line: Row) -> Iterator[tuple[str, str]]:
    for what in ("category", "importance"):
        said = case.said.get(what)
        if line.get(what) and said not in line[what]:
            yield f"{what}_differs", f"{said}, not {' or '.join(line[what])}"


def _folded(text: str) -> str:
    return plain(text).casefold()
