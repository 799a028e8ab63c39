"""Reports which hosts a check waits for, and what it leaves unchecked."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from daemon.cli.terminal.show import Clean, hint
from daemon.runtime.check_now import Left
from daemon.runtime.observer import Observer
from daemon.wording import duration, listed

_WORTH_A_LINE_SECONDS = 2.0
_HOSTS_TOLD = 10
_NAMES_TOLD = 5


class Waiting(Observer):
    """Prints to stderr which host is waited for: each wait once, and only the first hosts."""

    def __init__(self, clean: Clean, clock: Callable[[], float] = time.monotonic) -> None:
        self._clean = clean
        self._clock = clock
        self._until: dict[str, float] = {}

    def on_waiting(self, host: str, seconds: float, reason: str) -> None:
        """Print a wait for a host."""
        until = self._clock() + seconds
        is_told = until - self._until.get(host, float("-inf")) < _WORTH_A_LINE_SECONDS
        if seconds < _WORTH_A_LINE_SECONDS or is_told:
            return
        is_new = host not in self._until
        if is_new and len(self._until) > _HOSTS_TOLD:
            return
        self._until[host] = until
        if len(self._until) > _HOSTS_TOLD:
            hint("waiting for more hosts")
        else:
            hint(f"waiting {duration(seconds)} for {self._clean.line(host)}: {reason}")


def left_lines(left: Sequence[Left], clean: Clean) -> Iterator[str]:
    """One line for each host, with the names of those not checked there."""
    by_host: defaultdict[tuple[str, str], list[Left]] = defaultdict(list)
    for one in left:
        by_host[one.page.host, one.reason].append(one)
    for (host, reason), several in by_host.items():
        names = [name for one in several for name in one.page.names or (one.page.request.url,)]
        told = listed([clean.url(name) for name in names], _NAMES_TOLD)
        line = f"not checked: {told}: {reason}"
        if not (several[0].is_held or several[0].is_unreadable):
            wait = duration(max(min(one.wait_seconds for one in several), 1.0))
            line += f", and {clean.line(host)} may be asked in {wait}"
        yield line


def left_json(left: Iterable[Left], clean: Clean) -> Iterator[dict[str, Any]]:
    """One object for each site and product that was not checked."""
    for one in left:
        common = {
            "verdict": "not_checked",
            "url": clean.url(one.page.request.url),
            "host": clean.line(one.page.host),
            "reason": one.reason,
            "wait_seconds": round(one.wait_seconds, 1),
        }
        if one.is_unreadable:
            yield common
        for site in one.page.sites:
            yield {"site": clean.line(site.name), **common}
        for product in one.page.products:
            yield {"product": clean.line(product.name), **common}
