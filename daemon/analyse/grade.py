"""Grades a difference: how much it matters, and of which kind it is."""

from __future__ import annotations

from daemon.analyse import genre, places
from daemon.analyse.evidence import figures
from daemon.analyse.features import Features
from daemon.model.change import ChangeType

MINOR_WORDS = 6
MODERATE_WORDS = 150
MODERATE_SHARE = 0.10
_NUMBERS_ONLY_WORDS = 30
_RESTLESS = 0.5  # of the earlier visits
_EVEN = 0.5
_PASSING = frozenset({places.NOTICE, places.ADVERT, places.HIDDEN})
_SIGNIFICANT = frozenset({ChangeType.MODERATE, ChangeType.MAJOR, ChangeType.CRITICAL})
_SECURITY_TYPES = frozenset({"security", "changelog", "releases", "release", "advisory"})


def level(found: Features, site_type: str | None) -> ChangeType | None:
    """The grade: facts first, then how much of the main content differs; None is noise."""
    if _is_security(found, site_type):
        return ChangeType.CRITICAL
    if found.facts.prices or found.facts.stock or _is_advisory(found):
        return ChangeType.MAJOR
    if (found.facts.is_breaking or _warns(found)) and found.genre != genre.LEGAL:
        return ChangeType.MAJOR
    if any(map(figures.is_grave, found.weighty)):
        return ChangeType.MAJOR
    size = _by_size(found)
    if size in (None, ChangeType.MINOR) and _is_news(found):
        return ChangeType.MODERATE
    return size


def _warns(found: Features) -> bool:
    """Whether the main content newly warns people of a danger."""
    return bool(found.facts.warning) and found.main_words > MINOR_WORDS


def moved(
    grade: ChangeType | None, found: Features, leaning: float, likely: float
) -> ChangeType | None:
    """The grade after the owner's leaning: at most one step between minor and moderate.

    Shape: prices, stock and security are never moved, nor is anything major.
    """
    if found.has_facts:
        return grade
    if leaning < 0 and grade is ChangeType.MODERATE and likely < _EVEN:
        return ChangeType.MINOR
    if leaning > 0 and grade is ChangeType.MINOR and likely >= _EVEN:
        return ChangeType.MODERATE
    return grade


def _is_security(found: Features, site_type: str | None) -> bool:
    if _is_advisory(found) and found.advisories.is_grave:
        return True
    if not found.facts.security or found.genre == genre.LEGAL:
        return False
    return found.facts.is_release or site_type in _SECURITY_TYPES


def _is_advisory(found: Features) -> bool:
    """Whether a fault of security was made known, be it without a release."""
    return bool(found.advisories.names) and found.genre != genre.LEGAL


def _is_news(found: Features) -> bool:
    """Whether a small difference is news."""
    return found.facts.has_price or found.tells_more or _is_told_release(found)


def _by_size(found: Features) -> ChangeType | None:
    if found.main_words == 0:
        return _beside(found)
    if found.main_words <= MINOR_WORDS or _is_slight(found):
        return ChangeType.MINOR
    if found.main_words <= MODERATE_WORDS and found.share <= MODERATE_SHARE:
        return ChangeType.MODERATE
    # One more item is as much news on a short list as on a long one.
    is_item = found.is_one_more and found.genre != genre.LEGAL
    if (is_item or _is_release(found)) and found.main_words <= MODERATE_WORDS:
        return ChangeType.MODERATE
    return ChangeType.MAJOR


def _is_slight(found: Features) -> bool:
    numbers = found.only_numbers and found.main_words <= _NUMBERS_ONLY_WORDS
    return numbers or (found.is_rewording and found.main_words <= MODERATE_WORDS)


def _is_release(found: Features) -> bool:
    return found.facts.is_release and found.genre != genre.LEGAL


def _is_told_release(found: Features) -> bool:
    """Whether it is a release: a lone number counts only under a key that says version."""
    return _is_release(found) and (found.main_words > 2 or found.facts.is_stated)


def _beside(found: Features) -> ChangeType | None:
    """The grade of differences outside the main content's words: dates, order, surroundings."""
    if not found.is_only_around:
        touched = found.dated or found.outside_words or found.title or found.main_blocks
        return ChangeType.MINOR if touched or found.moved_lines else None
    # New words in a menu or a footer are recorded, unless the page changes at most visits.
    is_kept = found.unrest.share < _RESTLESS and not _PASSING.issuperset(found.chrome_places)
    return ChangeType.MINOR if is_kept else None


def at_least(grade: ChangeType | None, least: ChangeType) -> ChangeType:
    """The grade, or the least one that is right here."""
    order = list(ChangeType)
    return least if grade is None or order.index(grade) < order.index(least) else grade


def is_significant(grade: ChangeType | None) -> bool:
    """Whether a grade is worth a notification."""
    return grade in _SIGNIFICANT


def category(
    found: Features, grade: ChangeType | None, site_type: str | None, *, has_turned: bool = False
) -> str:
    """The kind of change, one word."""
    if grade is None:
        return "noise"
    named = _by_facts(found, site_type) or ("presence" if has_turned else None)
    if named is not None:
        return named
    if found.main_words == 0:
        if found.dated:
            return "date"
        return "structure"
    if found.only_numbers or (found.weighty and found.main_words <= MINOR_WORDS):
        return "numbers"
    if not is_significant(grade):
        return "wording"
    return "legal" if found.genre == genre.LEGAL else "content"


def _by_facts(found: Features, site_type: str | None) -> str | None:
    if found.facts.has_price:
        return "price"
    if found.facts.stock:
        return "availability"
    if _is_security(found, site_type) or _is_advisory(found):
        return "security"
    return "release" if _is_told_release(found) else None
