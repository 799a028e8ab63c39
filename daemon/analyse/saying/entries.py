"""Says which entries of a feed are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from daemon.analyse.delta import Delta
from daemon.analyse.saying.quotes import fitted, quoted
from daemon.analyse.thoughts.plain import quotable
from daemon.lexicon.prose.decoration import is_address
from daemon.phrasebook import Phrase
from daemon.wording import listed

_HEADLINE_CHARS = 90
_TEXT_CHARS = 190
_ALL_CHARS = 220
_MOST = 5

Entry = Sequence[str]  # its lines, the headline first


def said_entries(entries: Sequence[Entry]) -> Iterator[str]:
    """One sentence on all of them: a single one with how it begins, several by their headlines."""
    headlines = [quoted(quotable(entry[0]) or entry[0], _HEADLINE_CHARS) for entry in entries]
    if len(entries) == 1:
        lines = [line for line in entries[0][1:] if not is_address(line)]
        text = fitted(quotable(" ".join(lines)), _TEXT_CHARS)
        phrase = Phrase.NEW_ENTRY_SAYING if text else Phrase.NEW_ENTRY
        yield phrase.sentence(heading=headlines[0], quotes=quoted(text, len(text)))
    elif entries:
        yield Phrase.NEW_ENTRIES.sentence(headings=listed(headlines, _shown(headlines)))


def _shown(headlines: Sequence[str]) -> int:
    """How many headlines there is room for; one at least."""
    room, shown = _ALL_CHARS, 0
    for headline in headlines[:_MOST]:
        room -= len(headline) + len(", ")
        if room < 0 and shown:
            break
        shown += 1
    return shown


def without_entries(difference: Delta, entries: Sequence[Entry]) -> Delta:
    """The difference without the lines of new entries."""
    lines = {" ".join(line.split()) for entry in entries for line in entry}
    if not lines:
        return difference
    added = tuple(block for block in difference.added if block.text not in lines)
    return replace(difference, added=added)
