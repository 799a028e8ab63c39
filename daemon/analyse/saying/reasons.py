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
from daemon.phrasebook import Phrase, counted

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
    return (
        Reason("failure", 0.0, Phrase.WHY_WALL.say(wall=wall.name, quote=quoted(wall.evidence))),
    )


def of_choice(is_to_the_letter: bool) -> tuple[Reason, ...]:
    """That the owner chose just this."""
    if not is_to_the_letter:
        return ()
    return (Reason("chosen", 0.0, Phrase.WHY_CHOSEN.say()),)


def of_entries(count: int) -> Iterator[Reason]:
    """That a feed has new entries: each is news, however short."""
    if count:
        text = counted(count, Phrase.WHY_ENTRY, Phrase.WHY_ENTRIES)
        yield Reason("entries", 0.0, text)


def of_removal(change: Change) -> Iterator[Reason]:
    """Why removals are shown although only additions were asked for."""
    if MASS_REMOVAL in change.flags:
        yield Reason("mass_removal", 0.0, Phrase.WHY_MASS_REMOVAL.say())


def of_leaning(ratings: Ratings, sensitivity: float, leaning: float) -> Iterator[Reason]:
    """What the owner's ratings and sensitivity add."""
    if not leaning:
        return
    parts = []
    if ratings.useful != ratings.noise:
        parts.append(Phrase.BY_RATINGS.say(useful=ratings.useful, noise=ratings.noise))
    if sensitivity:
        parts.append(Phrase.BY_SENSITIVITY.say(value=f"{sensitivity:+g}"))
    phrase = Phrase.WHY_RAISED if leaning > 0 else Phrase.WHY_LOWERED
    yield _reason("feedback", leaning, phrase.say(what=Phrase.AND.join(parts)))


def _main(found: Features, weights: _LINE) -> Iterator[Reason]:
    if not found.main_words:
        if found.main_blocks:
            yield Reason("main_words", 0.0, Phrase.WHY_FORM.say())
        return
    differ = counted(found.main_words, Phrase.WHY_MAIN_WORD, Phrase.WHY_MAIN_WORDS)
    # What went and what came count: of a text that is replaced that is more than all of it.
    share = Phrase.OF_IT.say(share=f"{min(found.share, 1):.1%}")
    yield _reason("main_words", weights["size"], f"{differ} {share}")
    if weights["slight"]:
        phrase = Phrase.WHY_NUMBERS if found.only_numbers else Phrase.WHY_REWORDED
        yield _reason("slight", weights["slight"], phrase.say())
    if weights["scattered"]:
        yield _reason("scattered", weights["scattered"], Phrase.WHY_SCATTERED.say())
    if found.main_words <= MINOR_WORDS:
        yield Reason(_SIZE, 0.0, Phrase.WHY_FEW.say(count=MINOR_WORDS))
    for heading in found.new_headings[:2]:
        yield Reason("heading", 0.0, Phrase.WHY_HEADING.say(quote=quoted(heading)))


def _facts(found: Features, weights: _LINE) -> Iterator[Reason]:
    for old, new in found.facts.prices[:2]:
        yield _reason("price", weights["facts"], Phrase.WHY_PRICE.say(old=old, new=new))
    if found.facts.price_gone:
        text = Phrase.WHY_PRICE_GONE.say(old=found.facts.price_gone)
        yield _reason("price", weights["facts"], text)
    if found.facts.price_come:
        text = Phrase.WHY_PRICE_COME.say(new=found.facts.price_come)
        yield _reason("price", weights["facts"], text)
    if found.facts.stock:
        old, new = found.facts.stock
        yield _reason("availability", weights["facts"], Phrase.WHY_STOCK.say(old=old, new=new))
    yield from _news(found, weights)
    for old, new in found.dated[:1]:
        yield Reason("date", 0.0, Phrase.WHY_DATE.say(old=quoted(old), new=quoted(new)))


def _news(found: Features, weights: _LINE) -> Iterator[Reason]:
    for name in found.facts.security[:2]:
        yield _reason("security", weights["facts"], Phrase.WHY_SECURITY.say(quote=quoted(name)))
    for name in found.advisories.names[:2]:
        yield _reason("security", weights["facts"], Phrase.WHY_ADVISORY.say(quote=quoted(name)))
    for figure in found.weighty[:2]:
        phrase = Phrase.WHY_FIGURE_NAMED if figure.name else Phrase.WHY_FIGURE
        text = phrase.say(name=quoted(figure.name), old=figure.old, new=figure.new)
        yield Reason("figure", 0.0, text)
    if found.clause:
        yield Reason("clause", 0.0, Phrase.WHY_CLAUSE.say(quote=quoted(found.clause)))
    if found.item:
        yield Reason("item", 0.0, Phrase.WHY_ITEM.say(quote=quoted(found.item)))
    if found.facts.is_release:
        versions = ", ".join(found.facts.versions[:3])
        yield _reason("release", weights["release"], Phrase.WHY_RELEASE.say(versions=versions))
    if found.facts.state:
        old, new = found.facts.state
        yield Reason("state", 0.0, Phrase.WHY_STATE.say(old=old, new=new))
    if found.facts.warning:
        yield Reason("warning", 0.0, Phrase.WHY_WARNING.say(quote=quoted(found.facts.warning)))
    if found.facts.is_breaking:
        yield Reason("breaking", 0.0, Phrase.WHY_BREAKING.say())


def _beside(found: Features, weights: _LINE) -> Iterator[Reason]:
    if found.chrome_words:
        where = ", ".join(found.chrome_places[:3])
        differ = counted(found.chrome_words, Phrase.WORD_DIFFERS, Phrase.WORDS_DIFFER)
        text = Phrase.WHY_AROUND.say(differ=differ, places=where)
        yield _reason("chrome_words", weights["chrome_words"], text)
    if found.outside_words:
        differ = counted(found.outside_words, Phrase.WORD_DIFFERS, Phrase.WORDS_DIFFER)
        yield _reason(
            "outside_words", weights["outside_words"], Phrase.WHY_BESIDE.say(differ=differ)
        )
    if found.title:
        old, new = found.title
        yield Reason("title", 0.0, Phrase.WHY_TITLE.say(old=quoted(old), new=quoted(new)))
    if found.unrest.changes:
        yield _reason("restless", weights["restless"], _of_visits(found.unrest))
    if found.moved_lines:
        text = counted(found.moved_lines, Phrase.WHY_LINE_MOVED, Phrase.WHY_LINES_MOVED)
        yield Reason("moved", 0.0, text)


def _of_visits(unrest: Unrest) -> str:
    if unrest.visits == 1:
        return Phrase.WHY_RESTLESS_LAST.say()
    if unrest.changes == unrest.visits:
        return Phrase.WHY_RESTLESS_EACH.say(visits=f"{unrest.visits:,}")
    return Phrase.WHY_RESTLESS.say(changes=f"{unrest.changes:,}", visits=f"{unrest.visits:,}")


def _ignored(found: Features) -> Iterator[Reason]:
    if found.masked_blocks:
        differ = counted(found.masked_blocks, Phrase.BLOCK_DIFFERS, Phrase.BLOCKS_DIFFER)
        yield Reason("masked", 0.0, Phrase.WHY_MASKED.say(differ=differ))
    if found.moving:
        move = counted(len(found.moving), Phrase.LINE_MOVES, Phrase.LINES_MOVE)
        text = Phrase.WHY_ON_THIS_PAGE.say(what=move, quote=quoted(found.moving[0]))
        yield Reason("moving", 0.0, text)
    if found.flickering:
        come = counted(len(found.flickering), Phrase.LINE_COMES, Phrase.LINES_COME)
        text = Phrase.WHY_ON_THIS_PAGE.say(what=come, quote=quoted(found.flickering[0]))
        yield Reason("volatile", 0.0, text)


def _reason(signal: str, weight: float, text: str) -> Reason:
    return Reason(signal, round(weight, 2), text)
