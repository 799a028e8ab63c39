"""Prints outcomes as they arrive, with counts and a progress bar, without keeping any."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from daemon.cli.terminal.report import outcome_json, outcome_lines
from daemon.cli.terminal.show import BAD, DIM, WARM, Clean, is_terminal, json_line, say
from daemon.display.times import seconds
from daemon.display.words import count
from daemon.model.outcome import Outcome
from daemon.model.status import Verdict
from daemon.runtime.observer import Observer

_WORTH_A_LINE = (Verdict.CHANGED, Verdict.FAILED)
_ORDER = (Verdict.CHANGED, Verdict.INITIAL, Verdict.UNCHANGED, Verdict.NOT_MODIFIED, Verdict.FAILED)
_WORDS = {
    Verdict.CHANGED: "changed",
    Verdict.INITIAL: "seen first",
    Verdict.UNCHANGED: "unchanged",
    Verdict.NOT_MODIFIED: "not modified",
    Verdict.FAILED: "failed",
}


class Tally(Observer):
    """Prints each outcome, or only those that matter if there are many, and counts them all."""

    def __init__(
        self, clean: Clean, *, as_json: bool, of_many: bool, with_diffs: bool = True
    ) -> None:
        self.clean = clean
        self.verdicts: Counter[Verdict] = Counter()
        self._significant = 0
        self._products = 0
        self._alerts = 0
        self._as_json = as_json
        self._of_many = of_many
        self._with_diffs = with_diffs
        self._began = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    @property
    def has_failures(self) -> bool:
        return self.verdicts[Verdict.FAILED] > 0

    def on_checked(self, outcome: Outcome) -> None:
        """Print and count one more outcome."""
        of_sites = [one.verdict for one in outcome.sites]
        of_products = [one.verdict for one in outcome.products]
        verdicts = of_sites + of_products or [outcome.verdict]
        self._count(outcome, verdicts)
        if self._bar is not None:
            self._bar.advance(self._task)
        if self._as_json:
            for shown in outcome_json(outcome, self.clean):
                json_line(shown)
        elif not self._of_many or _is_worth_a_line(outcome, verdicts):
            for line in outcome_lines(outcome, self.clean, diff=self._with_diffs):
                say(line)

    def _count(self, outcome: Outcome, verdicts: list[Verdict]) -> None:
        self.verdicts.update(verdicts)
        self._products += len(outcome.products) or (not outcome.page.sites)
        updates = (one.update for one in outcome.sites if one.update)
        self._significant += sum(update.finding.is_significant for update in updates)
        self._alerts += sum(len(one.alerts) for one in outcome.products)

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show a bar while many are checked, if a person is watching."""
        if self._as_json or not self._of_many or not is_terminal():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(), transient=True) as self._bar:
            self._task = self._bar.add_task("checks", total=None)
            yield
        self._bar = None

    def expect(self, total: int) -> None:
        """Set how many checks there will be."""
        if self._bar is not None:
            self._bar.update(self._task, total=total)

    def sum_up(self) -> None:
        """Print one line for all of them."""
        if self._as_json or not self._of_many:
            return
        total = sum(self.verdicts.values())
        told = [self._part(verdict) for verdict in _ORDER if self.verdicts[verdict]]
        told += [click.style(count(self._alerts, "alert"), **WARM)] if self._alerts else []
        took = click.style(f"in {seconds(time.monotonic() - self._began)}", **DIM)
        say(f"{self._number(total)} checked {took}: {', '.join(told) or 'nothing to do'}")

    def _number(self, total: int) -> str:
        sites = count(total - self._products, "site")
        if not self._products:
            return sites
        products = count(self._products, "product")
        return products if total == self._products else f"{sites} and {products}"

    def _part(self, verdict: Verdict) -> str:
        text = f"{self.verdicts[verdict]:,} {_WORDS[verdict]}"
        if verdict is Verdict.CHANGED:
            return click.style(text, **WARM) + f" ({self._significant:,} significant)"
        return click.style(text, **BAD) if verdict is Verdict.FAILED else text


def _is_worth_a_line(outcome: Outcome, verdicts: list[Verdict]) -> bool:
    is_news = any(verdict in _WORTH_A_LINE for verdict in verdicts)
    return is_news or any(
        one.lost or one.is_nothing or any(met.problem for met in one.conditions.values())
        for one in outcome.sites
    )
