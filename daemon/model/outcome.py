"""All that one check leaves behind, for the page and for whatever is owned of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.change import Compared, Finding
from daemon.model.page import Page
from daemon.model.product import AlertIntent, PriceCheckDraft, Product, ProductState
from daemon.model.reading import Lost
from daemon.model.response import Response
from daemon.model.site import Site
from daemon.model.status import ErrorClass, Verdict
from daemon.model.volatile_lines import Volatile
from daemon.packing import Packed


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
    def answer_status(self) -> int | None:
        """The status of the answer, of one that failed too."""
        return self.response.status if self.response else self.status

    @property
    def received_bytes(self) -> int:
        """What went over the wire for it, whatever came of it."""
        return self.response.wire_bytes if self.response else self.wire_bytes

    @property
    def answer_url(self) -> str | None:
        """Where the answer came from, after redirects; None when that is not known."""
        return self.response.document.url if self.response else self.final_url

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
