"""Summarises a difference in one to three sentences taken from the change itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from daemon.analyse import places, words
from daemon.analyse.blocks import Block
from daemon.analyse.features import Features
from daemon.analyse.walls import Wall
from daemon.compare import TOO_DIFFERENT
from daemon.compare.dates import dates
from daemon.compare.segments import word_segments
from daemon.model.change import Change, ChangeType, Mark, Segment

_PLACE_NAMES = {
    places.HEADER: "page header",
    places.ASIDE: "sidebar",
    places.NOTICE: "banners and dialogs",
    places.ADVERT: "advertising",
    places.RELATED: "related items",
    places.HIDDEN: "hidden parts",
}
_QUOTE_CHARS = 180
_MAX_PAIRED = 60
_ALIKE = 0.5
_HARDLY_ALIKE = 0.25
_MAX_WORD_PAIRS = 20_000_000
_SENTENCES = 3
_WORDS_BESIDE_FACTS = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """One place that differs: the old text and the new."""

    removed: str
    added: str

    @property
    def size(self) -> int:
        return len(self.removed) + len(self.added)

    @property
    def words(self) -> int:
        return max(len(self.removed.split()), len(self.added.split()))


def summary_of(
    found: Features,
    removed: Sequence[Block],
    added: Sequence[Block],
    level: ChangeType | None,
    headlines: Sequence[str] = (),
) -> str:
    """What changed, in the page's own words: old → new for prices, stock and dates.

    Shape: `headlines`, of new entries, come before all else that was added.
    """
    if level is None:
        return _of_noise(found)
    sentences = list(_facts(found))
    least_words = _WORDS_BESIDE_FACTS if sentences else 0
    pieces = _telling(_pieces(removed, added), least_words, headlines)
    room = _SENTENCES - len(sentences) - bool(found.dated)
    shown = pieces[: max(room, 0 if sentences else 1)]
    sentences.extend(_sentence(piece) for piece in shown)
    if len(pieces) > len(shown) and sentences:
        sentences[-1] = f"{sentences[-1][:-1]} (and {_places(len(pieces) - len(shown))} more)."
    sentences.extend(_dates(found))
    return " ".join(sentences[:_SENTENCES]) or _of_rest(found)


def of_value(found: Features, removed: Sequence[Block], added: Sequence[Block]) -> str:
    """A chosen value before and after, whole."""
    if found.facts.prices:
        return " ".join(_facts(found))
    old, new = (" ".join(block.text for block in some) for some in (removed, added))
    return f"{quoted(old)} → {quoted(new)}." if old and new else _sentence(Piece(old, new))


def is_rewritten(change: Change) -> bool:
    """Whether too much differs to say it line by line."""
    return TOO_DIFFERENT in change.flags and change.similarity < _HARDLY_ALIKE


def of_rewriting(found: Features, change: Change) -> str:
    """How much of a mostly rewritten page differs."""
    lines = f"{change.removed_lines:,} lines went and {change.added_lines:,} came"
    told = f"Nearly everything changed: {lines}, too many to compare one by one."
    return " ".join([told, *_facts(found)][:_SENTENCES])


def around(found: Features, removed: Sequence[Block], added: Sequence[Block]) -> str:
    """What changed in the page's surroundings, and in which of them."""
    pieces = _telling(_pieces(removed, added))
    if not pieces:
        return _of_noise(found)
    more = f" (and {_places(len(pieces) - 1)} more)" if len(pieces) > 1 else ""
    told = _sentence(pieces[0])
    return f"Around the content, {_names(found.chrome_places)}: {told[:-1]}{more}."


def _telling(
    pieces: Iterable[Piece], least_words: int = 0, headlines: Sequence[str] = ()
) -> list[Piece]:
    """Each piece once, headlines first, then the longest, without fragments of a stated fact."""
    ranks = {" ".join(headline.split()): rank for rank, headline in enumerate(headlines)}
    found = (
        piece
        for piece in dict.fromkeys(pieces)
        if piece.words >= least_words or piece.added in ranks
    )
    return sorted(found, key=lambda piece: (ranks.get(piece.added, len(ranks)), -piece.size))


def of_wall(wall: Wall) -> str:
    """What was served in place of the page."""
    return f"Instead of the page stands {wall.name} ({quoted(wall.evidence)})."


def quoted(text: str) -> str:
    """A text in quotation marks, cut at a word when it is long."""
    text = " ".join(text.split())
    if len(text) > _QUOTE_CHARS:
        text = text[:_QUOTE_CHARS].rsplit(" ", 1)[0].rstrip(".,;:") + " …"
    return f"“{text}”"


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


def _facts(found: Features) -> Iterator[str]:
    if found.facts.prices:
        old, new = found.facts.prices[0]
        more = len(found.facts.prices) - 1
        yield f"Price: {old} → {new}{f' (and {more} more)' if more else ''}."
    if found.facts.price_gone:
        yield f"Price gone: {found.facts.price_gone}."
    if found.facts.price_come:
        yield f"New price: {found.facts.price_come}."
    if found.facts.stock:
        yield f"Availability: {found.facts.stock[0]} → {found.facts.stock[1]}."


def _dates(found: Features) -> Iterator[str]:
    for old, new in found.dated[:1]:
        gone, came = dates(old), dates(new)
        fresh = [date for date in came if date not in gone]
        stale = [date for date in gone if date not in came]
        if stale and fresh:
            yield f"Date: {stale[0]} → {fresh[0]}."
        elif fresh:
            yield f"New date: {fresh[0]}."
        elif stale:
            yield f"Date gone: {stale[0]}."


def _sentence(piece: Piece) -> str:
    if not piece.removed:
        return f"Added: {quoted(piece.added)}."
    if not piece.added:
        return f"Removed: {quoted(piece.removed)}."
    return f"Replaced {quoted(piece.removed)} with {quoted(piece.added)}."


def _of_noise(found: Features) -> str:
    if found.chrome_places:
        return f"Only what surrounds the content differs: {_names(found.chrome_places)}."
    return "Nothing but counters, ages, tokens or formatting differs."


def _names(where: Sequence[str]) -> str:
    return ", ".join(_PLACE_NAMES.get(place, place) for place in where)


def _of_rest(found: Features) -> str:
    if found.title:
        return f"Title: {quoted(found.title[0])} → {quoted(found.title[1])}."
    if found.moved_lines:
        return f"{_places(found.moved_lines)} moved; no word differs."
    return "Only spelling, spacing or formatting differs."


def _pieces(removed: Sequence[Block], added: Sequence[Block]) -> Iterator[Piece]:
    """Similar blocks form one piece of what differs in them; the others stand alone."""
    partners = _partners(removed[:_MAX_PAIRED], added[:_MAX_PAIRED])
    paired = {id(block) for block in partners.values()}
    for place, block in enumerate(added):
        partner = partners.get(place)
        if partner is None:
            yield Piece("", block.text)
        else:
            yield _inner(partner.text, block.text)
    for block in removed:
        if id(block) not in paired:
            yield Piece(block.text, "")


def _partners(removed: Sequence[Block], added: Sequence[Block]) -> dict[int, Block]:
    waiting = [(block, words.undated(block.text)) for block in removed]
    partners: dict[int, Block] = {}
    room = _MAX_WORD_PAIRS
    for place, block in enumerate(added):
        mine = words.undated(block.text)
        room -= len(mine) * sum(len(other) for _, other in waiting)
        if room < 0:
            break
        scored = [
            (Indel.normalized_similarity(mine, other, score_cutoff=_ALIKE), at)
            for at, (_, other) in enumerate(waiting)
        ]
        best = max(scored, default=(0.0, 0))
        if best[0] >= _ALIKE:
            partners[place] = waiting.pop(best[1])[0]
    return partners


def _inner(old: str, new: str) -> Piece:
    """The text from the first difference to the last, if short; else the longest one."""
    left, right = word_segments(old, new)
    gone = [segment.text for segment in left if segment.mark is Mark.REMOVED]
    came = [segment.text for segment in right if segment.mark is Mark.ADDED]
    span = Piece(_span(old, left), _span(new, right))
    if len(gone) + len(came) <= 2 or span.size <= 2 * _QUOTE_CHARS:
        return span
    return Piece(max(gone, key=len, default="").strip(), max(came, key=len, default="").strip())


def _span(line: str, segments: Sequence[Segment]) -> str:
    start, end = len(line), 0
    place = 0
    for segment in segments:
        length = len(segment.text)
        if segment.mark is not Mark.SAME:
            start, end = min(start, place), max(end, place + length)
        place += length
    return line[start:end].strip() if start < end else ""
