"""What programs are answered and send; the description of the interface is made from these.

Shape: instants are RFC 3339 in UTC, amounts text in the currency's own decimal places, ids UUIDs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such instant in UTC") from None


_Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Verdict = Literal["useful", "noise"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ListOf(_Answer, Generic[T]):
    """A page of a list; `next` is the cursor of the page after it, null at the end."""

    items: tuple[T, ...]
    next: str | None


class Site(_Answer):
    """A watched page and how it is."""

    id: UUID
    name: str
    url: str
    owner_id: str
    site_type: str | None
    tags: tuple[str, ...]
    managed_by: str
    state: str
    why: str
    since: datetime | None
    last_checked_at: datetime | None
    next_check_at: datetime | None
    last_changed_at: datetime | None
    silenced_until: datetime | None


class WholeSite(Site):
    """A site with its options that are not as usual: what a PATCH takes."""

    options: dict[str, Any]


class Change(_Answer):
    """A change of a site."""

    id: UUID
    site_id: UUID
    site: str
    detected_at: datetime
    severity: str
    is_significant: bool
    confidence: float | None
    category: str | None
    title: str | None
    summary: str | None
    page: str


class ListedChange(Change):
    """A change as lists have it: rated as what, and whether it is still to be seen."""

    rating: Verdict | None
    is_unseen: bool


class NewChanges(_Answer):
    """The changes since a cursor; `next` is always there, and `is_more` when there are more now."""

    items: tuple[ListedChange, ...]
    next: str
    is_more: bool


class Reason(_Answer):
    """Why a change has its severity."""

    text: str
    weight: float


class WholeChange(Change):
    """A change in full."""

    reasons: tuple[Reason, ...]
    rating: Verdict | None
    before_id: UUID | None
    after_id: UUID | None


class Check(_Answer):
    """A check of a site's page."""

    id: UUID
    started_at: datetime
    elapsed_seconds: float
    outcome: str
    status: int | None
    bytes: int
    renderer: str
    is_restless: bool
    stopped_requests: int
    error_class: str | None
    error: str | None


class State(_Answer):
    """A state in which a site was seen."""

    id: UUID
    title: str
    kind: str
    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int
    text_bytes: int


class Product(_Answer):
    """A product at one address, and what it costs."""

    id: UUID
    name: str
    url: str
    category: str | None
    tags: tuple[str, ...]
    state: str
    price: str | None
    currency: str | None
    availability: str
    target_price: str | None
    target_currency: str | None
    is_at_target: bool
    last_checked_at: datetime | None


class WholeProduct(Product):
    """A product with its options that are not as usual: what a PATCH takes."""

    options: dict[str, Any]


class Price(_Answer):
    """A believed price of a product, or that it had none."""

    checked_at: datetime
    price: str | None
    currency: str | None
    availability: str


class Prices(_Answer):
    """What a product cost over a span of time, oldest first."""

    product: Product
    prices: tuple[Price, ...]
    is_cut: bool


class Me(_Answer):
    """For whom the program speaks."""

    id: str
    username: str | None
    role: str
    sites: int
    products: int
    max_sites: int | None


class Status(_Answer):
    """What asks for attention; numbers that are capped are the least that they can be."""

    at: datetime
    state: str
    unseen: int
    failing: int


class Notification(_Answer):
    """What was, or is to be, sent to somebody, and what became of it."""

    id: UUID
    kind: str
    channel: str
    status: str
    title: str
    created_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    tries: int
    error: str | None
    change_id: UUID | None


class Rated(_Answer):
    """A rating of a change, and the sums of its site; `leaning` is added to its log-odds."""

    rating: Verdict | None
    useful: int
    noise: int
    leaning: float


class Marked(_Answer):
    """How many sites a mark has changed, and the instant by which it is taken back."""

    sites: int
    marked_at: datetime


class Undone(_Answer):
    """Of how many sites a mark was taken back."""

    sites: int


class Tried(_Answer):
    """What a check of an address would find now; nothing of it is stored."""

    url: str
    is_failed: bool
    status: int | None
    error: str | None
    kind: str | None
    title: str | None
    text: str | None
    is_cut: bool
    missing: tuple[str, ...]
    conditions: dict[str, str]
    pages: tuple[str, ...] | None
    price: str | None
    currency: str | None
    availability: str | None
    confidence: float | None


class Tries(_Answer):
    """What a check would find at each address."""

    tries: tuple[Tried, ...]


class Destination(_Answer):
    """Where its owner is told: what of its address may be shown, and how it fares."""

    id: UUID
    name: str
    kind: str
    where: str | None
    channel: str
    state: str
    problem: str | None
    sent: tuple[str, ...]
    created_at: datetime
    tested_at: datetime | None
    failure: str | None
    confirmed_at: datetime | None
    paused_since: datetime | None
    last_sent_at: datetime | None


class AddedDestination(Destination):
    """A new destination; the key for its messages is told this once, if it was made here."""

    secret: str | None


class WrongPart(_Answer):
    """What is wrong in a part of what was sent. Source: RFC 6901."""

    pointer: str
    detail: str


class Problem(_Answer):
    """What is wrong with a request. Source: RFC 9457."""

    title: str
    status: int
    detail: str
    hint: str | None = None
    errors: list[WrongPart] | None = None


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Rating(_Body):
    """Whether a change was worth telling."""

    rating: Verdict


class Silence(_Body):
    """How long, or until when, nobody is notified; without either until it is ended."""

    for_: str | None = Field(None, alias="for", max_length=100)
    until: _Instant | None = None


class NewDestination(_Body):
    """A destination to be added; mail goes to its owner's own address, which is not given."""

    name: str = Field(max_length=100)
    kind: str = Field(max_length=100)
    address: str = Field("", max_length=2000)
    secret: str = Field("", max_length=2000)


class Code(_Body):
    """The code that was sent to a destination."""

    code: str = Field(max_length=20)


class Until(_Body):
    """The changes that are meant: all that are known now, or those until an instant."""

    until: _Instant | None = None


class Undo(_Body):
    """The mark that is taken back, as its answer named it."""

    marked_at: _Instant
