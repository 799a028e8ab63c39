"""Turns what a reader found into a Reading: cleaned, filtered by lines, hashed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

from daemon.extract.chain.patterns import reaches_over_lines
from daemon.extract.chain.steps import apply_steps, left_of
from daemon.extract.clean import clean_text
from daemon.model.errors import ExtractError
from daemon.model.reading import FeedEntry, Reading
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

MAX_TEXT_CHARS = 16_000_000
MAX_TITLE_CHARS = 500
# Once, patterns that reach over lines were applied to each line: such states are read again.
_OVER = "+over/1"


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
    is_chosen: bool = False  # parts of a document that is not empty itself


def finish(draft: ReadingDraft, rules: Rules) -> Reading:
    """Clean, filter and hash a draft.

    Shape:  a reading in which nothing is chosen has neither text nor entries.
    Errors: ExtractError(empty) when there is nothing to read, (too_large) when a small
            document expands into more text than is worth keeping, (selector) from the rules.
    """
    if len(draft.text) > MAX_TEXT_CHARS:
        raise ExtractError(ErrorClass.TOO_LARGE, f"more than {MAX_TEXT_CHARS} characters of text")
    text, text_flags = clean_text(draft.text)
    text, more = _stepped(text, draft, rules)
    title, title_flags = clean_title(draft.title)
    # Lines that were extracted have neither the layout of JSON nor the entries of a feed.
    is_extracted = bool(rules.extract)
    return Reading(
        kind="text" if is_extracted and draft.kind in ("json", "feed") else draft.kind,
        title=title,
        text=text,
        text_hash=blake2b(text.encode(), digest_size=16).hexdigest(),
        extractor=draft.extractor + (_OVER if _reaches_over(rules) else ""),
        entries=() if is_extracted or not text else _followed(draft.entries, rules),
        flags=tuple(dict.fromkeys((*draft.flags, *text_flags, *title_flags, *more))),
    )


def _reaches_over(rules: Rules) -> bool:
    return any(map(reaches_over_lines, (*rules.keep_lines, *rules.drop_lines)))


def _stepped(text: str, draft: ReadingDraft, rules: Rules) -> tuple[str, tuple[str, ...]]:
    """What the steps leave of a text, and their flags; nothing when nothing is chosen before."""
    if text and not text.isspace():
        return apply_steps(text, rules)
    if not draft.is_chosen:
        raise ExtractError(ErrorClass.EMPTY, draft.when_empty or "nothing but control characters")
    return "", ()


def _followed(entries: tuple[FeedEntry, ...], rules: Rules) -> tuple[FeedEntry, ...]:
    """What the rules for text leave of each entry, without those of which they leave nothing."""
    if not (rules.replace or rules.keep_lines or rules.drop_lines):
        return entries
    left = (
        replace(one, title=left_of(one.title, rules), text=left_of(one.text, rules))
        for one in entries
    )
    return tuple(one for one in left if one.title or one.text)


def clean_title(title: str) -> tuple[str, tuple[str, ...]]:
    """Make one clean line of a title, cut at its longest sensible length."""
    text, flags = clean_text(title[: 4 * MAX_TITLE_CHARS])
    text = " ".join(text.split())
    if len(text) <= MAX_TITLE_CHARS:
        return text, flags
    return text[: MAX_TITLE_CHARS - 1].rstrip() + "…", (*flags, "truncated:title")
