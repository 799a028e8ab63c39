"""What a person would read on a page, and how such states are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from daemon.model.response import Document
from daemon.packing import content_hash

HISTORY_LOST = "history_lost"  # flag of a new baseline, as the last state is unreadable
MISSING = "missing:"  # flag of a reading, before the name of a part that is not on the page
NO_ENTRIES = "no_entries"  # flag of a reading of a feed in which nothing stands yet
STATUS_KIND = "status"  # of a state that is a status, where that is watched
PAGES_KIND = "pages"  # of a state that is a list of pages, where these are discovered
NOTHING_CHOSEN = content_hash(b"")  # text hash of a reading in which the rules choose nothing
# Keys whose values name an object of JSON, the surest first.
NAMING_KEYS = ("id", "key", "slug", "uuid", "name", "title", "url", "path", "version", "tag")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item of a feed, known by its identity."""

    id: str
    title: str
    link: str = ""
    published_at: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    r"""What a person would read on the page, by one owner's rules.

    Shape: `text` is clean Unicode (no NUL, no surrogates, NFC), lines ended by "\n". It is empty
           while the owner's rules choose nothing on the page.
    """

    kind: str  # html, feed, json, text, pdf, file, picture
    title: str
    text: str
    text_hash: str  # blake2b-128 of `text`, hexadecimal
    extractor: str  # name and version; a different extractor makes a new baseline
    entries: tuple[FeedEntry, ...] = ()
    # What was cut, cleaned or not there: "truncated:…", "cleaned:nul", "missing:include[1]".
    flags: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether the page is there, and nothing on it is chosen."""
        return not self.text


def missing_parts(flags: Iterable[str]) -> list[str]:
    """The chosen parts that these flags of a reading call missing: "include[1]"."""
    return [flag.removeprefix(MISSING) for flag in flags if flag.startswith(MISSING)]


@dataclass(frozen=True, slots=True)
class State:
    """A reading with the bytes it came from, as one point of a history."""

    reading: Reading
    document: Document | None  # None once retention has dropped the source
    seen_at: datetime
    visits: int = 1  # in a row, since it was last entered


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it is stored: a reading's text and its source, still compressed.

    Shape: missing bytes are empty.
    """

    kind: str
    title: str
    text_hash: str
    extractor: str
    flags: tuple[str, ...]
    text: bytes
    source: bytes | None
    content_type: str
    charset: str | None
    url: str
    seen_at: datetime  # when it was last entered
    visits: int = 1  # in a row since then, as far as they are recorded
    source_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """An unreadable part of a stored state: its text, and so the state, or only its source."""

    text_hash: str
    what: str  # text or source
    reason: str
    seen_at: datetime | None = None
