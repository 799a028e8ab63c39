"""Says where something cannot be checked as often as its owner wishes, or as rarely."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath, show_duration
from daemon.model.request import AUTO as RENDERED_IF_NEEDED
from daemon.model.request import HTTP, Timing
from daemon.schedule.next_check import AUTO, parse_duration, parse_frequency


def unkept_timing(path: KeyPath, timing: Timing, renderer: str, config: Config) -> Iterator[Flaw]:
    """What of a timing is not kept, by the bounds of all checks and of those by a browser."""
    bounds = config.schedule
    section, least = "schedule", bounds.minimum_interval
    if renderer != HTTP and config.browser.minimum_interval > least:
        section, least = "browser", config.browser.minimum_interval
    where = "where it is rendered, " if _is_for_browser(section, renderer) else ""
    if timing.check_frequency == AUTO:
        if timing.detect_within and not where:
            yield from _delay(path, timing.detect_within, section, least)
        return
    frequency = parse_frequency(timing.check_frequency, timing.time_zone or bounds.time_zone)
    if frequency.interval < least:
        bound = f"{section}.minimum_interval"
        yield _not_kept(path, timing.check_frequency, bound, least, where)
    elif frequency.firings is None and frequency.interval > bounds.maximum_interval:
        most = "schedule.maximum_interval", bounds.maximum_interval
        yield _not_kept(path, timing.check_frequency, *most)


def _is_for_browser(section: str, renderer: str) -> bool:
    return section == "browser" and renderer == RENDERED_IF_NEEDED


def _delay(path: KeyPath, text: str, section: str, least: timedelta) -> Iterator[Flaw]:
    """A delay that cannot be kept, as nothing is checked so often."""
    if parse_duration(text) < least:
        shown = show_duration(least)
        problem = f'"{text}" is shorter than {section}.minimum_interval, {shown}'
        hint = f"write {shown} or more, or change {section}.minimum_interval"
        yield Flaw((*path, "detect_within"), f"{problem}: it cannot be kept", hint)


def _not_kept(path: KeyPath, text: str, bound: str, kept: timedelta, where: str = "") -> Flaw:
    shown = show_duration(kept)
    order = "shorter" if bound.endswith("minimum_interval") else "longer"
    return Flaw(
        (*path, "check_frequency"),
        f'"{text}" is {order} than {bound}, which is {shown}: {where}checked every {shown}',
        f"write {shown}, or change {bound}",
    )
