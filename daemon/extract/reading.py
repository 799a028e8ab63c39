"""Turns what a reader found into a Reading: cleaned, filtered by lines, hashed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from daemon.extract.clean import clean_text
from daemon.extract.lines import filter_lines
from daemon.model.errors import ExtractError
from daemon.model.reading import FeedEntry, Reading
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

MAX_TEXT_CHARS = 16_000_000
MAX_TITLE_CHARS = 500


@dataclass(frozen=True, slots=True)
class ReadingDraft:
    """What a reader found, not yet cleaned or filtered."""

    kind: str
    extractor: str  # name and version
    text: str
    title: str = ""
    entries: tuple[FeedEntry, ...] = ()
    flags: tuple[str, ...] = ()
    when_empty: str = "no visible text"


def finish(draft: ReadingDraft, rules: Rules) -> Reading:
    """Clean, filter and hash a draft.

    Errors: ExtractError(empty) when nothing is left to read, (too_large) when a small
            document expands into more text than is worth keeping, (selector) from the rules.
    """
    if len(draft.text) > MAX_TEXT_CHARS:
        raise ExtractError(ErrorClass.TOO_LARGE, f"more than {MAX_TEXT_CHARS} characters of text")
    text, text_flags = clean_text(draft.text)
    if not text or text.isspace():
        raise ExtractError(ErrorClass.EMPTY, draft.when_empty or "nothing but control characters")
    text = filter_lines(text, rules)
    title, title_flags = clean_title(draft.title)
    return Reading(
        kind=draft.kind,
        title=title,
        text=text,
        text_hash=blake2b(text.encode(), digest_size=16).hexdigest(),
        extractor=draft.extractor,
        entries=draft.entries,
        flags=tuple(dict.fromkeys((*draft.flags, *text_flags, *title_flags))),
    )


def clean_title(title: str) -> tuple[str, tuple[str, ...]]:
    """Make one clean line of a title, cut at its longest sensible length."""
    text, flags = clean_text(title[: 4 * MAX_TITLE_CHARS])
    text = " ".join(text.split())
    if len(text) <= MAX_TITLE_CHARS:
        return text, flags
    return text[: MAX_TITLE_CHARS - 1].rstrip() + "…", (*flags, "truncated:title")
