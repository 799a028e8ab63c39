"""Decides whether going back to an earlier state is news, or whether a page merely alternates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from daemon.model.change import Departure, Reason
from daemon.model.site import Rules
from daemon.schedule.next_check import parse_duration
from daemon.wording import duration

MOST_RETURNS = 6  # within the hold; oftener nobody wants to hear of it one by one
# Signals of reasons, by which later checks know what was told.
RETURNED, ALTERNATES = "returned", "alternates"


def hold_of(rules: Rules) -> timedelta:
    """For how long going back to a state may be a flap; zero when flaps are told like the rest."""
    return parse_duration(str(rules.flap_hold)) if rules.flap_hold else timedelta()


class Kind(Enum):
    """What going back to a state is."""

    NEWS = "news"  # it undoes a change that was told
    ALTERNATING = "alternating"  # likewise, but too often: told once more, as that
    QUIET = "quiet"  # nothing was told since the page was like this, a short while ago


@dataclass(frozen=True, slots=True)
class Return:
    """A page's going back to a state that it entered at an instant."""

    kind: Kind
    entered_at: datetime
    was_significant: bool  # the change that it undoes, if it undoes a single one
    times: int  # returns told within the hold, this one included
    since: datetime  # the first of them

    def reason(self, now: datetime, hold: timedelta) -> Reason:
        """The evidence, by which the next checks count the returns."""
        if self.kind is Kind.NEWS:
            text = f"back in the state of {self._then()}: what came after it was told too"
            return Reason(RETURNED, 0.0, text)
        return _told_to_alternate(_often(self.times, self.since, now), hold)

    def summary(self, now: datetime, told: str) -> str:
        """The summary of the change that is told."""
        if self.kind is Kind.NEWS:
            return told
        states = f"the state of {self._then()} and the one before"
        return f"Alternates between {states}, {_often(self.times, self.since, now)}. {told}"

    def _then(self) -> str:
        return f"{self.entered_at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class LineReturn:
    """Lines that come or go once more, after each time before was told."""

    kind: Kind
    times: int  # returns told within the hold, this one included
    since: datetime  # the first of them

    def reason(self, now: datetime, hold: timedelta) -> Reason:
        """The evidence, by which the next checks count the returns."""
        if self.kind is Kind.NEWS:
            return Reason(RETURNED, 0.0, "lines come and go here, and each time before was told")
        return _told_to_alternate(_often(self.times, self.since, now), hold)

    def summary(self, now: datetime, told: str) -> str:
        """The summary of the change that is told."""
        if self.kind is Kind.NEWS:
            return told
        return f"Lines come and go, {_often(self.times, self.since, now)}. {told}"


def _told_to_alternate(often: str, hold: timedelta) -> Reason:
    still = duration(hold.total_seconds())
    text = f"{often}: the next returns are not told until there was none for {still}"
    return Reason(ALTERNATES, 0.0, text)


def _often(times: int, since: datetime, now: datetime) -> str:
    return f"{times} times in {duration((now - since).total_seconds())}"


@dataclass(frozen=True, slots=True)
class Departures:
    """How a site left its states, as far as changes were recorded."""

    known: Sequence[Departure]
    now: datetime
    hold: timedelta
    hears_all: bool  # its owner hears of every recorded change, significant or not

    @classmethod
    def of(cls, departures: Sequence[Departure], rules: Rules, now: datetime) -> Departures:
        """The departures of a site with these rules."""
        # No recorded change of a chosen region is lost.
        hears_all = rules.is_choice or rules.notify_on == "every"
        return cls(departures, now, hold_of(rules), hears_all)

    @property
    def told_at(self) -> tuple[datetime, ...]:
        """When states were left by changes that were told."""
        return tuple(one.left_at for one in self.known if self._was_told(one))

    def return_to(self, text_hash: str, entered_at: datetime) -> Return | None:
        """What going back to a state is; None when that state has nothing to do with the present.

        Shape: what was told since the state was last entered decides: to undo that is news,
               however long ago it was; where nothing was, going back is quiet for the hold.
        """
        told = self._told_since(entered_at)
        if not told and self.now - entered_at >= self.hold:
            return None
        returns = self._returns()
        kind = self._kind(len(returns)) if told else Kind.QUIET
        # Only the way back of one change is as much news as that: others may be undone already.
        is_way_back = bool(told) and told[-1].text_hash == text_hash
        since = min(returns, default=self.now)
        return Return(
            kind, entered_at, is_way_back and told[-1].is_significant, len(returns) + 1, since
        )

    def return_of_lines(self) -> LineReturn | None:
        """What it is that lines of which each turn was told come or go again; None if no news."""
        if any(self._is_recent(one, ALTERNATES) for one in self.known):
            return None
        returns = self._returns()
        since = min(returns, default=self.now)
        return LineReturn(self._kind(len(returns)), len(returns) + 1, since)

    def _returns(self) -> list[datetime]:
        return [one.left_at for one in self.known if self._is_recent(one, RETURNED)]

    def _kind(self, times: int) -> Kind:
        return Kind.ALTERNATING if times >= MOST_RETURNS else Kind.NEWS

    def _told_since(self, entered_at: datetime) -> list[Departure]:
        """The changes that were told after an instant, and after the page was told to alternate."""
        quiet = (one.left_at for one in self.known if ALTERNATES in one.signals)
        start = max(entered_at, max(quiet, default=entered_at))
        told = (one for one in self.known if one.left_at > start and self._was_told(one))
        return sorted(told, key=lambda one: one.left_at)

    def _was_told(self, one: Departure) -> bool:
        return ALTERNATES not in one.signals and (one.is_significant or self.hears_all)

    def _is_recent(self, one: Departure, signal: str) -> bool:
        return signal in one.signals and self.now - one.left_at < self.hold
