"""What is to be checked in; the checks done, by the daemon's own road or without a trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from shlex import quote
from typing import Any, TypeAlias

from daemon.cli.commands.finding import canonical, no_site, products_named, sites_named
from daemon.cli.commands.process.glance import show_glance
from daemon.cli.commands.rules import site_from
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure
from daemon.cli.terminal.show import Clean, hint, json_line
from daemon.cli.terminal.tally import Tally
from daemon.cli.terminal.times import utc_now
from daemon.cli.terminal.waiting import Waiting, left_json, left_lines
from daemon.config import Config
from daemon.fetch.politeness.throttle import Manners
from daemon.model.outcome import Outcome
from daemon.model.page import Page
from daemon.model.site import SiteSpec
from daemon.model.viewer import Role, Viewer
from daemon.operations.configuration import Removing, apply
from daemon.operations.described import product_specs_of, spec_of, specs_of
from daemon.operations.opening import prepare
from daemon.pipeline.context import Tools
from daemon.runtime.app import App, manners_of, open_app, open_tools
from daemon.runtime.check_now import Left, check_all, check_these, look
from daemon.runtime.observer import Observers
from daemon.store.catalogue.dry_run import page_of, pages_to_look_at, product_page_of
from daemon.store.catalogue.products import ProductSpec
from daemon.store.core.database import Database
from daemon.store.core.opening import database_of, is_missing, open_database
from daemon.store.record.hosts import load_hosts
from daemon.store.views.products import ProductView, list_products
from daemon.store.views.sites import SiteView, names_and_urls
from daemon.wording import listed

_ALL = Viewer("", Role.ADMIN)
_View: TypeAlias = SiteView | ProductView
_Spec: TypeAlias = SiteSpec | ProductSpec
_Identity: TypeAlias = tuple[str, str, str | None]  # owner, name, and a product's address


@dataclass(frozen=True, slots=True)
class Task:
    """What the command line asks for."""

    words: Sequence[str]
    everything: bool
    dry_run: bool
    rules: Mapping[str, Any]  # to be tried out
    patience_seconds: float  # with a host that is not to be asked now
    has_file: bool  # only a file that was found says what is to be watched


class Checking:
    """One `check`, from the words to the summary."""

    def __init__(self, config: Config, task: Task, as_json: bool) -> None:
        self._config = config
        self._task = task
        self._as_json = as_json
        self._clean = Clean(config.secrets())
        self.report = Tally(
            self._clean,
            as_json=as_json,
            of_many=task.everything,
            # What is stored can be looked at again: `diff` shows it.
            with_diffs=task.dry_run or not task.everything,
        )
        self._left: list[Left] = []
        self._missing: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Make the database when there are sites to be kept in it."""
        if not (self._task.dry_run or self._task.rules or self._is_without_sites()):
            prepare(self._config)

    def _is_without_sites(self) -> bool:
        is_empty = not (self._config.sites or self._config.products)
        return is_empty and is_missing(self._config.database)

    async def run(self) -> None:
        """All that is asked for."""
        with self.report.progress():
            if self._task.rules:
                await self._glance_at_urls(self._task.words)
            elif self._task.dry_run:
                await self._look_at_all() if self._task.everything else await self._look_at_named()
            elif self._is_without_sites():
                await self._glance_at_urls(self._task.words)
            elif self._task.everything:
                await self._check_all()
            else:
                await self._check_named()

    def sum_up(self) -> None:
        """The closing lines."""
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

    @property
    def has_failures(self) -> bool:
        """Whether a check failed, or was not made although no other process was making it."""
        return self.report.has_failures or not all(one.is_held for one in self._left)

    @asynccontextmanager
    async def _app(self) -> AsyncIterator[App]:
        observer = Observers(self.report, Waiting(self._clean))
        async with open_app(self._config, "check", observer, self._task.patience_seconds) as app:
            yield app

    async def _check_all(self) -> None:
        async with self._app() as app:
            await self._take_up(app.database)
            self._left += await check_all(app, self.report.expect)

    async def _take_up(self, database: Database) -> None:
        """Bring what the file has into the database; what it lacks only `run` removes."""
        if not self._task.has_file:
            return
        synced = await apply(database, _ALL, self._config, utc_now(), Removing.LATER)
        self._missing = synced.missing

    async def _check_named(self) -> None:
        async with open_database(self._config.database) as database:
            await self._take_up(database)
            owned, urls = await self._sort(database)
            await self._refuse_words(database, urls)
        active = self._without_paused(owned)
        page_ids = dict.fromkeys(one.page_id for one in active if one.page_id)
        if page_ids:
            async with self._app() as app:
                self._left += await check_these(app, list(page_ids))
        await self._glance_at_urls(urls)

    def _without_paused(self, owned: Sequence[_View]) -> list[_View]:
        for one in owned:
            if not one.is_active:
                noun = "sites" if isinstance(one, SiteView) else "products"
                hint(f"{one.name} is paused: changelogger {noun} resume {quote(one.name)}")
        return [one for one in owned if one.is_active]

    async def _sort(self, database: Database) -> tuple[list[_View], list[str]]:
        """The sites and products that are meant, and the URLs that are none."""
        named, missing = await sites_named(database, self._task.words)
        products, _ = await products_named(database, self._task.words)
        known = {key for product in products for key in (product.name, product.url)}
        missing = [word for word in missing if not {word, canonical(word)} & known]
        sites = {site.id: site for several in named.values() for site in several}
        return [*sites.values(), *products], missing

    async def _refuse_words(self, database: Database, words: Sequence[str]) -> None:
        for word in words:
            if "://" not in word:
                raise await no_site(database, word)

    async def _look_at_named(self) -> None:
        words = self._task.words
        if is_missing(self._config.database):
            specs, urls = self._sort_by_file(words)
            await self._look(_pages_of(specs), None)
        else:
            async with open_database(self._config.database) as database:
                owned, missing = await self._sort(database)
                specs, urls = self._sort_by_file(missing)
                await self._refuse_words(database, urls)
                active = self._without_paused(owned)
                ids = dict.fromkeys(one.page_id for one in active if one.page_id)
                async with database.reading() as session:
                    pages = await pages_to_look_at(session, list(ids))
                await self._look(pages + _pages_of(specs), database)
        await self._glance_at_urls(urls)

    async def _look_at_all(self) -> None:
        specs = _specs_of(self._config)
        if is_missing(self._config.database):
            await self._look(_pages_of(specs), None)
            return
        async with open_database(self._config.database) as database:
            async with database.reading() as session:
                pages = await pages_to_look_at(session)
            known = await _known(database, {spec.owner_id for spec in specs})
            fresh = [spec for spec in specs if _identity(spec) not in known]
            await self._look(pages + _pages_of(fresh), database)

    def _sort_by_file(self, words: Sequence[str]) -> tuple[list[_Spec], list[str]]:
        """What only the file knows, and the words that it does not know either."""
        keys = {word: {word, canonical(word)} for word in words}
        specs = [
            spec
            for spec in _specs_of(self._config)
            if any(spec.name in several or spec.request.url in several for several in keys.values())
        ]
        known = {key for spec in specs for key in (spec.name, spec.request.url)}
        return specs, [word for word, several in keys.items() if not several & known]

    async def _look(self, pages: Sequence[Page], database: Database | None) -> None:
        if pages:
            self.report.expect(len(pages))
            async with self._tools(database) as (tools, manners):
                self._left += await look(tools, manners, pages, self.report.on_checked)

    async def _glance_at_urls(self, urls: Sequence[str]) -> None:
        """Read URLs that are no sites, once."""

        def told(outcome: Outcome) -> None:
            self.report.verdicts[outcome.verdict] += 1
            show_glance(outcome, self._clean, as_json=self._as_json)

        if pages := [self._page_of_url(url) for url in urls]:
            async with self._tools(None) as (tools, manners):
                self._left += await look(tools, manners, pages, told)

    def _page_of_url(self, word: str) -> Page:
        if "://" not in word:
            raise Failure(
                f"there is no site or product {word!r}, and it is no URL", exits.NOT_FOUND
            )
        site = site_from(self._config, {"url": word, **self._task.rules})
        return page_of(spec_of(site, self._config), utc_now())

    @asynccontextmanager
    async def _tools(self, database: Database | None) -> AsyncIterator[tuple[Tools, Manners]]:
        """What is needed to look; a database that is not there is not asked for either."""
        used = database or database_of(self._config.database)
        waiting = Waiting(self._clean)
        manners = manners_of(self._config, self._task.patience_seconds, waiting)
        if database is not None:
            async with database.reading() as session:
                manners.restore(await load_hosts(session))
        try:
            async with open_tools(self._config, used, utc_now, manners) as tools:
                yield tools, manners
        finally:
            if used is not database:
                await used.close()


def _specs_of(config: Config) -> list[_Spec]:
    return [*specs_of(config), *product_specs_of(config)]


async def _known(database: Database, owners: Iterable[str]) -> set[_Identity]:
    """The live sites and products of these owners, by what they are known by."""
    known: set[_Identity] = set()
    async with database.reading() as session:
        for owner in owners:
            known |= {(owner, name, None) for name, _ in await names_and_urls(session, owner)}
            products = await list_products(session, _ALL, owner)
            known |= {(owner, product.name, product.url) for product in products}
    return known


def _identity(spec: _Spec) -> _Identity:
    """A product is known by its address too: it may be sold at several."""
    url = spec.request.url if isinstance(spec, ProductSpec) else None
    return spec.owner_id, spec.name, url


def _pages_of(specs: Sequence[_Spec]) -> list[Page]:
    now = utc_now()
    return [
        product_page_of(spec, now) if isinstance(spec, ProductSpec) else page_of(spec, now)
        for spec in specs
        if spec.is_active
    ]
