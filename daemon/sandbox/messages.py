"""Messages to and from document workers: typed, compact, and harmless to decode."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, fields
from typing import Any

from daemon.conditions.values import Observed
from daemon.extract.explain.values import Explained
from daemon.extract.proposing.values import Part
from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.change import Compared, Departure, Finding
from daemon.model.product import OfferHint
from daemon.model.reading import Lost, StoredState
from daemon.model.response import Document
from daemon.model.site import NO_RATINGS, Ratings, Rules
from daemon.model.status import ErrorClass
from daemon.model.volatile_lines import VolatileLine
from daemon.money.offer import Offer
from daemon.packing import Packed

HEADER = struct.Struct("!BI")  # of each message: its type, and how many bytes follow
READ, JUDGE, FILL, EXPLAIN, SHOW, PATCH, NAME, POINT = 1, 2, 3, 4, 5, 6, 7, 8  # types of jobs
DONE, REFUSED, BROKEN = 0, 1, 2  # types of answers
EVALUATING = 3  # type of what comes before an answer: a rule that may run without end, or its end
LAST = 0x80  # added to the last answer of a worker that exits


def _has(rules: Rules | OfferHint, rule: str) -> bool:
    values = (getattr(rules, field.name) for field in fields(rules))
    each = (one for value in values for one in (value if isinstance(value, tuple) else (value,)))
    # A condition has `query:` before a rule, and its rule may be spaced otherwise.
    wanted = "".join(rule.split())
    return any(isinstance(one, str) and "".join(one.split()).endswith(wanted) for one in each)


@dataclass(frozen=True, slots=True)
class Want:
    """One owner's rules, and the text that they gave last time."""

    rules: Rules
    known_text_hash: str | None = None

    def has(self, rule: str) -> bool:
        """Whether this is one of the rules."""
        return _has(self.rules, rule)


@dataclass(frozen=True, slots=True)
class OfferWant:
    """What is known about a product before its page is read, and its last offer."""

    hint: OfferHint
    known_hash: str | None = None

    def has(self, rule: str) -> bool:
        """Whether this is one of the rules."""
        return _has(self.hint, rule)


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Read one document for all who subscribe to it."""

    document: Document
    body_hash: str
    wants: tuple[Want, ...]
    offers: tuple[OfferWant, ...] = ()
    screenshot: bytes = b""  # how the page looked


@dataclass(frozen=True, slots=True)
class ReadOne:
    """One owner's reading, or why there is none; `text` is omitted when unchanged."""

    error_class: ErrorClass | None = None
    error_detail: str = ""
    kind: str = ""
    title: str = ""
    text_hash: str = ""
    extractor: str = ""
    flags: tuple[str, ...] = ()
    text: Packed | None = None
    blind_spot: BlindSpot | None = None
    observed: tuple[Observed, ...] = ()  # of the conditions of these rules


@dataclass(frozen=True, slots=True)
class ReadOffer:
    """The offer of one product, or why it cannot be read."""

    error_class: ErrorClass | None = None
    error_detail: str = ""
    offer: Offer = field(default_factory=Offer)
    offer_hash: str = ""


@dataclass(frozen=True, slots=True)
class ReadDone:
    """All readings in the order of the wants; the source when any text or offer is new.

    Shape: `picture` is how the page looked then, as PNG.
    """

    readings: tuple[ReadOne, ...]
    source: Packed | None
    offers: tuple[ReadOffer, ...] = ()
    picture: Packed | None = None


@dataclass(frozen=True, slots=True)
class JudgeJob:
    """Compare a site's new state with the one before, in the light of earlier ones.

    Shape: `reread` when the state before was read by other rules or another extractor: it is then
           read again from its source, so that only the page's own change counts.
           `history` holds the other known states, oldest first, and `departures` the changes by
           which the site left its states: whether going back to one is news. `again` is what
           another fetch found, right after the state after; `may_ask` when one is possible to
           learn lines, `may_confirm` to see that going back lasts. In a replay all states are
           read again by these rules, as far as their sources are kept.
    """

    before: StoredState
    after: StoredState
    history: tuple[StoredState, ...]
    rules: Rules
    site_type: str | None
    reread: bool = False
    departures: tuple[Departure, ...] = ()
    ratings: Ratings = NO_RATINGS
    is_settled: bool = False
    volatile: tuple[VolatileLine, ...] = ()
    may_ask: bool = False
    may_confirm: bool = False
    again: StoredState | None = None
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class ExplainJob:
    """Explain how an owner's rules read a document."""

    document: Document
    rules: Rules


@dataclass(frozen=True, slots=True)
class ExplainDone:
    """How a document is read, and what it says of the owner's conditions."""

    explained: Explained
    observed: tuple[Observed, ...] = ()


@dataclass(frozen=True, slots=True)
class NameJob:
    """Find the pages and sitemaps that a document names."""

    document: Document
    rules: Rules


@dataclass(frozen=True, slots=True)
class PointJob:
    """Find what of a page somebody may point at: the numbered parts, else those with a text."""

    document: Document
    numbers: tuple[int, ...] = ()
    screenshot: bytes = b""


@dataclass(frozen=True, slots=True)
class PointDone:
    """The parts of a page, and its picture as PNG with its size, where there is one.

    Shape: `left_out` says how many more parts there are.
    """

    parts: tuple[Part, ...]
    left_out: int = 0
    picture: bytes = b""
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class FillJob:
    """Fill an owner's template with the facts of a notice."""

    template: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FillDone:
    """The filled template."""

    text: str


@dataclass(frozen=True, slots=True)
class ShowJob:
    """Lay out the difference of two stored texts.

    Shape: or of the difference that was `recorded`, where they are no longer kept.
    """

    before: Packed
    after: Packed
    form: str
    context: int
    recorded: str = ""


@dataclass(frozen=True, slots=True)
class PatchJob:
    """Write the difference of two stored texts as a patch of files with these names."""

    before: Packed
    after: Packed
    names: tuple[str, str]


@dataclass(frozen=True, slots=True)
class JudgeDone:
    """The finding, the change as a unified diff (bounded), and what was compared with.

    Shape: `lost` names unreadable states; without the previous state nothing was compared.
    """

    finding: Finding
    diff: str
    before_text_hash: str
    compared_with: Compared | None = None
    lost: tuple[Lost, ...] = ()
    is_compared: bool = True
    is_doubtful: bool = False  # another fetch would tell news from what changes at every visit
    learned: tuple[VolatileLine, ...] = ()
    is_unsettled: bool = False  # the page alternates from request to request
