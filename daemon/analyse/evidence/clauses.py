"""Finds what few words change in a text that binds: a whole item, a negation, a name, a duty."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from rapidfuzz.distance import Indel

from daemon.analyse import places, words
from daemon.analyse.blocks import Block
from daemon.analyse.delta import WordRun
from daemon.lexicon.importance.obligations import (
    MAY,
    MUST,
    NOT,
    SHOULD,
    is_aside,
    opens_aside,
    shifted,
)
from daemon.lexicon.spelling import fold
from daemon.lexicon.states import says_it_is_off

_NORMATIVE = frozenset({MUST, SHOULD, MAY, NOT})
_FLAT = frozenset({MUST, NOT})
_NAME = re.compile(r"(?<=[^\s.!?:;•|([\"'-]\s)[^\W\d_a-z][\w&.-]{2,}")
_IDENTIFIER = re.compile(r"\b(?:[a-z]+[A-Z]\w+|[A-Z]\w*[a-z][A-Z]\w*|\w+_\w+|\w+(?=\())\b")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_ITEMS = frozenset({places.LIST, places.TABLE})
_SAME_NAME = 0.7
_NOUNS = 0.16  # of the words are capitalised: then they are no names
_ENOUGH_CHARS = 20_000
_MAX_BLOCKS = 40
_MAX_RUN = 8
_FEW = 3


def without_asides(blocks: Sequence[Block], changed: Sequence[Block]) -> list[Block]:
    """The changed blocks of a standard but for its examples, notes, thanks and references."""
    known = {id(block) for block in changed}
    kept, is_bound = [], True
    for block in blocks:
        if block.kind == places.HEADING:
            is_bound = not opens_aside(_bare(block.text))
        if id(block) in known:
            known.discard(id(block))
            if is_bound and not is_aside(_bare(block.text)):
                kept.append(block)
    return [*kept, *(block for block in changed if id(block) in known)]


def _bare(text: str) -> str:
    return text.lstrip("#>*-+ \t")


def fact_of_agreement(
    views: tuple[Sequence[Block], Sequence[Block]],
    changed: tuple[Sequence[Block], Sequence[Block]],
    runs: Sequence[WordRun],
) -> str:
    """What a small difference of a legal text changes for its parties, in words; "" for nothing."""
    gone, came = changed
    if item := next(_items(views, changed, runs), ""):
        return item
    if groups := _shifts(runs):
        return min(groups)
    if mail := next(iter(_mails(came) - _mails(gone)), ""):
        return mail
    said = frozenset(word for run in runs for word in run.both)
    names = (name for name in _names(gone, came, lambda: _said_small(views)))
    return next((name for name in names if said.intersection(words.words_of(name))), "")


def fact_of_rule(runs: Sequence[WordRun]) -> str:
    """What few words change of a rule in any text: that something is not so, or must be."""
    if groups := _shifts(runs) & _FLAT:
        return min(groups)
    lone = (" ".join(run.added) for run in runs if not run.removed and len(run.added) <= _FEW)
    return next((text for text in lone if says_it_is_off(text)), "")


def fact_of_standard(gone: Sequence[Block], came: Sequence[Block], runs: Sequence[WordRun]) -> str:
    """What a small difference of a standard changes for those who keep to it."""
    if groups := _shifts(runs) & _NORMATIVE:
        return min(groups)
    old, new = _identifiers(gone), _identifiers(came)
    swapped = [run for run in runs if len(run.removed) == len(run.added) == 1]
    pair = next((run for run in swapped if run.removed[0] in old and run.added[0] in new), None)
    return new[pair.added[0]] if pair else ""


def _mails(blocks: Sequence[Block]) -> set[str]:
    return {mail for block in blocks[:_MAX_BLOCKS] for mail in _MAIL.findall(block.text)}


def _shifts(runs: Sequence[WordRun]) -> frozenset[str]:
    """The binding words that came or went, where little else did."""
    short = [run for run in runs if len(run.removed) <= _MAX_RUN and len(run.added) <= _MAX_RUN]
    gone = (word for run in short for word in run.removed)
    return shifted(gone, (word for run in short for word in run.added))


def _items(
    views: tuple[Sequence[Block], Sequence[Block]],
    changed: tuple[Sequence[Block], Sequence[Block]],
    runs: Sequence[WordRun],
) -> Iterator[str]:
    """The whole items of lists that came or went, but links and those of a table of contents."""
    said = [" ".join(run.removed) for run in runs], [" ".join(run.added) for run in runs]
    for at in range(2):
        headings = {block.text.casefold() for block in views[at] if block.kind == places.HEADING}
        for block in changed[at][:_MAX_BLOCKS]:
            is_item = block.kind in _ITEMS and not block.is_link
            own = " ".join(words.undated(block.text))
            is_whole = bool(own) and any(own in one for one in said[at])
            if is_item and is_whole and block.text.casefold() not in headings:
                yield block.text


def _names(gone: Sequence[Block], came: Sequence[Block], said: Callable[[], str]) -> Iterator[str]:
    """The names that came or went: words with a capital that no sentence begins with.

    Shape: none where nouns are written with a capital, and none that the text also writes small.
    """
    old, new = _capitals(gone), _capitals(came)
    left, right = old - new, new - old
    if (left or right) and _writes_nouns_large(said()):
        return
    for one, others in ((right, left), (left, right)):
        for name in one:
            is_respelt = any(Indel.normalized_similarity(name, o) >= _SAME_NAME for o in others)
            if not is_respelt and not re.search(rf"\b{re.escape(name.lower())}\b", said()):
                yield name


def _writes_nouns_large(text: str) -> bool:
    some = text[:_ENOUGH_CHARS]
    return len(_NAME.findall(some)) > _NOUNS * (some.count(" ") + 1)


def _capitals(blocks: Sequence[Block]) -> Counter[str]:
    texts = [fold(block.text) for block in blocks[:_MAX_BLOCKS] if block.kind != places.HEADING]
    return Counter(name.rstrip(".-") for text in texts for name in _NAME.findall(text))


def _said_small(views: tuple[Sequence[Block], Sequence[Block]]) -> str:
    return " ".join(block.text for view in views for block in view if block.place == places.MAIN)


def _identifiers(blocks: Iterable[Block]) -> dict[str, str]:
    """The names of code in the blocks, by what they are in small letters."""
    found = (name for block in blocks for name in _IDENTIFIER.findall(block.text))
    return {name.casefold(): name for name in found}
