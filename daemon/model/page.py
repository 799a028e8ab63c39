"""What is fetched: one request on a schedule, for all its sites and products."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from daemon.model.product import Product
from daemon.model.request import NO_VALIDATORS, Request, Timing, Validators
from daemon.model.site import Site


@dataclass(frozen=True, slots=True)
class Page:
    """One request on a schedule, claimed under a lease."""

    id: UUID
    request: Request
    host: str
    check_frequency: str
    next_check_at: datetime
    lease_token: int
    validators: Validators = NO_VALIDATORS
    body_hash: str | None = None
    failure_streak: int = 0
    error_class: str | None = None  # why its last check failed
    time_zone: str | None = None
    last_checked_at: datetime | None = None
    last_full_at: datetime | None = None  # last response that was not a 304
    failing_since: datetime | None = None
    claimed_at: datetime | None = None  # by the database's clock
    certificate_ends_at: datetime | None = None  # as of the last response
    cookies: str = field(default="", repr=False)  # kept between checks, where that is asked for
    cookies_mark: str = field(default="", repr=False)  # changes whenever they are stored anew
    answer_url: str | None = None  # where the last answer that was read came from
    sites: tuple[Site, ...] = ()
    products: tuple[Product, ...] = ()

    @property
    def follows_redirects(self) -> bool:
        """Whether one of its sites or products may be read from where a redirect leads."""
        wanted = {one.rules.follow for one in self.sites} | {
            one.rules.follow for one in self.products
        }
        return wanted != {"none"}

    @property
    def timings(self) -> tuple[Timing, ...]:
        """When its owners want it checked, each timing once."""
        owned: tuple[Site | Product, ...] = (*self.sites, *self.products)
        asked = dict.fromkeys(one.timing for one in owned if one.timing is not None)
        return tuple(asked) or (Timing(self.check_frequency, self.time_zone),)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sites and products on this page, each once."""
        owned: tuple[Site | Product, ...] = (*self.sites, *self.products)
        return tuple(dict.fromkeys(one.name for one in owned))
