"""Says that what the owner chose has come to the page, or is no longer on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.analyse import view, walls
from daemon.analyse.saying.quotes import quoted
from daemon.analyse.walls import Wall
from daemon.lexicon.api_errors import error_in
from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.change import Reason
from daemon.model.reading import Reading, State, missing_parts
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.phrasebook import Phrase
from daemon.wording import listed

_SHOWN_RULES = 3
_ERROR_BYTES = 20_000  # longer documents have more to say than an error


@dataclass(frozen=True, slots=True)
class Turn:
    """The coming or going of what was chosen: one sentence, and the evidence."""

    summary: str
    reason: Reason


def has_turned(before: Reading, after: Reading) -> bool:
    """Whether something was chosen in one of two readings of a page, and nothing in the other."""
    return before.is_nothing != after.is_nothing


def turn_of(before: State, after: State, rules: Rules) -> Turn:
    """The coming or going between two states, of which one has nothing that is chosen."""
    seen_at = f"{before.seen_at:%Y-%m-%d %H:%M} UTC"
    if after.reading.is_nothing:
        where = _rules(before.reading, rules)
        told = Phrase.NO_LONGER_THERE.sentence(quote=quoted(before.reading.text), rules=where)
        return Turn(told, Reason("gone", 0.0, Phrase.WHY_GONE.say(rules=where)))
    where = _rules(after.reading, rules)
    told = Phrase.NOW_THERE.sentence(quote=quoted(after.reading.text), rules=where)
    return Turn(told, Reason("appeared", 0.0, Phrase.WHY_APPEARED.say(since=seen_at, rules=where)))


def _rules(reading: Reading, rules: Rules) -> str:
    """The rules that choose something in a reading."""
    missing = missing_parts(reading.flags)
    parts = [part for part in rules.choices if part not in missing]
    return named(parts or rules.choices, rules)


def named(parts: Sequence[str], rules: Rules) -> str:
    """Rules by their places, with what their owner wrote there."""
    return listed([rules.worded(part) for part in parts], _SHOWN_RULES)


def shell(state: State, page: walls.View) -> Wall | None:
    """A page without any words, on which nothing is chosen for that reason."""
    if page.words or not state.reading.is_nothing:
        return None
    return Wall(ErrorClass.EMPTY, BlindSpot.SHELL, "no word of content", is_named=False)


def error_instead(state: State) -> Wall | None:
    """The error that an API answers, in which nothing is chosen for that reason."""
    document = state.document
    if state.reading.kind != "json" or not state.reading.is_nothing or document is None:
        return None
    if len(document.body) > _ERROR_BYTES:
        return None
    from daemon.extract.jsondoc import load_document

    evidence = error_in(load_document(document)[0])
    return Wall(ErrorClass.HTTP_5XX, BlindSpot.ERROR_PAGE, evidence) if evidence else None


def wall_instead(before: State, after: State) -> Wall | None:
    """What was served in place of the page, when nothing on it is chosen any more."""
    if (error := error_instead(after)) is not None:
        return error
    is_judged = after.reading.is_nothing and after.reading.kind == "html"
    if not is_judged or before.document is None or after.document is None:
        return None
    old, new = (walls.view(view.view_of(state, Rules())) for state in (before, after))
    return walls.find(old, new)
