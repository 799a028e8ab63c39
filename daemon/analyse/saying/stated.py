"""Says the facts that a change states: prices, stock, numbers of tables, dates, old → new."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.analyse.features import Features
from daemon.analyse.saying.pieces import Piece
from daemon.analyse.saying.quotes import cut
from daemon.analyse.saying.rewording import replaced
from daemon.analyse.thoughts.plain import quotable
from daemon.compare.dates import dates
from daemon.phrasebook import Phrase, counted

_SHOWN_FIGURES = 3
_NAME_CHARS = 60


def facts_of(found: Features) -> Iterator[str]:
    """The price and the availability, before and after."""
    facts = found.facts
    if facts.prices:
        old, new = facts.prices[0]
        more = len(facts.prices) - 1
        phrase = Phrase.PRICES if more else Phrase.PRICE
        yield phrase.sentence(old=old, new=new, count=f"{more:,}")
    if facts.price_gone:
        yield Phrase.PRICE_GONE.sentence(old=facts.price_gone)
    if facts.price_come:
        yield Phrase.PRICE_COME.sentence(new=facts.price_come)
    if facts.stock:
        yield Phrase.AVAILABILITY.sentence(old=facts.stock[0], new=facts.stock[1])


def dates_of(found: Features) -> Iterator[str]:
    """The first date that moved, came or went."""
    for old, new in found.dated[:1]:
        gone, came = dates(old), dates(new)
        fresh = [date for date in came if date not in gone]
        stale = [date for date in gone if date not in came]
        if stale and fresh:
            yield Phrase.DATE.sentence(old=stale[0], new=fresh[0])
        elif fresh:
            yield Phrase.DATE_COME.sentence(new=fresh[0])
        elif stale:
            yield Phrase.DATE_GONE.sentence(old=stale[0])


def cells_of(found: Features) -> Iterator[str]:
    """The numbers of tables that have another value, by row and column; what weighs first."""
    figures = [*dict.fromkeys((*found.weighty, *found.figures))]
    told = [
        replaced(
            figure.old,
            figure.new,
            ", ".join(_short(name) for name in (figure.row, figure.column) if name),
        )
        for figure in figures
        if figure.row or figure.column
    ]
    if not told:
        return
    text = "; ".join(one.removesuffix(".") for one in told[:_SHOWN_FIGURES])
    hidden = len(told) - _SHOWN_FIGURES
    more = f" {counted(hidden, Phrase.ONE_MORE, Phrase.MORE)}" if hidden > 0 else ""
    yield f"{text}{more}."


def _short(name: str) -> str:
    return cut(quotable(name), _NAME_CHARS)


def is_number_of_a_table(piece: Piece) -> bool:
    """Whether nothing differs but numbers in cells."""
    return all(
        one.block.cell and not any(map(str.isalpha, one.text)) for one in (*piece.old, *piece.new)
    )
