"""Decides from a series of outcomes whether hosts are unreachable or our own uplink is down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daemon.model.outcome import Outage, Outcome
from daemon.model.status import ErrorClass

_HOSTS = 3  # so many unreachable hosts in a row, without one that answers, are no coincidence
_LONGEST_SILENCE = timedelta(days=1)
_OUT_OF_REACH = frozenset({ErrorClass.DNS, ErrorClass.CONNECT, ErrorClass.TIMEOUT})
_SAYS_NOTHING = frozenset({ErrorClass.BLOCKED, ErrorClass.ROBOTS})


@dataclass(frozen=True, slots=True)
class Uplink:
    """Our own uplink: the hosts found unreachable since one last answered."""

    lost: frozenset[str] = frozenset()
    since: datetime | None = None

    def after(self, outcome: Outcome) -> Uplink:
        """The uplink's state after this outcome."""
        error = outcome.error_class
        if error is not None and (error.is_ours or error in _SAYS_NOTHING):
            return self
        if is_out_of_reach(outcome):
            return replace(
                self,
                lost=self.lost | {outcome.page.host} if len(self.lost) < _HOSTS else self.lost,
                since=self.since or outcome.started_at,
            )
        return Uplink()

    def is_down(self, now: datetime) -> bool:
        """Whether our uplink seems down; only for a time, as all hosts may really be down."""
        return self.outage(now) is not None

    def outage(self, now: datetime) -> Outage | None:
        """The outage behind the hosts' errors; None unless our uplink is down."""
        if self.since is None or now - self.since >= _LONGEST_SILENCE or len(self.lost) < _HOSTS:
            return None
        return Outage(self.lost, self.since)


def is_out_of_reach(outcome: Outcome) -> bool:
    """Whether the host did not answer at all, as when our own uplink is down."""
    is_silent = outcome.status is None and outcome.response is None
    return is_silent and outcome.error_class in _OUT_OF_REACH
