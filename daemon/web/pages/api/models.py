"""What programs are answered; the description of the interface is made from these.

Shape: instants are RFC 3339 in UTC, amounts text in the currency's own decimal places, ids UUIDs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


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


class NewChanges(_Answer):
    """The changes since a cursor; `next` is always there, and `is_more` when there are more now."""

    items: tuple[Change, ...]
    next: str
    is_more: bool


class Reason(_Answer):
    """Why a change has its severity."""

    text: str
    weight: float


class WholeChange(Change):
    """A change in full."""

    reasons: tuple[Reason, ...]
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


class Problem(_Answer):
    """What is wrong with a request. Source: RFC 9457."""

    title: str
    status: int
    detail: str
    hint: str | None = None
