"""Learns from past changes how rarely a page may be checked within the delay that is accepted.

Some hours of the week are busy: a change in them is seen within the accepted delay. All others are
quiet and are checked more rarely. Hours are taken for quiet only where few changes fall in them,
as judged on changes that had no part in the choice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from daemon.model.request import Rhythm
from daemon.schedule.windows import show_days, show_hours

KEPT = 0.95  # of all changes are seen within the accepted delay
QUIET = 4  # the longest interval, in accepted delays
_WEEK_HOURS = 168
LEAST_DAYS = 13  # with changes, before hours can be told apart
_HOUR = timedelta(hours=1)
_FOLDS = 8
_HALF_LIFE = 40  # changes after which an older one counts half as much
_SHARES = (0.85, 0.9, 0.93, 0.95, 0.97, 0.985, 0.995, 1.0)
_LEAST_SAVED = 0.03  # of all checks, or the choice is not worth its risk
_WIDEST = timedelta(days=2)  # a change that fell anywhere within longer says nothing
_UNEXPECTED = 0.01  # as unlikely as this, a silence means that the page has changed its ways
_PRIOR_CHANGES, _PRIOR_DAYS = 0.5, 7.0  # of the Gamma distribution of the rate

_Masses = Mapping[int, float]  # of one change, by hour of the week
_Group = Callable[[int], int]
# Hours taken to be alike: none; the same of each day; the same of workdays; all of a day.
_GROUPS: tuple[_Group, ...] = (
    lambda hour: hour,
    lambda hour: hour % 24,
    lambda hour: hour % 24 + 24 * (hour >= 5 * 24),
    lambda hour: hour // 24,
)


@dataclass(frozen=True, slots=True)
class LearntFrequency:
    """How often to check in busy hours, and how rarely in the others.

    Shape: `busy` are hours of the week by the clock of the zone, from Monday, 0; without a
           difference all are. The checks of a change in a busy hour come within `often`.
    Units: `missed` is the share of changes expected in the other hours.
    """

    often: timedelta
    rarely: timedelta
    busy: frozenset[int]
    zone: ZoneInfo
    missed: float = 0.0

    def after(self, now: datetime) -> datetime:
        """The next check after one at `now`."""
        limit = now + self.rarely
        at = self._first_busy(now, limit)
        return limit if at is None else min(limit, at + self.often)

    def share_of(self, interval: timedelta) -> float:
        """How many checks it makes, as a share of those that are made at this interval."""
        runs = sum((hour + 1) % _WEEK_HOURS not in self.busy for hour in self.busy)
        # After each run of busy hours one more check comes late in the first quiet ones.
        busy = min(1.0, len(self.busy) / _WEEK_HOURS + runs * (self.often / _HOUR) / _WEEK_HOURS)
        return busy * (interval / self.often) + (1 - busy) * (interval / self.rarely)

    def _first_busy(self, now: datetime, limit: datetime) -> datetime | None:
        at = now
        while at <= limit:
            local = at.astimezone(self.zone)
            if local.weekday() * 24 + local.hour in self.busy:
                return at
            at += _HOUR - timedelta(
                minutes=local.minute, seconds=local.second, microseconds=local.microsecond
            )
        return None


_ALL = frozenset(range(_WEEK_HOURS))


# A few milliseconds each; a rhythm as a key takes some 15 kB.
@lru_cache(maxsize=1024)
def plan_of(rhythm: Rhythm, within: timedelta, zone: ZoneInfo) -> LearntFrequency:
    """The cheapest plan that is expected to keep the delay; everywhere the same if none is.

    Shape: of two plans that keep it, the one with fewer checks.
    """
    always = LearntFrequency(within, within, _ALL, zone)
    masses = [_masses(change, zone) for change in rhythm.changes]
    days = len({seen // 86400 for _, seen in rhythm.changes})
    plans = (plan for group in _GROUPS for plan in _plans(masses, days, group, always))
    best = min(plans, key=lambda plan: plan.share_of(within), default=always)
    return best if best.share_of(within) < 1 - _LEAST_SAVED else always


def _plans(
    masses: Sequence[_Masses], days: int, group: _Group, always: LearntFrequency
) -> Iterator[LearntFrequency]:
    """For each share of the changes, the busy hours that hold it, if that keeps the delay."""
    weights = _weights(len(masses))
    missed: defaultdict[float, float] = defaultdict(float)
    for fold in range(_FOLDS):
        tested = range(len(masses) * fold // _FOLDS, len(masses) * (fold + 1) // _FOLDS)
        known = [i for i in range(len(masses)) if i not in tested]
        for share, busy in _busy_hours(masses, weights, known, group):
            for i in tested:
                missed[share] += weights[i] * sum(m for h, m in masses[i].items() if h not in busy)
    total = sum(weights)
    for share, busy in _busy_hours(masses, weights, range(len(masses)), group):
        if not total or len(busy) == _WEEK_HOURS:
            continue
        # Changes of one day are not independent of each other: a day counts once.
        expected = (missed[share] / total * days + 1) / (days + 2)
        if expected * (1 - 1 / QUIET) <= 1 - KEPT:
            yield _with_equal_median(always, busy, expected)


def _with_equal_median(
    always: LearntFrequency, busy: frozenset[int], missed: float
) -> LearntFrequency:
    """The plan by which half of the changes are seen as soon as at the accepted interval."""
    within = always.often
    often = within * ((1 - missed) / (1 - missed / QUIET))
    return LearntFrequency(often, within * QUIET, busy, always.zone, missed)


def _busy_hours(
    masses: Sequence[_Masses], weights: Sequence[float], known: Sequence[int], group: _Group
) -> Iterator[tuple[float, frozenset[int]]]:
    """The hours that hold each share of the known changes, the densest first."""
    found = [0.0] * _WEEK_HOURS
    for i in known:
        for hour, mass in masses[i].items():
            found[hour] += weights[i] * mass
    smooth = [
        (found[h - 1] + 2 * found[h] + found[(h + 1) % _WEEK_HOURS]) / 4 for h in range(_WEEK_HOURS)
    ]
    members: defaultdict[int, list[int]] = defaultdict(list)
    for hour in range(_WEEK_HOURS):
        members[group(hour)].append(hour)
    held = {key: sum(smooth[h] for h in hours) for key, hours in members.items()}
    order = sorted(members, key=lambda key: -held[key] / len(members[key]))
    total = sum(held.values())
    busy: set[int] = set()
    sum_held, place = 0.0, 0
    for share in _SHARES:
        while place < len(order) and sum_held < share * total * (1 - 1e-9):
            busy |= set(members[order[place]])
            sum_held += held[order[place]]
            place += 1
        yield share, frozenset(busy)


def _weights(count: int) -> list[float]:
    return [0.5 ** ((count - 1 - i) / _HALF_LIFE) for i in range(count)]


@lru_cache(maxsize=4096)
def _masses(change: tuple[int, int], zone: ZoneInfo) -> _Masses:
    """Where in the week a change fell: evenly between the checks before and after it."""
    after, seen = change
    if seen - after > _WIDEST.total_seconds():
        return dict.fromkeys(range(_WEEK_HOURS), 1 / _WEEK_HOURS)
    steps = max(1, math.ceil((seen - after) / 900))
    masses: defaultdict[int, float] = defaultdict(float)
    for step in range(steps):
        at = after + (seen - after) * (step + 0.5) / steps
        local = datetime.fromtimestamp(at, UTC).astimezone(zone)
        masses[local.weekday() * 24 + local.hour] += 1 / steps
    return masses


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is learnt of a page, for people.

    Units: `days` is the number of different days on which it was seen to have changed;
           `saved` is the share of the checks that the accepted delay as an interval would make.
    """

    plan: LearntFrequency
    within: timedelta
    changes_per_week: float
    days: int
    is_silent: bool

    @property
    def is_uniform(self) -> bool:
        """Whether no hours are told apart."""
        return len(self.plan.busy) == _WEEK_HOURS

    @property
    def saved(self) -> float:
        return 1 - self.plan.share_of(self.within)


def estimate_of(
    plan: LearntFrequency, within: timedelta, rhythm: Rhythm, now: datetime
) -> Estimate:
    """The estimate behind a plan."""
    count, days = _gamma(rhythm, now.timestamp())
    changed_on = len({seen // 86400 for _, seen in rhythm.changes})
    return Estimate(plan, within, 7 * count / days, changed_on, is_silent(rhythm, now))


def least_interval(minimum: timedelta, pages: int, gap_seconds: float) -> timedelta:
    """The shortest interval at which all pages of a host can be checked, so far apart."""
    return max(minimum, timedelta(seconds=pages * gap_seconds))


def show_busy(busy: frozenset[int]) -> str:
    """Hours of the week for people: mon-fri 09:00-18:00, sat 10:00-12:00."""
    days: defaultdict[tuple[tuple[int, int], ...], set[int]] = defaultdict(set)
    for day in range(7):
        hours = [hour for hour in range(24) if day * 24 + hour in busy]
        begins = [hour for hour in hours if hour - 1 not in hours]
        ends = [hour + 1 for hour in hours if hour + 1 not in hours]
        if hours:
            days[tuple(zip(begins, ends, strict=True))].add(day)
    return ", ".join(
        f"{show_days(frozenset(of))} {show_hours(tuple((b * 60, e * 60) for b, e in ranges))}"
        for ranges, of in days.items()
    )


def is_silent(rhythm: Rhythm, now: datetime) -> bool:
    """Whether the page has not changed for so long that its history says nothing any more.

    Shape: by the rate up to its last change, such a silence is less likely than one in a hundred.
    """
    if not rhythm.changes:
        return True
    last = rhythm.changes[-1][1]
    count, days = _gamma(rhythm, last)
    silent_days = (now.timestamp() - last) / 86400
    unchanged = (days / (days + max(0.0, silent_days))) ** count
    return bool(unchanged < _UNEXPECTED)


def _gamma(rhythm: Rhythm, until: float) -> tuple[float, float]:
    """Changes and days, each with the prior's."""
    since = rhythm.changes[0][0] if rhythm.changes else until
    return len(rhythm.changes) + _PRIOR_CHANGES, max(0.0, until - since) / 86400 + _PRIOR_DAYS
