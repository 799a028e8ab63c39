"""A page that goes back to an earlier state: news each time, a flap, or one that alternates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.analyse.noise.returns import ALTERNATES, MOST_RETURNS, RETURNED
from daemon.model.outcome import SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Validators
from daemon.model.response import Document, Response
from daemon.model.site import Rules
from daemon.model.status import Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from tests.looking import Road, page_of, prose
from tests.making import response

PAGE = prose("ada", "bell", "cray")
NOTICE = "<p>Water outage in the upper village: a main has burst, repairs take until evening.</p>"
CALM, OUT = page_of(PAGE), page_of(NOTICE + PAGE)


async def looked(road: Road, pages: Sequence[bytes], hours: float = 1) -> list[SiteOutcome]:
    return [await road.look(page, hours=hours) for page in pages]


def told(outcomes: Sequence[SiteOutcome]) -> list[bool]:
    """Of each check whether a significant change came of it."""
    return [one.update is not None and one.update.finding.is_significant for one in outcomes]


def signals(one: SiteOutcome) -> set[str]:
    return {reason.signal for reason in one.update.finding.reasons} if one.update else set()


async def test_an_outage_is_told_each_time_it_comes_and_ends(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    found = await looked(road, (CALM, OUT, CALM, OUT, CALM), hours=3)
    assert told(found) == [False, True, True, True, True]
    assert [RETURNED in signals(one) for one in found] == [False, False, True, True, True]


async def test_an_outage_is_told_again_whatever_else_ticks_on_the_page(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    pages = [
        page_of((NOTICE.replace("evening", f"{hour} o'clock") if hour % 2 else "")
                + PAGE + f"<p>{1204 + hour} views</p>")
        for hour in range(5)
    ]  # fmt: skip
    assert told(await looked(road, pages)) == [False, True, True, True, True]


async def test_the_end_of_an_outage_is_told_while_a_banner_rotates(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    boats, bikes = (f"<p>Book {what} today</p>{PAGE}" for what in ("boats", "bikes"))
    pages = (boats, bikes, NOTICE + boats, bikes, boats, NOTICE + bikes, boats, bikes)
    found = await looked(road, [page_of(page) for page in pages])
    assert told(found) == [False, False, True, True, False, True, True, False]


async def test_a_banner_that_rotates_is_never_told(database: Database, sandbox: Sandbox) -> None:
    road = await Road.open(database, sandbox)
    banners = [page_of(f"<p>Book {what} today</p>{PAGE}") for what in ("boats", "bikes", "rooms")]
    found = await looked(road, banners * 5)
    assert told(found) == [False] * 15
    assert [one.verdict for one in found[4:]] == [Verdict.UNCHANGED] * 11


async def test_what_alternates_all_day_is_told_a_few_times_and_then_as_that(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    found = await looked(road, (CALM, *(OUT, CALM) * 20), hours=0.5)
    assert told(found) == [False, *[True] * (MOST_RETURNS + 2), *[False] * (38 - MOST_RETURNS)]
    last = found[MOST_RETURNS + 2]
    assert ALTERNATES in signals(last)
    assert last.update is not None
    assert last.update.finding.summary.startswith("Alternates between the state of ")
    assert f", {MOST_RETURNS + 1} times in 3 h. " in last.update.finding.summary
    assert {one.verdict for one in found[MOST_RETURNS + 3 :]} == {Verdict.UNCHANGED}


async def test_after_a_still_day_it_is_news_again(database: Database, sandbox: Sandbox) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, (CALM, *(OUT, CALM) * 6), hours=0.5)
    assert told(await looked(road, (OUT, CALM), hours=30)) == [True, True]


async def test_other_news_is_told_while_a_page_alternates(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, (CALM, *(OUT, CALM) * 6), hours=0.5)
    assert told(await looked(road, (page_of(PAGE + prose("dora")),), hours=0.5)) == [True]


async def test_a_value_is_told_each_time_however_often(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(include=("#v",)))
    pages = [page_of(f"{PAGE}<p id='v'>{word}</p>") for word in ("open", "shut")] * 12
    assert told(await looked(road, pages, hours=0.5)) == [False, *[True] * 23]


async def test_a_whole_page_that_is_watched_to_the_letter_is_told_each_time(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(watch="letter"))
    pages = [page_of(f"<p>Book {what}</p>{PAGE}") for what in ("boats", "bikes")] * 3
    assert told(await looked(road, pages)) == [False, *[True] * 5]


async def test_no_recorded_change_of_a_region_is_lost_when_it_goes_back(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(include=("main",)))
    pages = [page_of(f"<p>Book {what} today</p>{PAGE}") for what in ("boats", "bikes")] * 2
    found = await looked(road, pages)
    assert [one.verdict for one in found[1:]] == [Verdict.CHANGED] * 3
    assert told(found) == [False] * 4


async def test_without_a_hold_nothing_is_taken_for_a_flap(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(flap_hold=False))
    found = await looked(road, (CALM, *(OUT, CALM) * 10), hours=0.5)
    assert told(found) == [False, *[True] * 20]
    assert not any(ALTERNATES in signals(one) for one in found)
    pages = [page_of(f"<p>Book {what} today</p>{PAGE}") for what in ("boats", "bikes")] * 3
    assert [one.verdict for one in await looked(road, pages)] == [Verdict.CHANGED] * 6


async def test_a_hold_of_an_hour_lets_go_after_an_hour(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(flap_hold="1h"))
    pages = [page_of(f"<p>Book {what} today</p>{PAGE}") for what in ("boats", "bikes")] * 2
    found = await looked(road, pages, hours=0.4)
    assert [one.verdict for one in found[2:]] == [Verdict.UNCHANGED] * 2
    assert (await road.look(pages[0], hours=2)).verdict is Verdict.CHANGED


async def test_who_asks_for_every_change_hears_of_going_back(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(notify_on="every"))
    pages = [page_of(f"<p>Book {what} today</p>{PAGE}") for what in ("boats", "bikes")] * 2
    assert [one.verdict for one in (await looked(road, pages))[1:]] == [Verdict.CHANGED] * 3


async def test_variants_that_alternate_from_request_to_request_are_told_once(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    variants = turns([OUT, CALM])

    async def fetch(page: Page, _known: Validators | None, _held: AsyncExitStack) -> Response:
        body = next(variants)
        document = Document(body, "text/html", "utf-8", page.request.url)
        return response(body, document=document)

    first = await road.look(CALM)
    found = [await road.look(b"", fetch=fetch) for _ in range(8)]
    assert told([first, *found]) == [False, True, *[False] * 7]


async def test_a_page_that_went_back_for_good_is_told_at_the_next_check(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, (CALM, OUT))
    lagging = turns([CALM, OUT])

    async def fetch(page: Page, _known: Validators | None, _held: AsyncExitStack) -> Response:
        body = next(lagging)
        document = Document(body, "text/html", "utf-8", page.request.url)
        return response(body, document=document)

    assert (await road.look(b"", fetch=fetch)).verdict is Verdict.UNCHANGED
    assert told([await road.look(CALM)]) == [True]


def turns(bodies: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from bodies


async def test_an_entry_that_comes_back_to_a_feed_is_no_news(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    feeds = [feed(3, 2, 1), feed(4, 3, 2)] * 2
    found = [await road.look(one, content_type="application/rss+xml") for one in feeds]
    assert told(found) == [False, True, False, False]


def feed(*numbers: int) -> bytes:
    items = "".join(
        f"<item><guid>{n}</guid><title>Entry {n}</title><link>https://site.example/{n}</link>"
        f"<description>All that is to be said of entry {n}, {' '.join('word' for _ in range(30))}"
        "</description></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>".encode()


async def test_what_was_told_is_known_from_the_database_alone(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, (CALM, *(OUT, CALM) * 4), hours=0.5)
    anew = Road(database, sandbox, road.run_id, road.now + timedelta(minutes=1))
    found = await looked(anew, (OUT, CALM, OUT), hours=0.5)
    assert told(found) == [False] * 3
    assert replace(anew) == anew


@pytest.mark.parametrize("rules", [Rules(), Rules(include=("main",))], ids=["page", "region"])
async def test_a_state_that_flips_again_is_told_whatever_else_was_edited(
    database: Database, sandbox: Sandbox, rules: Rules
) -> None:
    road = await Road.open(database, sandbox, rules=rules)
    names = ["ada", "bell", "cray", "dora", "emma", "fay"]
    pages = [
        page_of(f"<p>{'open' if place % 2 else 'closed'}</p>{prose(*names)}<p>hall {place}</p>")
        for place in range(len(names))
    ]
    found = await looked(road, pages)
    assert told(found) == [False, *[True] * 5]
    assert all("open" in one.update.finding.summary for one in found[1:] if one.update)
