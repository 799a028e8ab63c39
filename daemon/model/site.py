"""What an owner watches: a site, its rules, and the last state read by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from daemon.model.failure_history import NO_FAILURES, FailureHistory
from daemon.model.request import NO_RHYTHM, Request, Rhythm, Timing, timing_in
from daemon.model.volatile_lines import NOT_VOLATILE, Volatile
from daemon.wording import quoted

# The rules for what is read, in the order in which they are followed; first those that choose.
CHOOSING = ("query", "exclude", "include", "main_content", "links", "attributes")
CHAIN = (
    "kind",
    "raw",
    *CHOOSING,
    "collapse_whitespace",
    "extract",
    "replace",
    "keep_lines",
    "drop_lines",
    "sort_lines",
    "unique_lines",
    "ignore",
)
DISCOVERING = ("discover", "discover_within", "discover_match", "discover_limit")
_OF_INDEX = (*DISCOVERING, "follow", "notify_on")
FILE = "file"  # kind of a reading: a hash, and no text; its source is not kept
PICTURE = "picture"  # kind of a reading: of how a rendered page looks; its source is a PNG

STATUS_READER = "status/1"  # in place of an extractor, where a status is the state of a page
_FIRST_ERROR, _SLOW_DOWN = 400, 429


@dataclass(frozen=True, slots=True)
class Rules:
    """What an owner wants read from a page, what to ignore in it, and what to hear of it.

    Shape:  selectors are CSS, or XPath when they start with `/`, `(` or `xpath:`;
            `extract`, `keep_lines`, `drop_lines` and `ignore` are regular expressions.
            `ignore` hides what it matches from the comparison but not from the text.
            With `additions_only` removals are no change, unless nearly everything was removed.
    Units:  `sensitivity` is added to the log-odds that a change matters, -1.5 to 1.5.
    """

    kind: str = "auto"  # auto, html, feed, json, text, pdf, file, picture
    raw: bool = False  # the source itself, line by line
    main_content: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    query: str | None = None  # JMESPath, for JSON
    links: bool = False  # with their addresses
    attributes: tuple[str, ...] = ()  # whose values are shown
    extract: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()  # "pattern -> replacement"
    keep_lines: tuple[str, ...] = ()
    drop_lines: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sort_lines: bool = False
    unique_lines: bool = False
    collapse_whitespace: bool = True
    additions_only: bool = False
    sensitivity: float = 0.0
    intent: str = ""  # what a model should look for, in the owner's words
    watch: str = "auto"  # auto, letter, region
    mask: tuple[str, ...] | None = None  # names of noise rules, of which these alone apply
    notify_on: str = "auto"  # auto: of conditions if there are any; significant, every, none
    # Conditions: words, or what `re:`, `css:`, `xpath:` or `query:` matches.
    appears: tuple[str, ...] = ()
    disappears: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    count: tuple[str, ...] = ()
    below: str | None = None  # numbers in the notation of Decimal
    above: str | None = None
    changes_by: str | None = None  # "5 %", or an amount
    watch_status: tuple[int, ...] | bool = ()  # statuses that are states; True: all of errors
    follow: str = "same-site"  # same-site, any, none: which redirects may lead to the page
    flap_hold: str | bool = "1d"  # for how long going back may be a flap; False: never
    # Many pages from one: these four say how they are found, all others how they are read.
    discover: str | None = None  # sitemap, links
    discover_within: tuple[str, ...] = ()  # of links, only those inside these
    discover_match: tuple[str, ...] = ()  # "/guide/*", or what `re:` matches
    discover_limit: int = 100

    @property
    def for_own_page(self) -> Rules:
        """What of these applies to the page of the site: all, unless it is to name others."""
        if self.discover is None:
            return self
        return Rules(**{name: getattr(self, name) for name in _OF_INDEX})

    @property
    def for_found_pages(self) -> Rules:
        """What of these applies to the pages that it names: all but how they are found."""
        return replace(self, **{name: getattr(_NO_RULES, name) for name in DISCOVERING})

    def watches(self, status: int) -> bool:
        """Whether an answer with this status is a state of the page, and no failure."""
        if isinstance(self.watch_status, bool):
            return self.watch_status and status >= _FIRST_ERROR and status != _SLOW_DOWN
        return status in self.watch_status

    @property
    def has_conditions(self) -> bool:
        """Whether the owner asks for something in particular that is to happen."""
        compared = (self.below, self.above, self.changes_by)
        named = self.appears or self.disappears or self.contains or self.count
        return bool(named) or any(one is not None for one in compared)

    @property
    def notified_of(self) -> str:
        """Of what its owner is notified: conditions, significant, every or none."""
        if self.notify_on != "auto":
            return self.notify_on
        return "conditions" if self.has_conditions else "significant"

    def wants(self, *, of_condition: bool) -> bool:
        """Whether its owner wants to hear of a change: beside conditions, only when saying so."""
        if self.notified_of == "conditions":
            return of_condition
        return self.notified_of != "none"

    @property
    def is_choice(self) -> bool:
        """Whether the owner pointed at something, which may be as short as a word."""
        return bool(self.choices) or self.kind in (FILE, PICTURE)

    @property
    def choices(self) -> tuple[str, ...]:
        """The places of the rules that choose: "include[0]", "query", "keep_lines"."""
        parts = [
            f"{of}[{i}]" for of in ("include", "extract") for i in range(len(getattr(self, of)))
        ]
        parts += ["query"] * bool(self.query) + ["keep_lines"] * bool(self.keep_lines)
        return tuple(parts)

    def worded(self, part: str) -> str:
        """A rule by its place, with what its owner wrote there."""
        field, _, index = part.partition("[")
        value = getattr(self, field, "")
        if index:
            value = dict(enumerate(value)).get(int(index.rstrip("]")), "")
        written = value if isinstance(value, str) else ", ".join(value)
        return f"{part}: {quoted(written)}" if written else part

    def unmatched(self, part: str) -> str:
        """Why nothing is left by a rule, with what its owner wrote there."""
        why = "drops every line" if part == "drop_lines" else "matches nothing on the page"
        return f"{self.worded(part)} {why}"

    @property
    def is_reshaping(self) -> bool:
        """Whether the text that is read has other lines than the blocks of its page."""
        cut = self.include or self.exclude or self.keep_lines or self.drop_lines
        return bool(cut or self.links or self.attributes or self.extract or self.replace)


_NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Owner:
    """A person or a team who owns sites and is notified about them."""

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
    hours: str | None = None
    days: str | None = None
    tags: tuple[str, ...] = ()
    detect_within: str | None = None
    parent_id: UUID | None = None  # the site whose page names its page

    @property
    def timing(self) -> Timing:
        """When its owner wants it checked."""
        return timing_in(self)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a condition of a site stands since it was last told, or first seen.

    Shape: `holds` is None for a mere number, and where it cannot be told: `problem` says why.
           `number` is what the next one is compared with; `shown`, the words or the number found.
    """

    since: datetime
    holds: bool | None = None
    number: str = ""
    shown: str = ""
    problem: str = ""

    @property
    def words(self) -> str:
        """How it stands, for people."""
        if self.problem:
            return f"cannot be told: {self.problem}"
        if self.holds is None:
            return self.shown or self.number
        said = "holds" if self.holds else "does not hold"
        return f"{said} ({self.shown})" if self.shown else said


@dataclass(frozen=True, slots=True)
class Ratings:
    """How often a site's updates were rated useful, and how often noise."""

    useful: int = 0
    noise: int = 0


NO_RATINGS = Ratings()


@dataclass(frozen=True, slots=True)
class Site:
    """An owner's view of a page: the rules, and the last state read by them."""

    id: UUID
    name: str
    owner_id: str
    site_type: str | None
    rules: Rules
    rules_hash: str
    text_hash: str | None = None  # of the state that the next reading is compared with
    read_with: str | None = None  # rules hash, extractor, and whether parts of it were missing
    error_class: str | None = None  # why this site, not its page, was failing
    last_changed_at: datetime | None = None
    blind_spot: str | None = None  # what was served in place of the page, and since when
    blind_since: datetime | None = None
    deferred_since: datetime | None = None  # since when checks have ended before its turn
    ratings: Ratings = NO_RATINGS
    volatile: Volatile = NOT_VOLATILE
    url: str = ""  # as its owner wrote it
    failure_history: FailureHistory = NO_FAILURES
    muted_until: datetime | None = None
    timing: Timing | None = None  # that of its page where it is not known
    tags: tuple[str, ...] = ()
    rhythm: Rhythm = NO_RHYTHM
    conditions: Mapping[str, Standing] = field(default_factory=dict)  # by key
    # The last warning about its certificate, by target of a route.
    certificate_told: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_a_status(self) -> bool:
        """Whether the known state is a status, and not the content of the page."""
        return (self.read_with or "").endswith(f":{STATUS_READER}")

    @property
    def is_read_by_these_rules(self) -> bool:
        """Whether the known state was read by the present rules."""
        return (self.read_with or "").partition(":")[0] == self.rules_hash
