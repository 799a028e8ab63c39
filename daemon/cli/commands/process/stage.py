"""Shows a newcomer the outcomes of the demonstration."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from shlex import quote

import click

from daemon.cli.terminal.diffing import show_change
from daemon.cli.terminal.offers import alert_json, alert_line
from daemon.cli.terminal.report import change_json, finding_lines
from daemon.cli.terminal.show import BAD, DIM, GOOD, STRONG, Clean, hint, json_line, say
from daemon.demo.site import DemoSite
from daemon.display.times import seconds, stamp
from daemon.display.words import count
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.status import Verdict
from daemon.runtime.observer import Observer
from daemon.wording import duration

_DIFF_LINES = 6


class Stage(Observer):
    """Prints changes, outages and their ends; counts the rest."""

    def __init__(self, *, as_json: bool, began: float) -> None:
        self._as_json = as_json
        self._began = began
        self._clean = Clean()
        self._failing: dict[str, str] = {}
        self._alerts = 0
        self._counts: Counter[Verdict] = Counter()
        self._site: DemoSite | None = None

    def open(self, site: DemoSite, ends_after: float | None) -> None:
        """Announce what will happen."""
        self._site = site
        if self._as_json:
            return
        end = f"It ends by itself after {duration(ends_after)}" if ends_after else "Ctrl-C ends it"
        number = count(len(site.pages), "page")
        say(f"A made-up web of {number} is checked every second; it stands at {site.base_url}")
        say(f"The first changes come within ten seconds; after {duration(site.total_seconds)}", DIM)
        say(f"every page has come to its end. {end}.", DIM)

    def on_pages_open(self, address: str) -> None:
        """Say where the demonstration can be watched in a browser."""
        if self._as_json:
            json_line({"pages_at": address})
            return
        say()
        say(f"Open {click.style(address, **STRONG)} to see it all in the browser.")

    def on_checked(self, outcome: Outcome) -> None:
        """Show one more outcome of the daemon."""
        for one in outcome.sites or [_whole(outcome)]:
            self._counts[one.verdict] += 1
            self._tell_trouble(outcome, one)
            if one.update is not None:
                self._tell_change(outcome, one)
        for found in outcome.products:
            self._tell_alerts(outcome, found)

    def close(self, kept: Path | None) -> None:
        """Explain what was shown."""
        if self._as_json:
            return
        total = sum(self._counts.values())
        quiet = self._counts[Verdict.UNCHANGED] + self._counts[Verdict.NOT_MODIFIED]
        changed = self._counts[Verdict.CHANGED]
        say()
        say(
            f"{count(total, 'check')} in {seconds(time.monotonic() - self._began)}: "
            f"{count(changed, 'change')}, {count(self._alerts, 'price alert')}; "
            f"{quiet} times nothing but noise; {self._counts[Verdict.FAILED]} failed",
            STRONG,
        )
        if kept is not None:
            url = quote(f"sqlite:///{kept / 'changelogger.db'}")
            hint(f"to look again: CHANGELOGGER__DATABASE__URL={url} changelogger changes")

    def _tell_change(self, outcome: Outcome, one: SiteOutcome) -> None:
        if one.update is None:
            return
        if self._as_json:
            common = {"site": one.site.name, "url": self._clean.url(outcome.page.request.url)}
            shown = change_json(one, self._clean) or {}
            json_line({"detected_at": stamp(outcome.started_at), **common, **shown})
            return
        self._head(outcome.started_at, one)
        finding = one.update.finding
        for line in finding_lines(finding, self._clean):
            say(line)
        if finding.change is not None:
            for line in show_change(finding.change, self._clean, _DIFF_LINES):
                say(line)

    def _tell_alerts(self, outcome: Outcome, found: ProductOutcome) -> None:
        name, url = found.product.name, self._clean.url(outcome.page.request.url)
        for alert in found.alerts:
            self._alerts += 1
            if self._as_json:
                shown = {"detected_at": stamp(outcome.started_at), "product": name, "url": url}
                json_line(shown | alert_json(alert))
                continue
            self._headline(outcome.started_at, name)
            say(f"  {alert_line(alert, self._clean)}")

    def _tell_trouble(self, outcome: Outcome, one: SiteOutcome) -> None:
        """Show the beginning and the end of an outage once each; it is no change of the page."""
        trouble = _trouble(outcome, one)
        before = self._failing.pop(one.site.name, None)
        if trouble is not None:
            self._failing[one.site.name] = trouble
        if self._as_json or before == trouble:
            return
        self._head(outcome.started_at, one)
        if trouble is not None:
            detail = self._clean.line(one.error_detail or outcome.error_detail).rstrip(".")
            say(f"  {click.style(trouble, **BAD)}: {detail}; not taken for a change")
        else:
            say(f"  {click.style('can be read again', **GOOD)} ({before} is over)")

    def _head(self, at: datetime, one: SiteOutcome) -> None:
        self._headline(at, one.site.name)

    def _headline(self, at: datetime, name: str) -> None:
        say()
        clock = click.style(f"{at.astimezone():%H:%M:%S}", **DIM)
        say(f"{clock}  {click.style(self._clean.line(name), **STRONG)}")


def _trouble(outcome: Outcome, one: SiteOutcome) -> str | None:
    """What was served in place of the page, or why it could not be read, in a word or two."""
    if one.blind_spot is not None:
        return one.blind_spot.words
    error_class = one.error_class or outcome.error_class
    return error_class.value if error_class else None


def _whole(outcome: Outcome) -> SiteOutcome:
    """The outcome of an unreadable page, as that of its first site."""
    return SiteOutcome(
        outcome.page.sites[0],
        outcome.verdict,
        error_class=outcome.error_class,
        error_detail=outcome.error_detail,
    )
