"""Lists the evidence for a grade, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daemon.analyse.confidence import contributions
from daemon.analyse.features import Features
from daemon.analyse.grade import MINOR_WORDS
from daemon.analyse.noise.volatility import Unrest
from daemon.analyse.saying.quotes import quoted
from daemon.analyse.walls import Wall
from daemon.compare import MASS_REMOVAL
from daemon.model.change import Change, Reason
from daemon.model.site import Ratings

_SIZE = "size"
_LINE = Mapping[str, float]


def reasons_of(found: Features, *, is_to_the_letter: bool = False) -> tuple[Reason, ...]:
    """Every signal observed, the heaviest first; of a value its size says nothing.

    Units: a weight is what the signal adds to the log-odds of mattering; 0 for what was
           ignored.
    """
    weights = contributions(found)
    lines = [*_main(found, weights), *_facts(found, weights), *_beside(found, weights)]
    if is_to_the_letter:
        lines = [one for one in lines if one.signal != _SIZE]
    return tuple(sorted([*lines, *_ignored(found)], key=lambda reason: -abs(reason.weight)))


def of_wall(wall: Wall) -> tuple[Reason, ...]:
    """Why a page is taken for a block page."""
    return (Reason("failure", 0.0, f"the page looks like {wall.name}: {quoted(wall.evidence)}"),)


def of_choice(is_to_the_letter: bool) -> tuple[Reason, ...]:
    """That the owner chose just this."""
    if not is_to_the_letter:
        return ()
    return (
        Reason("chosen", 0.0, "a chosen value is watched to the letter: any difference counts"),
    )


def of_entries(count: int) -> Iterator[Reason]:
    """That a feed has new entries: each is news, however short."""
    if count:
        what = "a new entry" if count == 1 else f"{count} new entries"
        yield Reason("entries", 0.0, f"{what} of the feed: news, however short")


def of_removal(change: Change) -> Iterator[Reason]:
    """Why removals are shown although only additions were asked for."""
    if MASS_REMOVAL in change.flags:
        text = "nearly all of the page went: shown although only additions are asked for"
        yield Reason("mass_removal", 0.0, text)


def of_leaning(ratings: Ratings, sensitivity: float, leaning: float) -> Iterator[Reason]:
    """What the owner's ratings and sensitivity add."""
    if not leaning:
        return
    told = f"{ratings.useful} useful, {ratings.noise} noise"
    parts = [f"the ratings of this site ({told})"] if ratings.useful != ratings.noise else []
    parts += [f"its sensitivity of {sensitivity:+g}"] if sensitivity else []
    verb = "raise" if leaning > 0 else "lower"
    yield _reason("feedback", leaning, f"{' and '.join(parts)} {verb} the odds that it matters")


def _main(found: Features, weights: _LINE) -> Iterator[Reason]:
    if not found.main_words:
        if found.main_blocks:
            yield Reason(
                "main_words", 0.0, "the main content differs in spelling, signs or numbering"
            )
        return
    differ = _some(found.main_words, "word", "of the main content differ")
    # What went and what came count: of a text that is replaced that is more than all of it.
    text = f"{differ} ({min(found.share, 1):.1%} of it)"
    yield _reason("main_words", weights["size"], text)
    if weights["slight"]:
        text = "only numbers differ" if found.only_numbers else "short rewordings, nothing new"
        yield _reason("slight", weights["slight"], text)
    if weights["scattered"]:
        yield _reason("scattered", weights["scattered"], "scattered edits of a technical text")
    if found.main_words <= MINOR_WORDS:
        yield Reason(_SIZE, 0.0, f"no more than {MINOR_WORDS} words: minor unless they matter")
    for heading in found.new_headings[:2]:
        yield Reason("heading", 0.0, f"a new heading: {quoted(heading)}")


def _facts(found: Features, weights: _LINE) -> Iterator[Reason]:
    for old, new in found.facts.prices[:2]:
        yield _reason("price", weights["facts"], f"a price changed: {old} → {new}")
    if found.facts.price_gone:
        text = f"a price went, and no other is left: {found.facts.price_gone}"
        yield _reason("price", weights["facts"], text)
    if found.facts.price_come:
        text = f"a price came where none was: {found.facts.price_come}"
        yield _reason("price", weights["facts"], text)
    if found.facts.stock:
        old, new = found.facts.stock
        yield _reason("availability", weights["facts"], f"availability changed: {old} → {new}")
    yield from _news(found, weights)
    for old, new in found.dated[:1]:
        yield Reason("date", 0.0, f"a date moved: {quoted(old)} → {quoted(new)}")


def _news(found: Features, weights: _LINE) -> Iterator[Reason]:
    for name in found.facts.security[:2]:
        yield _reason("security", weights["facts"], f"speaks of security: {quoted(name)}")
    for name in found.advisories.names[:2]:
        yield _reason("security", weights["facts"], f"a new advisory: {quoted(name)}")
    for figure in found.weighty[:2]:
        named = f"{quoted(figure.name)}: " if figure.name else ""
        yield Reason("figure", 0.0, f"a number changed: {named}{figure.old} → {figure.new}")
    if found.facts.is_release:
        versions = ", ".join(found.facts.versions[:3])
        yield _reason("release", weights["release"], f"names a new version: {versions}")
    if found.facts.state:
        old, new = found.facts.state
        yield Reason("state", 0.0, f"a state flipped: {old} → {new}")
    if found.facts.warning:
        yield Reason("warning", 0.0, f"warns of a danger: {quoted(found.facts.warning)}")
    if found.facts.is_breaking:
        yield Reason("breaking", 0.0, "speaks of breaking changes")


def _beside(found: Features, weights: _LINE) -> Iterator[Reason]:
    if found.chrome_words:
        where = ", ".join(found.chrome_places[:3])
        text = f"{_some(found.chrome_words, 'word', 'differ')} around the content ({where})"
        yield _reason("chrome_words", weights["chrome_words"], text)
    if found.outside_words:
        text = f"{_some(found.outside_words, 'word', 'differ')} beside the main content"
        yield _reason("outside_words", weights["outside_words"], text)
    if found.title:
        old, new = found.title
        yield Reason("title", 0.0, f"the title changed: {quoted(old)} → {quoted(new)}")
    if found.unrest.changes:
        text = f"the text differed at {_of_visits(found.unrest)}"
        yield _reason("restless", weights["restless"], text)
    if found.moved_lines:
        lines = "line" if found.moved_lines == 1 else "lines"
        yield Reason("moved", 0.0, f"{found.moved_lines:,} {lines} only moved")


def _of_visits(unrest: Unrest) -> str:
    if unrest.visits == 1:
        return "the last visit"
    if unrest.changes == unrest.visits:
        return f"each of the last {unrest.visits:,} visits"
    return f"{unrest.changes:,} of the last {unrest.visits:,} visits"


def _ignored(found: Features) -> Iterator[Reason]:
    if found.masked_blocks:
        differ = _some(found.masked_blocks, "block", "differ")
        yield Reason("masked", 0.0, f"{differ} only by counters, ages, tokens or formatting")
    if found.moving:
        count = len(found.moving)
        move = f"{count} lines move by themselves" if count > 1 else "1 line moves by itself"
        yield Reason("moving", 0.0, f"{move} on this page: {quoted(found.moving[0])}")
    if found.flickering:
        count = len(found.flickering)
        come = f"{count} lines come and go" if count > 1 else "1 line comes and goes"
        yield Reason("volatile", 0.0, f"{come} on this page: {quoted(found.flickering[0])}")


def _reason(signal: str, weight: float, text: str) -> Reason:
    return Reason(signal, round(weight, 2), text)


def _some(number: int, noun: str, verb: str) -> str:
    """Noun and verb agree with the number."""
    return f"1 {noun} {verb}s" if number == 1 else f"{number:,} {noun}s {verb}"
