from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import NamedTuple

import aiohttp
import pytest
from lxml import etree

from daemon.demo.noise import noise
from daemon.demo.script import PAGE_FILES, Script, load
from daemon.demo.site import DemoSite, demo_site
from daemon.extract import check_rules
from daemon.model.change import ChangeType

INTERVAL = 10.0


class Clock:
    now = 5000.0

    def __call__(self) -> float:
        return self.now


class Answer(NamedTuple):
    status: int
    url: str
    text: str
    headers: dict[str, str]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def site(clock: Clock) -> AsyncIterator[DemoSite]:
    async with demo_site(INTERVAL, clock) as site:
        yield site


async def get(url: str, **headers: str) -> Answer:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        text = await response.text()
        return Answer(response.status, str(response.url), text, dict(response.headers))


def text_at(script: Script, revision: int, count: int = 1) -> str:
    return script.render(revision, noise(script.path, count, 0))


@pytest.fixture(params=PAGE_FILES)
def script(request: pytest.FixtureRequest) -> Script:
    return load(request.param)


@pytest.mark.parametrize(
    ("seconds", "revision"), [(0, 0), (9.9, 0), (10, 1), (25, 2), (1e9, 5), (-3, 0)]
)
def test_the_revision_follows_the_clock_and_the_last_one_stays(
    seconds: float, revision: int
) -> None:
    assert load("releases.html").revision(INTERVAL, seconds) == revision


def test_each_planned_change_changes_the_page_and_each_noisy_one_does_not(script: Script) -> None:
    for revision, change in enumerate(script.changes, start=1):
        before, after = text_at(script, revision - 1), text_at(script, revision)
        was_in_trouble = script.trouble(revision - 1) is not None
        if change.trouble is None and not was_in_trouble:
            assert (before != after) is (change.grade is not None), change.says


def test_no_line_is_left_out_of_every_revision(script: Script) -> None:
    last = len(script.changes)
    marks = {int(number) for number in re.findall(r"^@\d*-?(\d+)", script.text, re.MULTILINE)}
    assert all(mark <= last for mark in marks)
    assert not re.search(r"^@", text_at(script, last), re.MULTILINE)


def test_no_two_answers_are_alike(script: Script) -> None:
    texts = {text_at(script, 0, count) for count in range(1, 20)}
    assert len(texts) == 19


def test_the_suggested_rules_are_valid(script: Script) -> None:
    assert list(check_rules(script.rules)) == []


def test_every_grade_and_every_trouble_is_shown() -> None:
    changes = [change for name in PAGE_FILES for change in load(name).changes]
    assert {change.grade for change in changes} == {None, *ChangeType}
    assert {change.trouble for change in changes} == {None, "outage", "login"}


@pytest.mark.parametrize("revision", range(5))
def test_the_status_is_json_at_every_revision(revision: int) -> None:
    assert json.loads(text_at(load("status.json"), revision))["components"]


@pytest.mark.parametrize(("revision", "entries"), [(0, 2), (1, 3), (2, 3), (3, 4), (4, 4)])
def test_the_feed_is_well_formed_at_every_revision(revision: int, entries: int) -> None:
    feed = etree.fromstring(text_at(load("advisories.xml"), revision).encode())
    assert len(feed.findall(".//{*}entry") + feed.findall(".//item")) == entries


@pytest.mark.parametrize(
    ("revision", "price", "stock"),
    [
        (0, "94.00", "InStock"),
        (1, "94.00", "InStock"),
        (2, "86.50", "InStock"),
        (3, "86.50", "OutOfStock"),
        (4, "78.00", "InStock"),
        (5, "99.00", "InStock"),
    ],
)
def test_the_shop_says_price_and_stock_to_machines_and_people(
    revision: int, price: str, stock: str
) -> None:
    text = text_at(load("kettle.html"), revision)
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    offer = json.loads(found[1])["offers"]
    assert offer["price"] == price
    assert offer["availability"].endswith(f"/{stock}")
    assert f"{price.replace('.', ',')} €" in text
    assert ("Sold out" in text) is (stock == "OutOfStock")


async def test_every_page_is_served_with_the_noise_of_real_pages(site: DemoSite) -> None:
    assert len(site.pages) == len(PAGE_FILES)
    assert len({page.url for page in site.pages}) == len(PAGE_FILES)
    for page in site.pages:
        first, second = await get(page.url), await get(page.url)
        assert first.status == 200
        assert first.text != second.text
        assert "sid=" in first.headers["Set-Cookie"]


async def test_pages_move_on_one_after_the_other(site: DemoSite, clock: Clock) -> None:
    paths = [load(name).path for name in PAGE_FILES]
    seen = []
    for _ in range(200):
        seen.append(tuple(site.revision(path) for path in paths))
        clock.now += 0.5
    moved = [sum(a != b for a, b in zip(*pair, strict=True)) for pair in pairwise(seen)]
    assert max(moved) == 1
    assert seen[0] == (0,) * len(paths)
    assert seen[-1] == tuple(len(load(name).changes) for name in PAGE_FILES)
    assert clock.now - 5000 >= site.total_seconds


async def test_the_blog_fails_for_a_while_and_comes_back(site: DemoSite, clock: Clock) -> None:
    url = site.url("/blog/leaf-mould")
    statuses = []
    for _ in range(5):
        answer = await get(url)
        statuses.append(answer.status)
        assert ("Retry-After" in answer.headers) is (answer.status == 503)
        clock.now += INTERVAL + 0.01
    assert statuses.count(503) == 1
    assert statuses[0] == statuses[-1] == 200


async def test_the_roadmap_is_behind_a_login_for_a_while(site: DemoSite, clock: Clock) -> None:
    url = site.url("/members/roadmap")
    ends = []
    for _ in range(5):
        answer = await get(url)
        assert answer.status == 200
        ends.append("password" in answer.text)
        assert ("/login?next=/members/roadmap" in answer.url) is ends[-1]
        clock.now += INTERVAL + 0.01
    assert ends.count(True) == 1
    assert not ends[0]
    assert not ends[-1]


async def test_the_feed_is_not_sent_again_until_it_changes(site: DemoSite, clock: Clock) -> None:
    url = site.url("/security/feed.atom")
    first = await get(url)
    again = {"If-None-Match": first.headers["Etag"]}
    assert (await get(url, **again)).status == 304
    clock.now += 2 * INTERVAL
    assert (await get(url, **again)).status == 200


async def test_the_site_has_an_index_and_rules_for_robots(site: DemoSite) -> None:
    index = await get(site.url("/"))
    assert all(page.url in index.text for page in site.pages)
    assert "Disallow: /admin/" in (await get(site.url("/robots.txt"))).text
    assert (await get(site.url("/nowhere"))).status == 404


async def test_two_demonstrations_do_not_meet() -> None:
    async with demo_site(1) as one, demo_site(1) as other:
        assert one.base_url != other.base_url


async def test_each_answer_has_the_next_banner(site: DemoSite) -> None:
    texts = [(await get(site.url("/queue/releases"))).text for _ in range(4)]
    found = [re.search(r'role="banner">([^<]*)<', text) for text in texts]
    assert len({one[1] for one in found if one}) == len(texts)
