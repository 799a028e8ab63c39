"""Adding from a page: a try shows what would be read and keeps nothing, and adding watches it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest

from daemon.config import FetchConfig
from daemon.model.viewer import Role, Viewer
from daemon.operations import products, sites
from daemon.operations.trying import Tries
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.web.context import Context
from daemon.web.server import serve
from tests.loopback import Site, serving, tools_for
from tests.web.conftest import FREE, Pages, text_of

ADMIN = Viewer("local", Role.ADMIN)
NEWS = "<html><title>News</title><body><h1>News</h1><p class=a>The ferry goes at noon.</p>"
SHOP = """<html><title>Kettle</title><body><h1>Kettle</h1><p class=price>79.90 €</p>
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Product",
"name": "Kettle", "offers": {"@type": "Offer", "price": "79.90", "priceCurrency": "EUR",
"availability": "https://schema.org/InStock"}}</script>"""
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(news=NEWS, kettle=SHOP) as site:
        yield site


async def names(context: Context) -> list[str]:
    return [one.name for one in await sites.list_sites(context.database, ADMIN)]


async def test_a_bookmarklet_fills_in_the_page_that_one_is_looking_at(pages: Pages) -> None:
    answer = await pages.get("/sites/new?url=https%3A%2F%2Fexample.org%2Fa&name=A%20page")
    assert answer.status == 200
    assert 'value="https://example.org/a"' in answer.text
    assert 'value="A page"' in answer.text
    shown = unescape((await pages.get("/sites/new")).text)
    assert f"open('{pages.url}/sites/new?url=" in shown


async def test_a_part_of_a_page_is_chosen_by_a_link_that_fills_in_the_form(
    pages: Pages, site: Site, context: Context
) -> None:
    answer = await pages.post("/sites/choose", url=site.url("/news"), name="News", include="p >>>")
    assert answer.status == 400  # what is wrong in the form is told there
    filled = {"name": "News", "tags": "ferry", "include": "h1", "exclude": ".ad"}
    answer = await pages.post("/sites/choose", url=site.url("/news"), **filled)
    assert answer.status == 200
    assert "This is the page as it is sent" in answer.text
    assert "The ferry goes at noon." in text_of(answer.text)
    paths = re.findall(r'href="(/sites/new\?[^"]*&amp;include=[^"]*)"><code>', answer.text)
    form = await pages.get(unescape(paths[-1]))
    assert re.search(r'<textarea id="include"[^>]*>h1\n[^<]+</textarea>', form.text)
    assert re.search(r'<textarea id="exclude"[^>]*>\.ad</textarea>', form.text)
    assert 'value="ferry"' in form.text
    assert 'value="News"' in form.text
    paths = re.findall(r'href="(/sites/new\?[^"]*)" aria-label="Leave out', answer.text)
    form = await pages.get(unescape(paths[-1]))
    assert re.search(r'<textarea id="include"[^>]*>h1</textarea>', form.text)
    assert re.search(r'<textarea id="exclude"[^>]*>\.ad\n[^<]+</textarea>', form.text)
    assert await names(context) == []


async def test_a_page_that_cannot_be_had_says_so_instead_of_its_parts(pages: Pages) -> None:
    answer = await pages.post("/sites/choose", url="http://127.0.0.1:9/")
    assert answer.status == 200
    assert "The page cannot be shown" in answer.text


async def test_a_try_shows_what_would_be_read_and_keeps_nothing(
    pages: Pages, site: Site, context: Context
) -> None:
    asked = {"url": site.url("/news"), "include": "p.a\np.b", "appears": "ferry"}
    answer = await pages.post("/sites/try", **asked)
    assert answer.status == 200
    told = text_of(answer.text)
    assert "What would be read" in told
    assert "Answer 200 in " in told
    assert "The ferry goes at noon." in told
    assert "Not there include[1]: &#39;p.b&#39; matches nothing on the page" in told
    assert "appears ferry holds" in told
    assert ">p.a\np.b</textarea>" in answer.text
    assert await names(context) == []


async def test_a_site_is_added_under_its_address(
    pages: Pages, site: Site, context: Context
) -> None:
    url = site.url("/news")
    answer = await pages.post("/sites/new", url=url, tags="home, ferry", check_frequency="2h")
    assert answer.status == 303
    [added] = await sites.list_sites(context.database, ADMIN)
    assert answer.headers["Location"] == f"/sites/{added.id}"
    assert (added.url, added.tags, added.check_frequency) == (url, ["home", "ferry"], "2h")
    assert added.managed_by == "cli"


async def test_what_is_wrong_stands_beside_its_field(pages: Pages, context: Context) -> None:
    asked = {"url": f"ftp://example.org/{HOSTILE}", "check_frequency": "now and then"}
    answer = await pages.post("/sites/new", include="p >>", below="cheap", **asked)
    assert answer.status == 400
    for field in ("url", "check_frequency", "below"):
        assert f'id="{field}-wrong"' in answer.text
    assert 'value="now and then"' in answer.text
    assert "<script>alert" not in answer.text
    assert await names(context) == []


async def test_a_name_that_is_taken_is_said_beside_it(
    pages: Pages, site: Site, context: Context
) -> None:
    await pages.post("/sites/new", url=site.url("/news"), name="News")
    answer = await pages.post("/sites/new", url=site.url("/kettle"), name="News")
    assert answer.status == 400
    assert 'id="name-wrong"' in answer.text
    assert await names(context) == ["News"]


async def test_a_site_on_a_known_page_says_that_it_is_fetched_once(
    pages: Pages, site: Site
) -> None:
    await pages.post("/sites/new", url=site.url("/news"), name="News")
    answer = await pages.post("/sites/new", url=site.url("/news"), name="Ferry", include="p.a")
    shown = await pages.get("/changes", Cookie=answer.headers["Set-Cookie"].partition(";")[0])
    assert "Its page is fetched once, for it and News." in text_of(shown.text)


async def test_a_product_is_tried_and_followed(pages: Pages, site: Site, context: Context) -> None:
    asked = {"urls": site.url("/kettle"), "name": "Kettle", "target_price": "70"}
    told = text_of((await pages.post("/products/try", **asked)).text)
    assert "Price 79.90 EUR" in told
    assert "Stock in stock" in told
    assert "name a price" in told
    answer = await pages.post("/products/new", **asked)
    [followed] = await products.list_products(context.database, ADMIN, 90, context.clock())
    assert answer.headers["Location"] == f"/products/{followed.view.id}"
    assert followed.view.name == "Kettle"


async def test_a_try_asks_no_address_that_a_check_may_not(
    context: Context, database: Database, sandbox: Sandbox, site: Site
) -> None:
    async with tools_for(database, sandbox, settings=FetchConfig()) as (_fetcher, tools):
        guarded = replace(context, tries=Tries(lambda: tools))
        async with serve(guarded, FREE) as url:
            pages = Pages(url, guarded)
            answer = await pages.post("/sites/try", url=site.url("/news"))
            await pages.session.close()
    assert "It cannot be read" in text_of(answer.text)
    assert site.asked["/news"] == 0


async def test_so_many_tries_are_enough_for_a_minute(pages: Pages, site: Site) -> None:
    for _ in range(6):
        assert (await pages.post("/sites/try", url=site.url("/news"))).status == 200
    answer = await pages.post("/sites/try", url=site.url("/news"))
    assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    assert "6 tries a minute are allowed: wait 1 min" in text_of(answer.text)
    assert site.asked["/news"] == 6


@pytest.mark.parametrize(("noun", "field"), [("sites", "url"), ("products", "urls")])
async def test_an_address_that_is_missing_is_said_beside_it(
    pages: Pages, noun: str, field: str
) -> None:
    answer = await pages.post(f"/{noun}/new", check_frequency="2h")
    assert f'<small class="wrong" id="{field}-wrong">is missing</small>' in answer.text
    assert 'id="name-wrong"' not in answer.text


async def test_the_same_is_not_watched_twice(pages: Pages, site: Site, context: Context) -> None:
    await pages.post("/sites/new", url=site.url("/news"))
    answer = await pages.post("/sites/new", url=site.url("/news"))
    assert answer.status == 400
    assert 'id="url-wrong"' in answer.text
    [name] = await names(context)
    there = await pages.get(f"/sites?q={quote(name, safe='')}")
    assert f'href="/sites?q={quote(name)}">Show {name}</a>' in answer.text
    assert f">{name}</a>" in there.text


async def test_a_try_says_which_pages_would_be_watched(pages: Pages, site: Site) -> None:
    links = "".join(f'<a href="/news?{n}">{n}</a>' for n in range(101))
    site.bodies["/list"] = f"<html><title>List</title><body>{links}"
    told = text_of((await pages.post("/sites/try", url=site.url("/list"), discover="links")).text)
    assert "Pages 101 pages named: " in told
    assert "Left out 1 of them, over 100" in told


async def test_a_try_of_nothing_usable_asks_nobody(pages: Pages, site: Site) -> None:
    answer = await pages.post("/products/try", urls=site.url("/kettle"), target_price="cheap")
    assert answer.status == 400
    assert 'id="target_price-wrong"' in answer.text
    assert site.asked["/kettle"] == 0


async def test_hours_that_are_to_come_are_said(pages: Pages, site: Site) -> None:
    asked = {"hours": "23:00-23:30", "time_zone": "UTC", "query": "jq: .a"}
    answer = await pages.post("/sites/new", url=site.url("/news"), name="News", **asked)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    told = text_of((await pages.get("/changes", Cookie=cookie)).text)
    assert "Watching News. First check Mon 23:00 UTC: its hours begin then." in told


@pytest.mark.parametrize(
    ("render", "every"),
    [("always", "checked every 15m"), ("auto", "where it is rendered, checked every 15m")],
)
async def test_a_rendered_page_that_is_checked_less_often_is_said(
    pages: Pages, site: Site, render: str, every: str
) -> None:
    values = {"url": site.url("/news"), "render": render, "check_frequency": "5m"}
    told = f"is shorter than browser.minimum_interval, which is 15m: {every}"
    assert told in text_of((await pages.post("/sites/try", **values)).text)
    done = await pages.follow(await pages.post("/sites/new", **values))
    assert told in text_of(done.text)


@pytest.mark.parametrize(("days", "status"), [("90", 303), ("ninety", 400)])
async def test_a_number_is_read_as_one_or_told(
    pages: Pages, site: Site, days: str, status: int
) -> None:
    answer = await pages.post("/products/new", urls=site.url("/kettle"), lowest_in_days=days)
    assert answer.status == status
    assert ('id="lowest_in_days-wrong"' in answer.text) == (status == 400)


@pytest.mark.parametrize(
    ("written", "watched"),
    [
        ("example.org/blog", "https://example.org/blog"),
        ("localhost:8080/", "https://localhost:8080/"),
        ("127.0.0.1:8080/a:b", "https://127.0.0.1:8080/a:b"),
        ("HTTP://example.org/", "http://example.org/"),
    ],
)
async def test_an_address_without_a_scheme_is_one_of_https(
    pages: Pages, context: Context, written: str, watched: str
) -> None:
    assert (await pages.post("/sites/new", url=written)).status == 303
    assert (await pages.post("/products/new", urls=written)).status == 303
    [site] = await sites.list_sites(context.database, ADMIN)
    [followed] = await products.list_products(context.database, ADMIN, 90, context.clock())
    assert (site.url, followed.view.url) == (watched, watched)


@pytest.mark.parametrize("written", ["mailto:me@example.org", "javascript:alert(1)", "//x.example"])
async def test_another_scheme_is_not_taken_for_a_host(pages: Pages, written: str) -> None:
    answer = await pages.post("/sites/new", url=written)
    assert answer.status == 400
    assert 'id="url-wrong"' in answer.text


async def test_a_try_fills_in_the_title_as_the_name(pages: Pages, site: Site) -> None:
    answer = await pages.post("/sites/try", url=site.url("/news"))
    assert 'id="name" name="name" aria-describedby="name-hint" value="News"' in answer.text
    named = await pages.post("/sites/try", url=site.url("/news"), name="Mine")
    assert 'aria-describedby="name-hint" value="Mine"' in named.text
