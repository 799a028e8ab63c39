"""Runs the checks that the command line asks for, and reports the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from daemon.cli.commands.process.explained import has_failed, show_explained
from daemon.cli.commands.process.glance import show_glance
from daemon.cli.commands.process.offering import BrowserOffer
from daemon.cli.commands.rules import site_from
from daemon.cli.terminal.show import Clean, hint, json_line
from daemon.cli.terminal.tally import Tally
from daemon.cli.terminal.waiting import Waiting, left_json, left_lines
from daemon.config import Config
from daemon.display.times import utc_now
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.status import Verdict
from daemon.operations import checks
from daemon.operations.installation.opening import prepare
from daemon.operations.sites import SiteView
from daemon.operations.viewers import local_owner
from daemon.pipeline.explaining import PageExplained
from daemon.runtime.check_now import CheckNow, Left
from daemon.runtime.observer import Observers
from daemon.wording import listed


@dataclass(frozen=True, slots=True)
class Task:
    """The request of the command line."""

    words: Sequence[str]
    tags: Sequence[str]
    everything: bool
    dry_run: bool
    rules: Mapping[str, Any]  # to try out
    patience_seconds: float  # for a host that must not be asked yet
    file: Path | None  # only an existing file defines what is watched
    options: str = ""  # those rules as they were typed
    explain: bool = False  # how pages are read, instead of what changed on them


class Checking:
    """One `check`, from the words to the summary."""

    def __init__(self, config: Config, task: Task, as_json: bool) -> None:
        self._config = config
        self._task = task
        self._as_json = as_json
        self._clean = Clean(config.secrets())
        is_of_many = task.everything or bool(task.tags)
        self.report = Tally(
            self._clean,
            as_json=as_json,
            # Of explanations there is nothing to sum up.
            of_many=is_of_many and not task.explain,
            # Stored changes can be shown later, by `diff`.
            with_diffs=task.dry_run or not is_of_many,
        )
        self._offer = BrowserOffer(config, task.file, self._clean)
        observer = Observers(self.report, Waiting(self._clean), self._offer)
        self._now = CheckNow(config, observer, task.patience_seconds, utc_now)
        self._left: list[Left] = []
        self._missing: Sequence[str] = ()

    def prepare(self) -> None:
        """Create the database if there are sites to store in it."""
        if not (self._task.dry_run or self._task.rules) and checks.is_kept(self._config):
            prepare(self._config)

    async def run(self) -> None:
        """Run everything requested."""
        with self.report.progress():
            plan = await self._plan()
            self._missing = plan.missing
            for one in plan.paused:
                noun = "sites" if isinstance(one, SiteView) else "products"
                hint(f"{one.name} is paused: changelogger {noun} resume {quote(one.name)}")
            strangers = self._pages_of(plan.urls)
            if self._task.explain:
                pages = [*plan.looks, *strangers]
                self.report.expect(len(pages))
                self._left += await self._now.explain(pages, self._explain)
                return
            self._left += await self._now.check(plan.page_ids, self.report.expect)
            if plan.looks:
                self.report.expect(len(plan.looks))
            self._left += await self._now.look_at(plan.looks)
            self._left += await self._now.read_once(strangers, self._glance)
            if not self._as_json:
                left = await self._offer.show_rendered(self._now, self._task.options)
                self._left += left

    def sum_up(self) -> None:
        """Print the closing lines."""
        self.report.sum_up()
        if self._missing:
            names = listed([self._clean.line(name) for name in self._missing], 3)
            hint(
                f"the configuration lacks {names}: all stay as they are, "
                "for only `changelogger run` removes"
            )
        if self._as_json:
            for shown in left_json(self._left, self._clean):
                json_line(shown)
        else:
            for line in left_lines(self._left, self._clean):
                hint(line)
            self._offer.tell_of_sites()

    @property
    def has_failures(self) -> bool:
        """Whether a check failed, or was left out although no other process makes it."""
        return self.report.has_failures or not all(one.is_held for one in self._left)

    async def _plan(self) -> checks.CheckPlan:
        task, viewer = self._task, local_owner(self._config)
        if task.rules:
            return checks.CheckPlan(urls=task.words)
        words = None if task.everything else task.words
        if task.dry_run:
            return await checks.to_look_at(self._config, viewer, words, utc_now(), task.tags)
        tags, takes_up = task.tags, task.file is not None
        return await checks.to_check(
            self._config, viewer, words, utc_now(), tags=tags, takes_up=takes_up
        )

    def _pages_of(self, urls: Sequence[str]) -> list[Page]:
        """The pages of these URLs, with the options to try out."""
        sites = [site_from(self._config, {"url": url, **self._task.rules}) for url in urls]
        return checks.pages_of_urls(self._config, sites, utc_now())

    def _explain(self, one: PageExplained) -> None:
        self.report.verdicts[Verdict.FAILED if has_failed(one) else Verdict.UNCHANGED] += 1
        show_explained(one, self._clean, as_json=self._as_json)
        if not one.page.sites:
            hint(f"{', '.join(one.page.names)} is a product: its price is read by other means")

    def _glance(self, outcome: Outcome) -> None:
        self.report.verdicts[outcome.verdict] += 1
        self._offer.on_read_once(outcome)
        show_glance(outcome, self._clean, self._task.options, as_json=self._as_json)
