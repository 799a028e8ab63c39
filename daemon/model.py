"""The values, in the order in which they appear on the way from schedule to store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from daemon.alarm import NO_ALARM, Alarm
from daemon.blindspot import BlindSpot
from daemon.certificate import Certificate
from daemon.lost import Lost
from daemon.packing import Packed
from daemon.product import AlertIntent, PriceCheckDraft, Product, ProductState
from daemon.volatile import NOT_VOLATILE, Volatile


class Verdict(StrEnum):
    """How an attempt ended."""

    INITIAL = "initial"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


class ErrorClass(StrEnum):
    """Why an attempt failed: a closed list that says whose trouble it is."""

    # theirs, transient
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TRUNCATED = "truncated"
    ENCODING = "encoding"
    CHARSET = "charset"
    HTTP_5XX = "http_5xx"
    RATE_LIMITED = "rate_limited"
    # theirs, standing
    HTTP_4XX = "http_4xx"
    GONE = "gone"
    AUTH = "auth"
    BOT_WALL = "bot_wall"
    REDIRECT = "redirect"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    PARSE = "parse"
    # our rule
    ROBOTS = "robots"
    BLOCKED = "blocked"
    SELECTOR = "selector"
    # ours
    STORE = "store"
    OVERLOAD = "overload"
    DEADLINE = "deadline"
    INTERNAL = "internal"

    @property
    def is_transient(self) -> bool:
        """Likely gone at the next look; worth a retry."""
        return self in _TRANSIENT

    @property
    def is_ours(self) -> bool:
        """Our own trouble; never reported as the site's."""
        return self in _OURS


_TRANSIENT = frozenset(map(ErrorClass, (
    "dns", "connect", "tls", "timeout", "protocol", "truncated", "encoding", "charset",
    "http_5xx", "rate_limited",
)))  # fmt: skip
_OURS = frozenset(map(ErrorClass, ("store", "overload", "deadline", "internal")))


class ChangeType(StrEnum):
    """How much a change matters, least first."""

    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Rules:
    """What an owner wants read from a page, and what to overlook in it.

    Shape:  selectors are CSS, or XPath when they start with `/`, `(` or `xpath:`;
            `keep_lines`, `drop_lines` and `ignore` are regular expressions.
            `ignore` hides what it matches from the comparison but not from the text.
            With `additions_only` what went is no change, unless nearly everything went.
    Units:  `sensitivity` is added to the log-odds that a change matters, -1.5 to 1.5.
    """

    kind: str = "auto"  # auto, html, feed, json, text, pdf
    main_content: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    query: str | None = None  # JMESPath, for JSON
    keep_lines: tuple[str, ...] = ()
    drop_lines: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sort_lines: bool = False
    unique_lines: bool = False
    collapse_whitespace: bool = True
    additions_only: bool = False
    sensitivity: float = 0.0
    intent: str = ""  # what a model is to look for, in the owner's words


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server. Pages with equal requests are one page."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    renderer: str = "http"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask «is it still this?» (RFC 9110 §8.8), opaque to us."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A person or a team who owns sites and is told about them."""

    id: str
    email: str
    username: str | None = None


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """A site as an owner describes it, before it has a page and a history."""

    name: str
    request: Request
    host: str
    owner_id: str
    check_frequency: str
    time_zone: str | None = None
    site_type: str | None = None
    rules: Rules = Rules()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Ratings:
    """How often a site's owner called its updates useful, and how often noise."""

    useful: int = 0
    noise: int = 0


NO_RATINGS = Ratings()


@dataclass(frozen=True, slots=True)
class Site:
    """An owner's view of a page: the rules, and the state that was last read by them."""

    id: UUID
    name: str
    owner_id: str
    site_type: str | None
    rules: Rules
    rules_hash: str
    text_hash: str | None = None  # names the state that the next reading is compared with
    read_with: str | None = None  # rules hash and extractor of that state
    error_class: str | None = None  # why this site, not its page, was failing
    last_changed_at: datetime | None = None
    blind_spot: str | None = None  # what stood in the page's place, and since when
    blind_since: datetime | None = None
    deferred_since: datetime | None = None  # since checks have ended before its turn came
    ratings: Ratings = NO_RATINGS
    volatile: Volatile = NOT_VOLATILE
    url: str = ""  # as its owner wrote it
    alarm: Alarm = NO_ALARM
    muted_until: datetime | None = None
    # The last warning about its certificate, by the target of a route.
    certificate_told: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_read_by_these_rules(self) -> bool:
        """Whether the known state was read by the rules as they are now."""
        return (self.read_with or "").partition(":")[0] == self.rules_hash


@dataclass(frozen=True, slots=True)
class Page:
    """One request on a schedule, claimed under a lease."""

    id: UUID
    request: Request
    host: str
    check_frequency: str
    next_check_at: datetime
    lease_token: int
    validators: Validators = Validators()
    body_hash: str | None = None
    failure_streak: int = 0
    time_zone: str | None = None
    last_checked_at: datetime | None = None
    last_full_at: datetime | None = None  # last answer that was not a 304
    failing_since: datetime | None = None
    claimed_at: datetime | None = None  # by the database's clock
    certificate_ends_at: datetime | None = None  # as the last answer showed it
    sites: tuple[Site, ...] = ()
    products: tuple[Product, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What its owners call what they watch here, each name once."""
        owned: tuple[Site | Product, ...] = (*self.sites, *self.products)
        return tuple(dict.fromkeys(one.name for one in owned))


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes and what the server said they are: all that a reading is made of."""

    body: bytes
    content_type: str  # essence, lower case: "text/html"; "" when the server named none
    charset: str | None  # as the header names it
    url: str  # where the bytes came from, after redirects


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer that may be read: 200, or 304 with an empty document."""

    status: int
    document: Document
    body_hash: str  # blake2b-128 of the decoded body, hexadecimal
    validators: Validators
    headers: Mapping[str, str]  # lower-case names, cleaned, capped
    wire_bytes: int
    body_bytes: int
    elapsed_seconds: float
    moved_to: str | None = None  # set when every redirect on the way was permanent
    certificate: Certificate | None = None  # None where nothing was encrypted, or verified

    @property
    def is_not_modified(self) -> bool:
        return self.status == 304


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, known by its identity."""

    id: str
    title: str
    link: str = ""
    published_at: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    r"""What a person would read on the page, by one owner's rules.

    Shape: `text` is clean Unicode (no NUL, no surrogates, NFC), lines ended by "\n".
    """

    kind: str  # html, feed, json, text, pdf
    title: str
    text: str
    text_hash: str  # blake2b-128 of `text`, hexadecimal
    extractor: str  # name and version; another extractor is another baseline
    entries: tuple[Entry, ...] = ()
    flags: tuple[str, ...] = ()  # what was cut or cleaned: "truncated:…", "cleaned:nul"


@dataclass(frozen=True, slots=True)
class State:
    """A reading with the bytes it came from, as one point of a history."""

    reading: Reading
    document: Document | None  # absent once retention has dropped the source
    seen_at: datetime
    visits: int = 1  # in a row, from when it was last come to


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it is stored: a reading's text and its source, still compressed.

    Shape: bytes that should be stored, and are not, are empty.
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
    seen_at: datetime  # when it was last come to
    visits: int = 1  # in a row from then on, as far as their record is kept
    source_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that went and lines that came at one place; either may be empty."""

    before_line: int  # 1-based line in the text before
    after_line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


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
           `failure` set means the page looks fine but is a wall, a shell or a stub.
    """

    change_type: ChangeType | None
    is_significant: bool
    confidence_score: float  # 0 to 1: how likely `is_significant` is right
    category: str
    summary: str
    reasons: tuple[Reason, ...]
    analyser: str  # name and version
    change: Change | None = None
    failure: ErrorClass | None = None
    blind_spot: BlindSpot | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The known state that a new one was compared with, when that is not the last one."""

    text_hash: str
    seen_at: datetime
    similarity: float  # 0 to 1, by lines without their noise
    similarity_of_last: float


@dataclass(frozen=True, slots=True)
class StateDraft:
    """A state that may be new to a site, as it is to be stored."""

    kind: str
    title: str
    extractor: str
    flags: tuple[str, ...]
    content_type: str
    charset: str | None
    url: str
    text_hash: str
    text: Packed | None  # None when the text is stored already
    source: Packed | None


@dataclass(frozen=True, slots=True)
class UpdateDraft:
    """A content update that is to be stored with its rule-based analysis."""

    id: UUID
    title: str
    finding: Finding
    diff: str
    before_text_hash: str
    after_text_hash: str
    compared_with: Compared | None = None
    awaits_analysis: bool = False  # a model is to look at it after the check


@dataclass(frozen=True, slots=True)
class SiteOutcome:
    """What one attempt means for one site."""

    site: Site
    verdict: Verdict
    read_with: str | None = None
    state: StateDraft | None = None
    update: UpdateDraft | None = None
    error_class: ErrorClass | None = None
    error_detail: str = ""
    blind_spot: BlindSpot | None = None
    lost: tuple[Lost, ...] = ()  # what was to be compared with, and cannot be read
    volatile: Volatile | None = None  # when another fetch has taught something


@dataclass(frozen=True, slots=True)
class ProductOutcome:
    """What one attempt means for one product.

    Shape: `state` None leaves what is remembered; `looks_again` asks for a second look soon.
    """

    product: Product
    verdict: Verdict
    state: ProductState | None = None
    check: PriceCheckDraft | None = None
    alerts: tuple[AlertIntent, ...] = ()
    looks_again: bool = False
    error_class: ErrorClass | None = None
    error_detail: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """The hosts by which our own line was found to be down, and since when it was."""

    hosts: frozenset[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one attempt leaves behind; written in one transaction, under the page's token."""

    page: Page
    verdict: Verdict
    started_at: datetime
    elapsed_seconds: float
    next_check_at: datetime
    response: Response | None = None
    sites: tuple[SiteOutcome, ...] = ()
    products: tuple[ProductOutcome, ...] = ()
    error_class: ErrorClass | None = None
    error_detail: str = ""
    status: int | None = None
    final_url: str | None = None
    wire_bytes: int = 0
    attempt_id: UUID | None = None
    retry_after_seconds: float | None = None  # what the host asked for, all its pages meant
    outage: Outage | None = None  # of our own way to the network: the site is not at fault

    @property
    def is_line_down(self) -> bool:
        """Whether our own way to the network, not the site, was at fault."""
        return self.outage is not None

    @property
    def cut_off(self) -> tuple[SiteOutcome | ProductOutcome, ...]:
        """The sites and products that were not reached before the deadline."""
        owned: tuple[SiteOutcome | ProductOutcome, ...] = (*self.sites, *self.products)
        return tuple(one for one in owned if one.error_class is ErrorClass.DEADLINE)

    def deferred_since(self, one: SiteOutcome | ProductOutcome) -> datetime | None:
        """Since when checks have ended before its turn came; None when it came in this one."""
        if one.error_class is not ErrorClass.DEADLINE:
            return None
        owned = one.site if isinstance(one, SiteOutcome) else one.product
        return owned.deferred_since or self.started_at

    @property
    def is_failure(self) -> bool:
        """Whether this failure is the page's: our own troubles do not count against it."""
        ours = self.error_class is not None and self.error_class.is_ours
        return self.verdict is Verdict.FAILED and not ours
