"""Which of the pages that an index names are new or gone, and what is told of that."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.change import Change, ChangeType, Finding, Hunk, Reason
from daemon.model.status import ErrorClass
from daemon.wording import listed

_SURE = 0.99
_ANALYSER = "pages/1"
_NAMED = 5
_WORDS = 80  # characters of a page's own words
_LEAST = 4  # fewer pages may go at once without doubt
_KEPT_SHARE = 0.5


def addresses_in(text: str) -> list[str]:
    """The addresses of a list of pages, in its order."""
    return [line.partition(" ")[0] for line in text.split("\n") if line]


def found_pages(before: str, after: str, limit: int, *, is_settled: bool) -> Finding | None:
    """The finding for two lists of pages; None when both name the same.

    Shape: a list that lost most of its pages is a blind spot until it `is_settled`.
    """
    old, new = (
        dict(_parted(line) for line in text.split("\n") if line) for text in (before, after)
    )
    gone = [url for url in old if url not in new]
    came = [url for url in new if url not in old]
    if not gone and not came:
        return None
    if not is_settled and len(old) >= _LEAST and len(new) < len(old) * _KEPT_SHARE:
        return _shrunk(len(old), len(new))
    told = [_told(came, new, "new page"), _told(gone, old, "page", " no longer listed")]
    if (left := len(new) - limit) > 0 and left != len(old) - limit:
        told.append(_left_out(len(new), limit))
    hunk = Hunk(1, 1, _lines(gone, old), _lines(came, new))
    return _finding(" ".join(filter(None, told)), _change(hunk, len(old), len(new)))


def first_pages(pages: int, limit: int) -> Finding | None:
    """The finding for the first list of pages, of which only those over the limit are news."""
    return _finding(_left_out(pages, limit), None) if pages > limit else None


def _parted(line: str) -> tuple[str, str]:
    url, _, words = line.partition(" ")
    return url, words


def _lines(urls: Sequence[str], words: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{url} {words[url]}".rstrip() for url in urls)


def _told(urls: Sequence[str], words: dict[str, str], noun: str, more: str = "") -> str:
    """As in "2 new pages: Install (/install), /news."."""
    if not urls:
        return ""
    shown = [_shown(url, words[url]) for url in urls[:_NAMED]]
    shown += [""] * (len(urls) - len(shown))
    several = "" if len(urls) == 1 else "s"
    return f"{len(urls):,} {noun}{several}{more}: {listed(shown, _NAMED)}."


def _shown(url: str, words: str) -> str:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if not words:
        return path
    return f"{words if len(words) <= _WORDS else f'{words[: _WORDS - 1]}…'} ({path})"


def _left_out(pages: int, limit: int) -> str:
    way_out = "raise discover_limit, or narrow discover_match"
    return (
        f"{pages:,} pages are listed, and {limit:,} of them are watched: {pages - limit:,}"
        f" left out; {way_out}."
    )


def _shrunk(before: int, after: int) -> Finding:
    told = (
        f"{after:,} pages are listed where there were {before:,}: all are still watched, unless it"
        " stays so for two days"
    )
    return Finding(
        change_type=None,
        is_significant=False,
        confidence_score=_SURE,
        category="error",
        summary=told,
        reasons=(Reason("failure", 0.0, told),),
        analyser=_ANALYSER,
        failure=ErrorClass.EMPTY,
        blind_spot=BlindSpot.SHRUNK,
    )


def _change(hunk: Hunk, before: int, after: int) -> Change:
    added, removed = len(hunk.added), len(hunk.removed)
    return Change(
        hunks=(hunk,),
        added_lines=added,
        removed_lines=removed,
        moved_lines=0,
        added_words=added,
        removed_words=removed,
        similarity=round((before - removed) / max(before, after), 4),
    )


def _finding(said: str, change: Change | None) -> Finding:
    return Finding(
        ChangeType.MODERATE,
        is_significant=True,
        confidence_score=_SURE,
        category="pages",
        summary=said,
        reasons=(Reason("pages", 0.0, "its owner asks for the pages that it names"),),
        analyser=_ANALYSER,
        change=change,
    )
