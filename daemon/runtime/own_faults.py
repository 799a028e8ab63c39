"""Counts checks in a row that end in an internal error, by site and product."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from daemon.model.outcome import Outcome
from daemon.model.status import ErrorClass
from daemon.wording import listed

ENOUGH = 3  # in a row: once may be a worker that was killed
_LATE = timedelta(hours=1)  # what is not checked by then is no longer watched
_NAMED = 5


@dataclass(slots=True)
class _Streak:
    name: str
    count: int
    detail: str
    next_check_at: datetime


class OwnFaults:
    """Counts by site and product the checks in a row that failed as `internal`."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """`tell` is called with a summary after each outcome and each review; "" for none."""
        self._tell = tell
        self._streaks: dict[UUID, _Streak] = {}

    def heard(self, outcome: Outcome) -> None:
        """Record how a check ended for each of its sites and products."""
        for key, name, error_class, detail in _each(outcome):
            last = self._streaks.pop(key, None)
            if error_class is ErrorClass.INTERNAL:
                count = last.count + 1 if last is not None else 1
                self._streaks[key] = _Streak(name, count, detail, outcome.next_check_at)
        self.look(outcome.started_at)

    def look(self, now: datetime) -> None:
        """Forget those no longer checked, and report the rest."""
        gone = [key for key, one in self._streaks.items() if now > one.next_check_at + _LATE]
        for key in gone:
            del self._streaks[key]
        self._tell(self._told())

    def _told(self) -> str:
        bad = [one for one in self._streaks.values() if one.count >= ENOUGH]
        bad.sort(key=lambda one: -one.count)
        told = [f"{one.name} ({one.count} times in a row: {one.detail})" for one in bad]
        return f"checks end in a fault of ours: {listed(told, _NAMED, '; ')}" if told else ""


def _each(outcome: Outcome) -> Iterable[tuple[UUID, str, ErrorClass | None, str]]:
    """Each site and product of a page, and how the check ended for it."""
    page = outcome.page
    of_all = outcome.error_class, outcome.error_detail
    ended = {one.site.id: (one.error_class, one.error_detail) for one in outcome.sites}
    ended |= {one.product.id: (one.error_class, one.error_detail) for one in outcome.products}
    names = {site.id: site.name for site in page.sites}
    names |= {product.id: product.name for product in page.products}
    for key, name in names.items():
        yield key, name, *ended.get(key, of_all)
