"""How two readings differ, and how much that matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.status import ErrorClass


class ChangeType(StrEnum):
    """How much a change matters, least first."""

    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines removed and added at one place; either may be empty."""

    before_line: int  # 1-based line in the text before
    after_line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


def lines_removed(hunks: Iterable[Hunk]) -> list[str]:
    """The lines that went, in all the hunks."""
    return [line for hunk in hunks for line in hunk.removed]


def lines_added(hunks: Iterable[Hunk]) -> list[str]:
    """The lines that came, in all the hunks."""
    return [line for hunk in hunks for line in hunk.added]


@dataclass(frozen=True, slots=True)
class Change:
    """How two readings differ, after the noise rules."""

    hunks: tuple[Hunk, ...]
    added_lines: int
    removed_lines: int
    moved_lines: int
    added_words: int
    removed_words: int
    similarity: float  # 0 to 1, by lines weighted with their length
    # "too_different": compared as sets of lines; "cut": not all hunks are listed, only counted.
    flags: tuple[str, ...] = ()


# Signals of reasons by which a change is one that its owner asked for.
ASKED_FOR = frozenset({"chosen", "appeared", "gone", "condition", "status"})


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence for a grade: a signal, its weight, and a line for people."""

    signal: str
    weight: float  # towards significance when positive
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a change is and how much it matters.

    Shape: `change_type` None means noise only: nothing is recorded as an update.
           `failure` set means the page looks fine but is a block page, a shell or a stub.
    """

    change_type: ChangeType | None
    is_significant: bool
    confidence_score: float  # 0 to 1: the chance that `is_significant` is right
    category: str
    summary: str
    reasons: tuple[Reason, ...]
    analyser: str  # name and version
    change: Change | None = None
    failure: ErrorClass | None = None
    blind_spot: BlindSpot | None = None
    conditions: tuple[str, ...] = ()  # what began or ceased to hold of what its owner asked for


@dataclass(frozen=True, slots=True)
class Departure:
    """A recorded change by which a site left a state, as later checks look back on it."""

    text_hash: str  # of the state that was left
    left_at: datetime
    is_significant: bool
    signals: tuple[str, ...] = ()  # of its reasons


@dataclass(frozen=True, slots=True)
class Compared:
    """The known state that a new one was compared with, if not the last one."""

    text_hash: str
    seen_at: datetime
    similarity: float  # 0 to 1, by lines without their noise
    similarity_of_last: float


class Mark(StrEnum):
    """What a line or a piece of one is in a difference."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    GAP = "gap"  # unchanged lines left out here


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one line that was kept, removed or added."""

    mark: Mark
    text: str
