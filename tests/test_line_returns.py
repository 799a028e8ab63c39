"""A short line that comes and goes while the rest of its page is edited: news, or noise."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import cycle

import pytest

from daemon.analyse.noise.returns import ALTERNATES, MOST_RETURNS, RETURNED
from daemon.model.outcome import SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Validators
from daemon.model.response import Document, Response
from daemon.model.site import Rules
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from tests.looking import Road, page_of, prose
from tests.making import response

PAGE = prose("ada", "bell", "cray", "dora")
OUTAGE = "Water outage in the upper village"


def edited(number: int, *lines: str) -> bytes:
    """A page of which one line is edited at each check."""
    return page_of("".join(f"<p>{one}</p>" for one in lines) + f"{PAGE}<p>hall {number}</p>")


def on_and_off(line: str, times: int) -> list[bytes]:
    return [edited(number, *([line] if number % 2 else [])) for number in range(times)]


async def looked(road: Road, pages: Sequence[bytes], hours: float = 1) -> list[SiteOutcome]:
    return [await road.look(page, hours=hours) for page in pages]


def names(one: SiteOutcome, line: str) -> bool:
    """Whether a significant change says that the line came or went."""
    is_told = one.update is not None and one.update.finding.is_significant
    return is_told and line in summary(one)


def summary(one: SiteOutcome) -> str:
    return one.update.finding.summary if one.update else ""


def signals(one: SiteOutcome) -> set[str]:
    return {reason.signal for reason in one.update.finding.reasons} if one.update else set()


@pytest.mark.parametrize("line", [OUTAGE, "No trains between Bern and Thun"])
async def test_what_was_told_to_come_is_told_to_go_and_to_come_again(
    database: Database, sandbox: Sandbox, line: str
) -> None:
    road = await Road.open(database, sandbox)
    found = await looked(road, on_and_off(line, 7), hours=3)
    assert [names(one, line) for one in found] == [False, *[True] * 6]
    assert [RETURNED in signals(one) for one in found] == [*[False] * 3, *[True] * 4]


async def test_after_several_returns_it_is_told_that_the_line_comes_and_goes(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    found = await looked(road, on_and_off(OUTAGE, 24), hours=0.5)
    last = MOST_RETURNS + 3
    assert [names(one, OUTAGE) for one in found] == [False, *[True] * last, *[False] * (23 - last)]
    assert [place for place, one in enumerate(found) if ALTERNATES in signals(one)] == [last]
    told = summary(found[last])
    assert told.startswith(f"Lines come and go, {MOST_RETURNS + 1} times in 3 h. Added: ")


async def test_after_a_still_day_a_line_that_came_and_went_is_news_again(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, on_and_off(OUTAGE, 16), hours=0.5)
    still = [edited(number) for number in range(16, 24)]
    await looked(road, still, hours=4)
    pages = [edited(24, OUTAGE), edited(25), edited(26, OUTAGE)]
    assert [names(one, OUTAGE) for one in await looked(road, pages)] == [True] * 3


async def test_a_line_that_was_too_slight_to_be_told_stays_noise(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    found = await looked(road, on_and_off("Book boats today", 7))
    assert not any(names(one, "boats") for one in found)
    assert not any("boats" in summary(one) for one in found[3:])


async def test_a_banner_that_rotated_before_the_news_is_not_taken_for_news(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    banners = [f"Book {what} today" for what in ("boats", "bikes")]
    await looked(road, [edited(number, banners[number % 2]) for number in range(4)])
    pages = [
        edited(number, banners[number % 2], *([OUTAGE] if number % 2 else []))
        for number in range(4, 9)
    ]
    found = await looked(road, pages)
    assert [names(one, OUTAGE) for one in found] == [False, *[True] * 4]
    assert not any("Book" in summary(one) for one in found)


async def test_where_flickering_is_not_ignored_nothing_is_said_of_returning_lines(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(flap_hold=False))
    found = await looked(road, on_and_off(OUTAGE, 7))
    assert [names(one, OUTAGE) for one in found] == [False, *[True] * 6]
    assert not any(RETURNED in signals(one) for one in found)


async def test_a_line_that_differs_from_request_to_request_is_no_news(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, on_and_off(OUTAGE, 3))
    variants = cycle(([OUTAGE], []))

    async def fetch(page: Page, _known: Validators | None, _held: AsyncExitStack) -> Response:
        body = edited(road.now.hour, *next(variants))
        document = Document(body, "text/html", "utf-8", page.request.url)
        return response(body, document=document)

    found = [await road.look(b"", fetch=fetch) for _ in range(4)]
    assert not any(names(one, OUTAGE) for one in found)


async def test_a_line_that_another_fetch_shows_too_is_told(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await looked(road, on_and_off(OUTAGE, 3))
    asked: list[str] = []

    async def fetch(page: Page, _known: Validators | None, _held: AsyncExitStack) -> Response:
        asked.append(page.request.url)
        document = Document(edited(3, OUTAGE), "text/html", "utf-8", page.request.url)
        return response(document.body, document=document)

    assert names(await road.look(b"", fetch=fetch), OUTAGE)
    assert len(asked) == 2
