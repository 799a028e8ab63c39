"""Pages that one page names: watched as sites of their own, from check to check, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import tomlkit
from sqlalchemy import select

from daemon.config import Config, load
from daemon.model.errors import ConflictError, DuplicateError, ThrottledError
from daemon.model.outcome import Outcome
from daemon.model.status import Verdict
from daemon.model.viewer import DAEMON, Actor
from daemon.operations import managing, sites
from daemon.operations.installation.configuration import apply
from daemon.operations.lookup import Kind
from daemon.operations.managing import TagChange
from daemon.operations.people.users import Quotas, set_quotas
from daemon.operations.sites import SiteView
from daemon.pipeline.check import check, deadline_of
from daemon.pipeline.context import CheckContext
from daemon.pipeline.explaining import explain
from daemon.pipeline.recording import record
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.dry_run import pages_to_look_at
from daemon.store.core.database import Database
from daemon.store.queue.pages import claim_these
from daemon.store.tables import ContentUpdate, MonitoredSite, Notice, Page
from daemon.transfer.sites import export_all
from tests.loopback import Clock, Site, serving, tools_for
from tests.making import ADMIN, LEASE, PAST, begin_run

HOME = "<title>Home</title><p>What is new in the library, by week.</p>"
HOUR = timedelta(hours=1)
SITE: Kind = "site"


def sitemap(*paths: str) -> str:
    return f"<urlset>{''.join(f'<url><loc>{path}</loc></url>' for path in paths)}</urlset>"


def index_of(*paths: str) -> str:
    listed = "".join(f"<sitemap><loc>{path}</loc></sitemap>" for path in paths)
    return f"<sitemapindex>{listed}</sitemapindex>"


@dataclass
class Library:
    """A site on loopback, the file that watches it, and the checks of its pages."""

    site: Site
    database: Database
    context: CheckContext
    clock: Clock
    folder: Path
    sections: dict[str, Any] = field(default_factory=dict)
    config: Config = field(default_factory=Config)

    async def watch(self, *tables: dict[str, Any], **options: Any) -> None:
        """Make these the sites of the file; alone, "Docs" with these options."""
        fields = {"name": "Docs", "url": self.site.url("/"), "discover": "sitemap"}
        watched = [fields | table for table in tables or ({"check_frequency": "1h"} | options,)]
        path = self.folder / "config.toml"
        path.write_text(tomlkit.dumps({**self.sections, "site": watched}))
        self.config = load(path, {})
        await apply(self.database, ADMIN, self.config, self.clock.now)

    async def look(self, path: str = "/") -> Outcome:
        """Check the page at this path and store what comes of it."""
        run_id = await begin_run(self.database)
        async with self.database.writing() as session:
            pages = await pages_to_look_at(session, DAEMON)
            ids = [one.id for one in pages if one.request.url == self.site.url(path)]
            [page] = await claim_these(session, run_id, ids, LEASE)
        outcome = await check(page, self.context)
        async with self.database.writing() as session:
            assert await record(session, run_id, [outcome])
        self.clock.move(HOUR)
        return outcome

    async def look_at(self, *paths: str) -> Outcome:
        """The same of the index, with a sitemap of these pages."""
        self.site.bodies["/sitemap.xml"] = sitemap(*paths)
        return await self.look()

    async def views(self) -> dict[str, SiteView]:
        return {one.name: one for one in await sites.list_sites(self.database, ADMIN)}

    async def names(self) -> list[str]:
        return [name.removeprefix("Docs: ") for name in await self.views() if name != "Docs"]

    async def rows(self, column: Any, *where: Any) -> list[Any]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(column).where(*where)))


@pytest.fixture
async def library(database: Database, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Library]:
    clock = Clock()
    clock.now = PAST
    async with serving() as site, tools_for(database, sandbox, clock) as (_, context):
        site.bodies |= {"/": HOME, "/a": HOME, "/b": HOME}
        yield Library(site, database, context, clock, tmp_path)


def summary(outcome: Outcome) -> str:
    [one] = [one for one in outcome.sites if one.update is not None]
    assert one.update is not None
    return one.update.finding.summary


def paths(urls: Iterable[str]) -> list[str]:
    return [urlsplit(url).path for url in urls]


async def test_each_page_of_a_sitemap_is_watched_as_a_site_of_its_own(library: Library) -> None:
    await library.watch(include=["p"], tags=["work"], notify_on="every", hours="08:00-18:00")
    outcome = await library.look_at("/a", "/b?x=1")
    assert outcome.verdict is Verdict.INITIAL
    views = await library.views()
    assert list(views) == ["Docs", "Docs: /a", "Docs: /b?x=1"]
    page = views["Docs: /a"]
    assert (page.parent, page.managed_by, page.url) == ("Docs", "discover", library.site.url("/a"))
    assert (page.tags, page.check_frequency, page.hours) == (["work"], "1h", "08:00-18:00")
    assert page.rules == {"include": ["p"], "notify_on": "every"}
    assert views["Docs"].parent is None


async def test_the_first_look_at_a_page_tells_nothing(library: Library) -> None:
    await library.watch()
    await library.look_at("/a", "/b")
    assert (await library.look("/a")).verdict is Verdict.INITIAL
    assert await library.rows(ContentUpdate.id) == []


async def test_new_pages_are_told_together_and_watched(library: Library) -> None:
    await library.watch()
    await library.look_at("/a")
    outcome = await library.look_at("/a", "/b", "/c")
    assert summary(outcome) == "2 new pages: /b, /c."
    assert await library.names() == ["/a", "/b", "/c"]
    assert (await library.look()).verdict is Verdict.UNCHANGED


async def test_gone_pages_are_told_and_left_and_return_with_their_history(
    library: Library,
) -> None:
    await library.watch()
    await library.look_at("/a", "/b")
    await library.look("/b")
    before = (await library.views())["Docs: /b"].id
    assert summary(await library.look_at("/a")) == "1 page no longer listed: /b."
    assert await library.names() == ["/a"]
    assert await library.rows(Page.is_active, Page.url == library.site.url("/b")) == [False]
    assert summary(await library.look_at("/b", "/a")) == "1 new page: /b."
    assert (await library.views())["Docs: /b"].id == before
    assert (await library.look("/b")).verdict is Verdict.UNCHANGED


async def test_a_list_that_fails_removes_nothing(library: Library) -> None:
    await library.watch()
    await library.look_at("/a", "/b", "/c", "/d")
    del library.site.bodies["/sitemap.xml"]
    assert (await library.look()).verdict is Verdict.FAILED
    assert (await library.look_at()).verdict is Verdict.FAILED
    assert (await library.look_at("/a")).sites[0].blind_spot == "shrunk"
    assert await library.names() == ["/a", "/b", "/c", "/d"]


async def test_the_limit_is_told_once_and_raised_by_the_file(library: Library) -> None:
    await library.watch(discover_limit=2)
    told = summary(await library.look_at("/a", "/b", "/c"))
    assert "3 pages are listed, and 2 of them are watched: 1 left out" in told
    assert await library.names() == ["/a", "/b"]
    shown = await sites.show(library.database, ADMIN, "Docs", library.clock.now)
    assert shown.pages is not None
    assert (shown.pages.listed, shown.pages.watched, shown.pages.left_out) == (3, 2, 1)
    assert (await library.look()).sites[0].update is None
    await library.watch(discover_limit=3)
    assert (await library.look()).sites[0].update is None
    assert await library.names() == ["/a", "/b", "/c"]
    await library.watch(discover_limit=1)
    assert "1 of them are watched: 2 left out" in summary(await library.look())
    assert await library.names() == ["/a"]
    await library.watch(discover_limit=1, include=["p"])
    assert (await library.look()).sites[0].update is None


async def test_no_more_pages_are_watched_than_their_owner_may_have(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    await library.watch()

    async def limit(most: int | None) -> None:
        asked = Actor(DAEMON), "local", Quotas(most, None), library.clock.now
        await set_quotas(library.database, *asked)

    await limit(3)
    await library.look_at("/a", "/b", "/c", "/d")
    assert await library.names() == ["/a", "/b"]
    assert "event='pages_left_out' site='Docs' left_out=2" in caplog.text
    await library.look_at("/b", "/c", "/d")  # one goes, and makes room for one
    assert await library.names() == ["/b", "/c"]
    await limit(1)
    await library.look_at("/b", "/c", "/d")
    assert await library.names() == ["/b", "/c"]  # what is there stays
    await limit(None)
    await library.look_at("/b", "/c", "/d")
    assert await library.names() == ["/b", "/c", "/d"]


async def test_pages_that_are_watched_keep_their_places(library: Library) -> None:
    await library.watch(discover_limit=2)
    await library.look_at("/a", "/b")
    await library.look_at("/new", "/b", "/a")
    assert await library.names() == ["/a", "/b"]


async def test_another_pattern_tells_of_no_page(library: Library) -> None:
    await library.watch()
    await library.look_at("/a", "/b")
    await library.watch(discover_match=["/b"])
    outcome = await library.look()
    assert (outcome.verdict, outcome.sites[0].update) == (Verdict.UNCHANGED, None)
    assert await library.names() == ["/b"]


async def test_sitemaps_of_an_index_are_one_list(library: Library) -> None:
    bodies = library.site.bodies
    bodies |= {"/robots.txt": "Sitemap: /index.xml\nSitemap: /more.txt", "/one.xml": sitemap("/a")}
    bodies["/index.xml"] = index_of("/one.xml", "/gone.xml", "/index.xml")
    bodies["/more.txt"] = f"{library.site.url('/b')}\n{library.site.url('/a')}"
    await library.watch()
    [one] = (await library.look()).sites
    assert one.pages is not None
    assert paths(one.pages) == ["/b", "/a"]
    assert one.state is not None
    assert one.state.flags == ("sitemaps_missing:1",)
    assert library.site.asked["/index.xml"] == 1


async def test_what_a_sitemap_lacks_is_no_page_that_is_gone(library: Library) -> None:
    bodies = library.site.bodies
    bodies |= {"/sitemap.xml": index_of("/one.xml", "/two.xml"), "/one.xml": sitemap("/a")}
    bodies["/two.xml"] = sitemap("/b")
    await library.watch()
    await library.look()
    bodies["/two.xml"] = sitemap("/b")[:-12]
    outcome = await library.look()
    assert outcome.error_class == "parse"
    assert "/two.xml" in outcome.error_detail
    assert await library.names() == ["/a", "/b"]


async def test_a_site_without_a_sitemap_says_where_one_was_looked_for(library: Library) -> None:
    await library.watch()
    outcome = await library.look()
    assert outcome.error_class == "empty"
    assert "/robots.txt names none, and there is none at /sitemap.xml" in outcome.error_detail


async def test_too_many_sitemaps_are_refused(library: Library) -> None:
    library.site.bodies["/sitemap.xml"] = index_of(*(f"/{i}.xml" for i in range(101)))
    await library.watch()
    assert (await library.look()).error_class == "too_large"
    assert library.site.asked["/1.xml"] == 0


async def test_pages_are_asked_for_as_the_list_is(library: Library) -> None:
    other = f"http://b.127.0.0.1.nip.example:{library.site.host.partition(':')[2]}/x"
    await library.watch(
        {"url": library.site.url("/list"), "discover": "links", "method": "POST", "body": "all"}
        | {"headers": {"X-Token": "t0ps3cret", "Accept-Language": "de"}}
    )
    library.site.bodies["/list"] = f"<a href='/a'>A</a><a href='{other}'>other site</a>"
    async with library.database.reading() as session:
        [index] = await pages_to_look_at(session, DAEMON)
    request = index.request.led_to(library.site.url("/a"))
    assert (request.method, request.body) == ("GET", "")
    assert request.headers == {"X-Token": "t0ps3cret", "Accept-Language": "de"}
    assert index.request.led_to(other).headers == {"Accept-Language": "de"}


async def test_the_secrets_of_a_list_are_sealed_with_its_pages(library: Library) -> None:
    await library.watch(headers={"X-Token": "t0ps3cret"})
    await library.look_at("/a")
    async with library.database.reading() as session:
        pages = {one.request.url: one for one in await pages_to_look_at(session, DAEMON)}
    assert pages[library.site.url("/a")].request.headers == {"X-Token": "t0ps3cret"}
    assert await library.rows(Page.headers) == [{}, {}]
    assert len(await library.rows(Page.sealed, Page.sealed.is_not(None))) == 2


async def test_what_the_file_says_anew_goes_for_all_pages(library: Library) -> None:
    await library.watch(tags=["old"], include=["p"])
    await library.look_at("/a", "/b")
    await managing.pause(library.database, ADMIN, "site", ["Docs: /a"], library.clock.now)
    await library.watch(tags=["new"], exclude=["nav"], headers={"Accept-Language": "de"})
    views = await library.views()
    assert {name: one.tags for name, one in views.items()} == {name: ["new"] for name in views}
    assert views["Docs: /b"].rules == {"exclude": ["nav"]}
    assert (views["Docs: /a"].is_active, views["Docs: /b"].is_active) == (False, True)
    headers = {"Accept-Language": "de"}
    assert await library.rows(Page.headers, Page.is_active) == [headers, headers]


async def test_a_site_that_leaves_the_file_takes_its_pages_along(library: Library) -> None:
    other = {"name": "Other", "url": library.site.url("/b"), "discover": "links"}
    await library.watch({}, other)
    await library.look_at("/a")
    await library.watch(other)
    assert list(await library.views()) == ["Other"]
    await library.watch({}, other)
    assert list(await library.views()) == ["Docs", "Other"]
    await library.look()
    assert list(await library.views()) == ["Docs", "Docs: /a", "Other"]


async def test_a_site_that_discovers_no_more_leaves_its_pages(library: Library) -> None:
    await library.watch()
    await library.look_at("/a")
    path = library.folder / "config.toml"
    path.write_text(path.read_text().replace('discover = "sitemap"\n', ""))
    await apply(library.database, ADMIN, load(path, {}), library.clock.now)
    assert list(await library.views()) == ["Docs"]


async def test_a_site_of_the_file_takes_over_what_was_found_by_its_name(library: Library) -> None:
    await library.watch()
    await library.look_at("/a")
    before = (await library.views())["Docs: /a"].id
    own = {"name": "Docs: /a", "url": library.site.url("/a"), "discover": "links"}
    await library.watch({}, own)
    taken = (await library.views())["Docs: /a"]
    assert (taken.id, taken.managed_by, taken.parent) == (before, "config", None)
    await library.look()
    assert await library.names() == ["/a", "/a (2)"]


async def test_pages_go_with_their_site_by_the_command_line(library: Library) -> None:
    now, given = library.clock.now, (library.database, ADMIN, SITE, ["Mine"])
    await library.watch()
    await library.look_at("/a")
    site = library.config.sites[0].model_copy(update={"name": "Mine", "discover_limit": 5})
    await managing.add_site(library.database, ADMIN, library.config, site, now, is_named=True)
    await library.look()
    await managing.tag(*given, TagChange(["x"]), now)
    await managing.pause(*given, now)
    await sites.mute(library.database, ADMIN, ["Mine"], now)
    page = (await library.views())["Mine: /a"]
    assert (page.tags, page.is_active, page.muted_until) == (["x"], False, now)
    await managing.remove(*given, now)
    assert list(await library.views()) == ["Docs", "Docs: /a"]


async def test_a_page_alone_is_not_removed_or_tagged(library: Library) -> None:
    await library.watch()
    await library.look_at("/a")
    given = library.database, ADMIN, SITE, ["Docs: /a"]
    with pytest.raises(ConflictError, match="a page that 'Docs' discovers"):
        await managing.remove(*given, library.clock.now)
    with pytest.raises(ConflictError, match="has the tags of that one"):
        await managing.tag(*given, TagChange(["x"]), library.clock.now)


async def test_a_page_that_is_watched_by_discovery_is_not_added_again(library: Library) -> None:
    await library.watch()
    await library.look_at("/a")
    site = library.config.sites[0].model_copy(
        update={"name": "A", "url": library.site.url("/a"), "discover": None}
    )
    with pytest.raises(DuplicateError, match="Docs: /a"):
        await managing.add_site(
            library.database, ADMIN, library.config, site, library.clock.now, is_named=True
        )


async def test_an_export_has_the_site_and_not_its_pages(library: Library) -> None:
    await library.watch(discover_match=["/a"], discover_limit=7)
    await library.look_at("/a")
    [table] = (await export_all(library.database, ADMIN, library.config)).tables["site"]
    assert (table["name"], table["discover"]) == ("Docs", "sitemap")
    assert (table["discover_match"], table["discover_limit"]) == (["/a"], 7)


async def test_two_owners_have_pages_of_their_own(library: Library) -> None:
    library.sections = {"owner": [{"id": name, "email": f"{name}@x.example"} for name in "pq"]}
    await library.watch({"owner": "p", "name": "P"}, {"owner": "q", "name": "Q"})
    await library.look_at("/a")
    views = await library.views()
    owners = {"P": "p", "P: /a": "p", "Q": "q", "Q: /a": "q"}
    assert {name: one.owner_id for name, one in views.items()} == owners
    assert views["P: /a"].page_id == views["Q: /a"].page_id


async def test_lists_that_name_the_same_pages_are_stored_at_once(library: Library) -> None:
    """With a synchronisation in between: all of them want the rows of the same pages."""
    tables = [
        {"name": f"S{i}", "url": library.site.url(f"/{i}.xml"), "discover": "sitemap"}
        for i in range(4)
    ]
    await library.watch(*tables)
    names = "abcdef"
    for i in range(4):
        library.site.bodies[f"/{i}.xml"] = sitemap(*(f"/{name}" for name in names[i:] + names[:i]))
    async with asyncio.TaskGroup() as group:
        for i in range(4):
            group.create_task(library.look(f"/{i}.xml"))
        group.create_task(library.watch(*tables, {"name": "S4", "url": library.site.url("/a")}))
    pages = await library.rows(MonitoredSite.id, MonitoredSite.parent_id.is_not(None))
    assert len(pages) == 4 * len(names)
    assert len(await library.rows(Page.id)) == 4 + len(names)


async def test_new_pages_are_notified_once(library: Library) -> None:
    library.sections = {"notify": [{"name": "hook", "url": "https://hook.example/x"}]}
    await library.watch()
    await library.look_at("/a")
    await library.look("/a")
    assert await library.rows(Notice.id) == []
    await library.look_at("/a", "/b")
    await library.look("/b")
    [payload] = await library.rows(Notice.payload)
    assert payload["summary"] == "1 new page: /b."


async def test_pages_of_a_muted_site_are_muted(library: Library) -> None:
    await library.watch()
    await library.look_at("/a")
    until = library.clock.now + timedelta(days=9)
    await sites.mute(library.database, ADMIN, ["Docs"], until)
    await library.look_at("/a", "/b")
    assert {one.muted_until for one in (await library.views()).values()} == {until}


async def test_a_sitemap_with_the_same_bytes_is_followed_again(library: Library) -> None:
    library.site.is_validated = True
    library.site.bodies |= {"/sitemap.xml": index_of("/one.xml"), "/one.xml": sitemap("/a")}
    await library.watch({"url": library.site.url("/sitemap.xml")})
    await library.look("/sitemap.xml")
    library.site.bodies["/one.xml"] = sitemap("/a", "/b")
    assert summary(await library.look("/sitemap.xml")) == "1 new page: /b."


async def test_what_would_be_discovered_is_explained(library: Library) -> None:
    library.site.bodies["/sitemap.xml"] = sitemap("/a", "/b", "/c")
    await library.watch(discover_match=["/a", "/b", "/x"], discover_limit=1)
    async with library.database.reading() as session:
        [page] = await pages_to_look_at(session, DAEMON)
    [one] = (await explain(page, library.context)).sites
    steps = {step.name: step for step in one.explained.steps}
    assert list(steps) == ["discover", "discover_match", "discover_limit"]
    assert [step.after.lines for step in steps.values()] == [3, 2, 1]
    assert [effect.matches for effect in steps["discover_match"].effects] == [1, 1, 0]
    assert one.explained.kind == "pages"


async def test_a_host_that_is_to_be_left_alone_is_waited_for(library: Library) -> None:
    """Between the sitemaps of one check, whose deadline bounds the waits."""
    library.site.bodies["/sitemap.xml"] = sitemap("/a")
    await library.watch()
    waits, turn, asked = list[float](), library.context.turn, count(1)

    @asynccontextmanager
    async def impatient(host: str) -> AsyncIterator[None]:
        if next(asked) == 2:
            raise ThrottledError(host, 30.0)
        async with turn(host):
            yield

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    library.context = replace(library.context, turn=impatient, pause=pause)
    assert (await library.look()).verdict is Verdict.INITIAL
    assert waits == [30.0]


async def test_a_list_of_sitemaps_has_the_time_to_fetch_them(library: Library) -> None:
    await library.watch({}, {"name": "Links", "url": library.site.url("/a"), "discover": "links"})
    async with library.database.reading() as session:
        found = await pages_to_look_at(session, DAEMON)
    pages = {one.request.url: deadline_of(one, library.context) for one in found}
    usual = library.context.deadline
    assert pages[library.site.url("/a")] == usual
    assert pages[library.site.url("/")] == usual + timedelta(minutes=10)


async def test_a_page_in_place_of_a_sitemap_removes_nothing(library: Library) -> None:
    bodies = library.site.bodies
    bodies |= {"/robots.txt": "Sitemap: /other.xml", "/other.xml": sitemap("/x")}
    bodies |= {"/all.xml": index_of("/one.xml", "/two.xml"), "/one.xml": sitemap("/a")}
    bodies["/two.xml"] = sitemap("/b")
    await library.watch({"url": library.site.url("/all.xml")})
    await library.look("/all.xml")
    bodies["/two.xml"] = HOME
    outcome = await library.look("/all.xml")
    assert "/two.xml: what came is no sitemap" in outcome.error_detail
    bodies["/all.xml"] = HOME
    outcome = await library.look("/all.xml")
    assert (outcome.error_class, library.site.asked["/other.xml"]) == ("parse", 0)
    assert await library.names() == ["/a", "/b"]


async def test_a_server_that_answers_everything_with_a_page_has_no_sitemap(
    library: Library,
) -> None:
    library.site.bodies |= {"/robots.txt": HOME, "/sitemap.xml": HOME}
    await library.watch()
    assert "there is none at /sitemap.xml" in (await library.look()).error_detail
