"""The result of one check, for the page and for its sites and products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.change import Compared, Finding
from daemon.model.page import Page
from daemon.model.product import AlertIntent, PriceCheckDraft, Product, ProductState
from daemon.model.reading import NOTHING_CHOSEN, Lost, missing_parts
from daemon.model.request import BROWSER, HTTP
from daemon.model.response import Response
from daemon.model.site import Site, Standing
from daemon.model.status import ErrorClass, Verdict
from daemon.model.volatile_lines import Volatile
from daemon.packing import Packed

_OTHER_PAGE = frozenset({ErrorClass.REDIRECT, ErrorClass.GONE})


@dataclass(frozen=True, slots=True)
class StateDraft:
    """A possibly new state of a site, to be stored."""

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
    picture: Packed | None = None  # how the page looked, where that is kept beside the text


@dataclass(frozen=True, slots=True)
class UpdateDraft:
    """A content update to be stored with its rule-based analysis."""

    id: UUID
    title: str
    finding: Finding
    diff: str
    before_text_hash: str
    after_text_hash: str
    compared_with: Compared | None = None
    awaits_analysis: bool = False  # a model will analyse it after the check


@dataclass(frozen=True, slots=True)
class Move:
    """A page's new address, as its server says, and whether its text differs there."""

    url: str
    text_differs: bool


@dataclass(frozen=True, slots=True)
class SiteOutcome:
    """The result of one check for one site."""

    site: Site
    verdict: Verdict
    read_with: str | None = None
    state: StateDraft | None = None
    update: UpdateDraft | None = None
    error_class: ErrorClass | None = None
    error_detail: str = ""
    blind_spot: BlindSpot | None = None
    lost: tuple[Lost, ...] = ()  # the states to compare with that are unreadable
    volatile: Volatile | None = None  # when a second fetch has shown something new
    standings: Mapping[str, Standing] | None = None  # of its conditions; None leaves them as known
    move: Move | None = None  # when the page has moved for good
    is_unsettled: bool = False  # a second fetch has shown another page: the next check reads again
    pages: tuple[str, ...] | None = None  # the addresses that an index names; None leaves them

    @property
    def is_nothing(self) -> bool:
        """Whether the site's rules choose nothing on the page as it is now."""
        text_hash = self.site.text_hash if self.state is None else self.state.text_hash
        return text_hash == NOTHING_CHOSEN

    @property
    def conditions(self) -> Mapping[str, Standing]:
        """How the conditions of the site stand after this check, by key."""
        return self.site.conditions if self.standings is None else self.standings

    @property
    def missing(self) -> tuple[str, ...]:
        """The places of the rules that match nothing, as far as this check tells."""
        if self.state is not None:
            return tuple(missing_parts(self.state.flags))
        return self.site.rules.choices if self.is_nothing else ()


@dataclass(frozen=True, slots=True)
class ProductOutcome:
    """The result of one check for one product.

    Shape: `state` None keeps the stored state; `looks_again` asks for a second check soon.
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
    """An outage of our own uplink: the unreachable hosts, and since when."""

    hosts: frozenset[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole result of one check, written in one transaction, under the page's token."""

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
    retry_after_seconds: float | None = None  # asked for by the host, for all its pages
    outage: Outage | None = None  # of our own uplink: not the site's error
    cookies: str | None = field(default=None, repr=False)  # to be kept; None leaves those there are
    failure_picture: Packed | None = None  # how the page looked when a step on it failed

    @property
    def answer_status(self) -> int | None:
        """The status of the answer, of one that failed too."""
        return self.response.status if self.response else self.status

    @property
    def received_bytes(self) -> int:
        """The bytes received for it, whatever the result."""
        return self.response.wire_bytes if self.response else self.wire_bytes

    @property
    def renderer(self) -> str:
        """What its answer came by; without one, what the page is asked for with."""
        if self.response is not None:
            return self.response.renderer
        return BROWSER if self.page.request.renderer == BROWSER else HTTP

    @property
    def answer_url(self) -> str | None:
        """Where the answer came from, after redirects; None when that is not known."""
        return self.response.document.url if self.response else self.final_url

    @property
    def known_url(self) -> str | None:
        """Where the answer came from that redirects are judged by from now on.

        Shape: an answer of another page, or one that nobody could read, changes nothing.
        """
        owned: tuple[SiteOutcome | ProductOutcome, ...] = (*self.sites, *self.products)
        is_other = any(one.error_class in _OTHER_PAGE for one in owned)
        if self.response is None or is_other or self.verdict is Verdict.FAILED:
            return self.page.answer_url
        return self.response.document.url

    @property
    def is_line_down(self) -> bool:
        """Whether our own uplink was down, not the site."""
        return self.outage is not None

    @property
    def cut_off(self) -> tuple[SiteOutcome | ProductOutcome, ...]:
        """The sites and products not reached before the deadline."""
        owned: tuple[SiteOutcome | ProductOutcome, ...] = (*self.sites, *self.products)
        return tuple(one for one in owned if one.error_class is ErrorClass.DEADLINE)

    def deferred_since(self, one: SiteOutcome | ProductOutcome) -> datetime | None:
        """Since when checks have ended before its turn; None when this one reached it."""
        if one.error_class is not ErrorClass.DEADLINE:
            return None
        owned = one.site if isinstance(one, SiteOutcome) else one.product
        return owned.deferred_since or self.started_at

    @property
    def is_failure(self) -> bool:
        """Whether the page failed: errors of our own do not count against it."""
        ours = self.error_class is not None and self.error_class.is_ours
        return self.verdict is Verdict.FAILED and not ours
