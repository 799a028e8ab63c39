"""The values of alerting: causes, routes and drafts of notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from daemon.model.change import ChangeType
from daemon.model.failure_history import FailureHistory
from daemon.model.product import Product
from daemon.model.site import Site


class EventKind(StrEnum):
    """What a notice can be about."""

    CHANGE = "change"
    PRICE = "price"
    FAILING = "failing"
    RECOVERED = "recovered"
    CERTIFICATE = "certificate"
    MOVED = "moved"


DIGEST = "digest"  # the kind of a notice with several causes in one message
GATHERED = "host:"  # prefix of group keys for one host
SEVERITIES = tuple(ChangeType)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a site or product.

    Shape: `id` always identifies this event; `text` is searched for the words of routes;
           `facts` is all that a message contains, ready for JSON. With `targets` only these
           destinations are notified.
    """

    kind: EventKind
    id: str
    owner_id: str
    name: str  # of the site or the product
    host: str
    at: datetime
    facts: Mapping[str, Any]
    site_type: str | None = None
    tags: tuple[str, ...] = ()
    severity: ChangeType | None = None
    is_significant: bool = True
    is_asked_for: bool = False  # its owner wants every change of this site, significant or not
    text: str = ""
    content_update_id: UUID | None = None
    price_alert_id: UUID | None = None
    targets: frozenset[str] | None = None
    awaits_analysis: bool = False  # a model may describe it better soon
    may_be_ours: bool = False  # our own uplink may be down, which is soon known


@dataclass(frozen=True, slots=True)
class Route:
    """What one person is notified of on one channel, and when.

    Shape:  `name` names the channel; `target` is a hash of its destination, so that one event
            is notified there once. Empty tuples match everything. `quiet` is "22:00-07:00".
            No time between reminders means no reminders; no days before the end of a certificate
            mean no warnings.
    """

    name: str
    target: str
    kinds: tuple[str, ...] = ()
    least_severity: ChangeType = ChangeType.MINOR
    only_significant: bool = True
    names: tuple[str, ...] = ()  # of sites and products; * matches anything
    site_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # of sites and products; one of these is enough
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    digest: str | None = None
    at_once_from: ChangeType | None = ChangeType.CRITICAL  # regardless of the digest
    time_zone: str = "UTC"
    quiet: str | None = None
    daily_cap: int = 0
    gather_seconds: float = 60.0
    analysis_seconds: float = 0.0  # how long a notice waits for a model's analysis
    failures: int = 3  # in a row, before a notice
    remind_seconds: float = 86400.0
    certificate_days: tuple[int, ...] = (14, 7, 1)
    managed_by: str = "config"

    def resting(self, quiet: str | None, time_zone: str | None) -> Route:
        """With the quiet hours that its person wants everywhere, where it has none of its own."""
        if quiet is None or self.quiet is not None:
            return self
        # A digest stays at its own hour.
        zone = self.time_zone if self.digest or time_zone is None else time_zone
        return replace(self, quiet=quiet, time_zone=zone)

    @property
    def timing(self) -> tuple[object, ...]:
        """Everything that decides when a notice is sent, not whether."""
        rests = self.digest, self.at_once_from, self.quiet, self.time_zone, self.daily_cap
        return *rests, self.gather_seconds, self.analysis_seconds


@dataclass(frozen=True, slots=True)
class Usual:
    """What the configuration says of routes that it does not list.

    Shape: `rests` are the quiet hours and time zones that it gives people, by their ids.
    """

    route: Route
    rests: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def of(self, own: Route, time_zone: str | None) -> Route:
        """A route that somebody made, in all else as usual."""
        usual = self.route
        return replace(
            own,
            gather_seconds=usual.gather_seconds,
            analysis_seconds=usual.analysis_seconds,
            failures=usual.failures,
            remind_seconds=usual.remind_seconds,
            certificate_days=usual.certificate_days,
            time_zone=time_zone or usual.time_zone,
        )


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A notice to be stored with its cause: held until its instant, then sent.

    Shape: drafts with one `bundle_key` may become one message.
    """

    idempotency_key: str
    kind: str
    user_id: str
    channel: str
    at: datetime
    bundle_key: str
    release_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    content_update_id: UUID | None = None
    price_alert_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Notifications:
    """The notices of a group of checks, and the records of them, to be written.

    Shape: `sites` and `products` are those whose record of notifications changed; `withdrawn` are
           the keys of notices that no longer hold, if they are still held.
    """

    drafts: tuple[NoticeDraft, ...] = ()
    sites: tuple[Site, ...] = ()
    products: tuple[Product, ...] = ()
    withdrawn: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HeldNotice:
    """A notice waiting for its release."""

    id: UUID
    idempotency_key: str
    bundle_key: str
    release_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HeldFacts:
    """A held notice with its facts; garbled facts are empty."""

    notice: HeldNotice
    user_id: str
    channel: str
    kind: str
    facts: Mapping[str, Any]
    awaits_analysis: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """Held notices that become one message, and why: the prefix of their key."""

    idempotency_key: str
    why: str
    members: tuple[HeldNotice, ...]


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What to do with held notices: send alone, send as one message, or hold longer.

    Shape: notices in none of these stay as they are.
    """

    single: tuple[HeldNotice, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    later: tuple[HeldNotice, ...] = ()
    later_key: str = ""
    later_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """A failing site or product, with its alarm."""

    id: UUID
    is_product: bool
    owner_id: str | None
    name: str
    url: str
    failure_history: FailureHistory


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What to take back after an outage: held notices, and alarms to correct."""

    notices: tuple[UUID, ...] = ()
    failing: tuple[Failing, ...] = ()
