"""Decides which held notices are released now, alone or grouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from daemon.alerting.timing import after_quiet, day_of
from daemon.alerting.values import GATHERED, Bundle, HeldNotice, ReleasePlan, Route
from daemon.backoff import Backoff
from daemon.packing import content_hash

_FEW = 3  # this many at once from one host become one message
_LONGEST_GATHERING = 10  # times the grouping time
_BACKOFF = Backoff(15.0, 6 * 3600.0, jitter=0.25)


def plan(
    held: Sequence[HeldNotice],
    route: Route,
    told_today: int,
    now: datetime,
    *,
    gathers: bool = True,
) -> ReleasePlan:
    """Plan the release of one person's held notices on one channel.

    Shape: `held` are all that wait there, due or not; `told_today` counts messages. Beyond the
           daily cap everything waits for the next day, and is sent as one message. Unless it
           `gathers`, nothing waits for others.
    """
    single: list[HeldNotice] = []
    bundles: list[Bundle] = []
    later: list[HeldNotice] = []
    room = route.daily_cap - told_today if route.daily_cap else len(held) + 1
    for message in _messages(held, route, now, gathers=gathers):
        if room <= 0:
            later.extend(message)
        elif len(message) == 1:
            single.append(message[0])
        else:
            bundles.append(bundle_of(message))
        room -= 1
    if not later:
        return ReleasePlan(tuple(single), tuple(bundles))
    _, tomorrow = day_of(route, now)
    at = after_quiet(route, tomorrow)
    return ReleasePlan(tuple(single), tuple(bundles), tuple(later), f"cap:{at.isoformat()}", at)


def bundle_of(members: tuple[HeldNotice, ...]) -> Bundle:
    """One message for all of these notices, under a key derived from theirs."""
    key = content_hash("\0".join(sorted(one.idempotency_key for one in members)).encode())
    return Bundle(key, members[0].bundle_key.partition(":")[0], members)


def _messages(
    held: Sequence[HeldNotice], route: Route, now: datetime, *, gathers: bool
) -> Iterator[tuple[HeldNotice, ...]]:
    """The due notices, oldest first, grouped into messages."""
    groups: defaultdict[str, list[HeldNotice]] = defaultdict(list)
    for one in sorted(held, key=lambda one: (one.release_at, one.created_at)):
        groups[one.bundle_key].append(one)
    for key, members in groups.items():
        due = tuple(one for one in members if one.release_at <= now)
        if not key.startswith(GATHERED):
            yield from [due] if due else ()
        elif not gathers:
            yield from _burst(members, members)
        elif due and _is_over(members, route, now):
            yield from _burst(members, due)


def _burst(
    members: Sequence[HeldNotice], due: Sequence[HeldNotice]
) -> Iterator[tuple[HeldNotice, ...]]:
    """The messages of a burst: one, or single ones if there are too few for a burst."""
    if len(members) >= _FEW:
        yield tuple(members)
    else:
        yield from ((one,) for one in due)


def _is_over(members: Sequence[HeldNotice], route: Route, now: datetime) -> bool:
    """Whether a burst is over, or has lasted long enough."""
    gathering = timedelta(seconds=route.gather_seconds)
    newest = max(one.created_at for one in members)
    oldest = min(one.created_at for one in members)
    return newest + gathering <= now or oldest + _LONGEST_GATHERING * gathering <= now


def retry_at(tries: int, now: datetime, draw: float, asked_seconds: float = 0.0) -> datetime:
    """When to retry after this many tries: each wait is twice the last, up to six hours.

    Units: `draw` is random, 0 to 1; a receiver may ask for up to a day.
    """
    wait = _BACKOFF.wait_seconds(tries, draw)
    return now + timedelta(seconds=max(wait, min(asked_seconds, 86400.0)))
