"""Measures how many requests a learnt frequency saves against the best fixed interval.

    python benchmarks/frequency.py                     2h accepted, 20 pages of each kind, a year
    python benchmarks/frequency.py --within 30m --pages 40 --weeks 104
    python benchmarks/frequency.py --recorded FILE     instants, a line each; a blank ends a page

Each kind of history is watched by the planner of the daemon, which learns from nothing but what
its own checks see, from the first day on. The fixed interval beside it is the longest whose median
and 95th percentile of delay are both no worse, on the same changes.
"""

from __future__ import annotations

import argparse
import gzip
import math
import random
import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from daemon.model.request import Rhythm, Timing
from daemon.schedule.next_check import (
    LastCheck,
    ScheduleLimits,
    frequency_of,
    learnt,
    next_check_at,
    parse_duration,
)

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
ZONE = "Europe/Berlin"
LIMITS = ScheduleLimits(minimum_interval=timedelta(seconds=1), jitter=0.0)
HOUR, DAY, WEEK = 3600.0, 86400.0, 604800.0
DEBIAN = Path("/usr/share/doc")
_SIGNED = re.compile(r"^ -- .*>  (.+)$", re.MULTILINE)
_PHASES = 8
_FEWEST = 40  # recorded changes of a page, for percentiles to mean something

Instants = list[float]  # seconds since BEGIN


@dataclass(frozen=True, slots=True)
class Watched:
    """What watching some pages came to: a delay for each change, and the requests made."""

    delays: tuple[float, ...]
    requests: int

    def quantile(self, share: float) -> float:
        """The delay that so large a share of the changes did not exceed."""
        ordered = sorted(self.delays)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0


# Histories


def poisson(dice: random.Random, weeks: int, per_week: float = 5.0) -> Instants:
    """Changes at any time."""
    found, at = [], 0.0
    while (at := at + dice.expovariate(per_week / WEEK)) < weeks * WEEK:
        found.append(at)
    return found


def office(dice: random.Random, weeks: int) -> Instants:
    """Changes in working hours, a few each day; one in fifty at any other time."""
    return [
        at
        for at in poisson(dice, weeks, 15.0 * WEEK / (45 * HOUR))
        if _is_office(at) or dice.random() < 1 / 50 * 45 / 123
    ]


def weekly(dice: random.Random, weeks: int) -> Instants:
    """A release on Tuesdays around ten, give or take an hour; one in twenty-five on another day."""
    found = []
    for week in range(weeks):
        day = 1 if dice.random() > 1 / 25 else dice.randrange(7)
        found.append(week * WEEK + day * DAY + dice.gauss(9, 0.7) * HOUR)
    return sorted(found)


def daily(dice: random.Random, weeks: int) -> Instants:
    """A bulletin every morning, within an hour and a half."""
    return [day * DAY + dice.uniform(5, 6.5) * HOUR for day in range(weeks * 7)]


def bursts(dice: random.Random, weeks: int) -> Instants:
    """Bursts of about eight changes within some hours, at any time."""
    found: Instants = []
    for begin in poisson(dice, weeks, 1.0):
        at = begin
        for _ in range(1 + int(dice.expovariate(1 / 8))):
            found.append(at)
            at += dice.expovariate(1 / (0.7 * HOUR))
    return sorted(at for at in found if at < weeks * WEEK)


def moves(dice: random.Random, weeks: int) -> Instants:
    """Working hours for the first half, and evenings afterwards."""
    half = weeks // 2 * WEEK
    before = [at for at in office(dice, weeks) if at < half]
    return before + [at + 10 * HOUR for at in office(dice, weeks) if at >= half]


def dead(dice: random.Random, weeks: int) -> Instants:
    """A page that changes about twice a year."""
    return poisson(dice, weeks, 2 / 52)


KINDS: dict[str, Callable[[random.Random, int], Instants]] = {
    one.__name__: one for one in (poisson, office, weekly, daily, bursts, moves, dead)
}


def _is_office(at: float) -> bool:
    local = (BEGIN + timedelta(seconds=at)).astimezone(ZoneInfo(ZONE))
    return local.weekday() < 5 and 9 <= local.hour < 18


def recorded(text: str) -> list[Instants]:
    """The pages of a file, each from its first change on."""
    pages = [
        [datetime.fromisoformat(line).timestamp() for line in page.split()]
        for page in re.split(r"\n\s*\n", text.strip())
    ]
    return [_from_its_monday(sorted(page)) for page in pages if page]


def debian_releases() -> list[Instants]:
    """When each source package installed here was released, as its changelog says."""
    found: dict[str, Instants] = {}
    for path in sorted(DEBIAN.glob("*/changelog.Debian.gz")):
        text = gzip.decompress(path.read_bytes()).decode(errors="replace")
        times = [parsedate_to_datetime(date).timestamp() for date in _SIGNED.findall(text)]
        source = text.partition(" ")[0]
        times = sorted(at for at in times if at > max(times) - 5 * 52 * WEEK)
        if len(times) >= _FEWEST:
            found[source] = _from_its_monday(times)
    return list(found.values())


def _from_its_monday(times: Instants) -> Instants:
    """The instants moved by whole weeks, so that the first lies in the first week."""
    weeks = (times[0] - BEGIN.timestamp()) // WEEK
    return [at - BEGIN.timestamp() - weeks * WEEK for at in times]


# Watching


def watch_learning(changes: Sequence[float], within: timedelta, ends: float) -> Watched:
    """Watch a page by the daemon's own planner."""
    frequency = frequency_of(Timing("auto", ZONE, detect_within=f"{within.total_seconds():.0f}s"))
    rhythm, at, place = Rhythm(), 0.0, 0
    delays: list[float] = []
    requests = 1
    while at < ends:
        now = BEGIN + timedelta(seconds=at)
        due = next_check_at(learnt(frequency, rhythm, now), LastCheck(), now, LIMITS, 0.0)
        before, at = at, (due - BEGIN).total_seconds()
        requests += 1
        seen = bisect_left(changes, at, place)
        if seen > place:
            delays += [at - change for change in changes[place:seen]]
            origin = BEGIN.timestamp()
            rhythm = rhythm.and_seen(int(origin + before), int(origin + at))
            place = seen
    return Watched(tuple(delays), requests)


def watch_fixed(changes: Sequence[float], interval: float, ends: float) -> Watched:
    """Watch a page at a fixed interval, begun at several moments, as chance would have it."""
    phases = [interval * number / _PHASES for number in range(_PHASES)]
    delays = (
        math.ceil((change - phase) / interval) * interval + phase - change
        for phase in phases
        for change in changes
    )
    return Watched(tuple(delays), int(ends / interval) + 1)


def together(several: Iterable[Watched]) -> Watched:
    """What watching several pages came to."""
    several = list(several)
    delays = tuple(delay for one in several for delay in one.delays)
    return Watched(delays, sum(one.requests for one in several))


@dataclass(frozen=True, slots=True)
class Compared:
    """A learnt frequency, the accepted delay as an interval, and the best fixed interval."""

    within: float
    learnt: Watched
    plain: Watched
    best: Watched

    def row(self, name: str) -> str:
        """A line of the table; delays are in accepted delays."""
        kept = sum(delay <= self.within for delay in self.learnt.delays) / len(self.learnt.delays)
        medians, nineties = (
            f"{self._quantile(self.learnt, share)} / {self._quantile(self.best, share)}"
            for share in (0.5, 0.95)
        )
        cells = (
            f"`{name}`",
            f"{len(self.learnt.delays):,}",
            f"{kept:.1%}",
            medians,
            nineties,
            f"{max(self.learnt.delays) / self.within:.1f}",
            f"{self.saved(self.plain):.0%}",
            f"{self.saved(self.best):.0%}",
        )
        return f"| {' | '.join(cells)} |"

    def saved(self, other: Watched) -> float:
        """The share of the other's requests that the learnt frequency did not make."""
        return 1 - self.learnt.requests / other.requests

    def _quantile(self, watched: Watched, share: float) -> str:
        return f"{watched.quantile(share) / self.within:.2f}"


def compare(pages: Sequence[Sequence[float]], within: timedelta, ends: Sequence[float]) -> Compared:
    """Watch these pages, each until its end, in all three ways."""
    both = list(zip(pages, ends, strict=True))
    seconds = within.total_seconds()
    learning = together(watch_learning(page, within, end) for page, end in both)

    def fixed(interval: float) -> Watched:
        return together(watch_fixed(page, interval, end) for page, end in both)

    shares = [(share, learning.quantile(share)) for share in (0.5, 0.95)]
    tried = (fixed(seconds * percent / 100) for percent in range(150, 0, -1))
    best = next(one for one in tried if all(one.quantile(s) <= delay for s, delay in shares))
    return Compared(seconds, learning, fixed(seconds), best)


def generated(kind: str, pages: int, weeks: int, seed: int = 7) -> list[Instants]:
    """Histories of one kind; of rare changes many, so that percentiles mean something."""
    count = pages * (10 if kind == "dead" else 1)
    return [KINDS[kind](random.Random(f"{seed} {kind} {i}"), weeks) for i in range(count)]


def main() -> None:
    """Print a table, a row for each kind of history."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--within", type=parse_duration, default=timedelta(hours=2))
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--recorded", type=Path)
    given = parser.parse_args()
    print("| history | changes | kept | median | 95 % | longest | of plain | of best |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind in KINDS:
        pages = generated(kind, given.pages, given.weeks)
        ends = [given.weeks * WEEK] * len(pages)
        print(compare(pages, given.within, ends).row(kind), flush=True)
    pages = recorded(given.recorded.read_text()) if given.recorded else debian_releases()
    if pages:
        ends = [page[-1] + DAY for page in pages]
        name = "recorded" if given.recorded else "Debian"
        print(compare(pages, given.within, ends).row(name))


if __name__ == "__main__":
    main()
