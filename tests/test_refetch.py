"""What moves by itself on a page is learned by one more fetch, and then never told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from itertools import count

import pytest

from daemon.model.errors import FetchError, ThrottledError
from daemon.model.outcome import Outcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Request, Validators
from daemon.model.response import Response
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.refetch import AGAIN_AFTER, MAX_BODY_BYTES
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.views.sites import list_sites
from tests.looking import prose
from tests.loopback import Clock, serving, tools_for
from tests.making import ADMIN, begin_run
from tests.test_pipeline import Bench

Foot = Callable[[int], str]


def token(number: int, size: int) -> str:
    return blake2b(str(number).encode(), digest_size=size).hexdigest()


def clock(number: int, between: str = ":") -> str:
    return between.join(
        f"{part:02}" for part in (number // 3600 % 24, number // 60 % 60, number % 60)
    )


def german(n: int) -> str:
    return (
        f"<p>Sie sind Besucher Nr. {48_000 + 13 * n:,} seit 1999</p><p>Serverzeit {clock(n * 71)}"
        f" Uhr</p><p>Vorgang: {token(n, 4)}</p>"
    )


def french(n: int) -> str:
    return (
        f"<table><tr><td>Visiteurs</td><td>12 {100 + 7 * n}</td></tr><tr><td>Il est</td><td>"
        f"{clock(n * 97, ' h ')} s</td></tr></table><p>Jeton {token(n, 5)}</p>"
    )


def japanese(n: int) -> str:
    return (
        f"<p>あなたは{2000 + 3 * n}人目の訪問者です</p><p>現在時刻 {clock(n * 53, '.')}</p>"
        f"<p>番号：{token(n, 4)}</p>"
    )


def bare(n: int) -> str:
    """A counter in an element of its own that looks like a year and falls."""
    return f"<div>Hits</div><div>{2011 - 11 * n}</div><div>Ticket</div><div>{token(n, 4)}</div>"


def in_one_line(n: int) -> str:
    node, request = token(n, 2), token(n + 9, 3)
    return f"<p>Page {12_345 + n} from node-{node} at {clock(n * 61)}.{n:03}, req {request}</p>"


def headed(n: int) -> str:
    return (
        f"<h2>{clock(n * 67, ' · ')}</h2><p>Queue position {900 - 17 * n} of {5_000 + 31 * n}</p>"
    )


def quoted(n: int) -> str:
    quotes = ("Be bold", "Stay calm", "Eat well", "Sleep long", "Walk far", "Read much", "Sing")
    return f"<h4>A word for the way</h4><p>{quotes[n % len(quotes)]}</p>"


FEET = (german, french, japanese, bare, in_one_line, headed)


def page(foot: str, *names: str, more: str = "") -> str:
    text = prose(*(names or ("ada", "bell", "cray", "dora")))
    return (
        f"<title>The House</title><main><h1>The House</h1>{text}{more}</main>"
        f"<footer>{foot}</footer>"
    )


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving() as site, tools_for(database, sandbox, clock) as (_, context):
        yield Bench(site, database, context, clock, await begin_run(database))


async def look(bench: Bench, foot: Foot, **of_page: str) -> SiteOutcome:
    bench.site.living["/page"] = lambda n: page(foot(n), **of_page)
    [one] = (await bench.look()).sites
    return one


@pytest.mark.parametrize("foot", FEET)
async def test_what_moves_by_itself_is_no_change(bench: Bench, foot: Foot) -> None:
    await bench.watch()
    found = [await look(bench, foot) for _ in range(5)]
    assert [one.verdict for one in found] == [Verdict.INITIAL, *[Verdict.UNCHANGED] * 4]
    assert bench.site.asked["/page"] == len(found) + 1
    assert await bench.updates() == []


async def test_another_page_teaches_nothing_of_what_moves(bench: Bench) -> None:
    async def leave(_seconds: float) -> None:
        bench.site.redirects["/page"] = 302, "/home"

    await bench.watch()
    await look(bench, german)
    bench.site.bodies["/home"] = page(german(99))
    bench.context = replace(bench.context, pause=leave)
    one = await look(bench, german)
    assert bench.site.asked["/home"] == 1
    assert one.volatile is not None
    assert one.volatile.lines == ()


async def test_a_word_that_moves_by_itself_is_left_out_with_those_that_were_seen(
    bench: Bench,
) -> None:
    await bench.watch()
    assert (await look(bench, quoted)).verdict is Verdict.INITIAL
    assert (await look(bench, quoted)).verdict is Verdict.UNCHANGED
    for number in (1, 2, 3):
        one = await look(bench, partial(_always, quoted(number)))
        assert one.verdict is Verdict.UNCHANGED
    assert "Sing" in (await told(bench, lambda _: quoted(6)))


def _always(foot: str, _answer: int) -> str:
    return foot


async def told(bench: Bench, foot: Foot, **of_page: str) -> str:
    """What is told of the next look."""
    one = await look(bench, foot, **of_page)
    assert one.update is not None
    return one.update.finding.summary


@pytest.mark.parametrize("foot", FEET)
async def test_news_beside_what_moves_is_told_without_it(bench: Bench, foot: Foot) -> None:
    await bench.watch()
    await look(bench, foot)
    news = "<p>From May on a ferry leaves for the island every second hour.</p>"
    one = await look(bench, foot, more=news)
    assert one.update is not None
    finding = one.update.finding
    assert (
        finding.summary == "Added: “From May on a ferry leaves for the island every second hour.”"
    )
    assert finding.is_significant
    assert finding.change is not None
    shown = [line for hunk in finding.change.hunks for line in (*hunk.removed, *hunk.added)]
    assert shown == ["From May on a ferry leaves for the island every second hour."]
    assert "by" in {reason.signal: reason.text for reason in finding.reasons}["moving"]


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("Each key may send {} requests per minute", "100", "90"),
        ("Höchstens {} Gäste im Haus", "12", "8"),
        ("Our office is {}", "open", "closed for good"),
        ("Ticket {}", "ab12cd", "ef34ab"),
    ],
)
async def test_what_stays_from_fetch_to_fetch_is_news(
    bench: Bench, line: str, old: str, new: str
) -> None:
    await bench.watch()
    await look(bench, german, more=f"<p>{line.format(old)}</p>")
    assert new in await told(bench, german, more=f"<p>{line.format(new)}</p>")
    assert bench.site.asked["/page"] == 3


async def test_other_words_in_a_line_that_moves_are_told(bench: Bench) -> None:
    await bench.watch()
    await look(bench, german)
    await look(bench, german)
    assert "Gast" in await told(bench, lambda n: german(n).replace("Besucher", "Gast"))


async def test_a_number_elsewhere_is_told_although_one_like_it_moves(bench: Bench) -> None:
    await bench.watch()
    rooms = "<h3>Rooms</h3><p>{}</p>"
    await look(bench, bare, more=rooms.format(12))
    assert (await look(bench, bare, more=rooms.format(12))).verdict is Verdict.UNCHANGED
    assert await told(bench, bare, more=rooms.format(9)) == "Rooms: 12 → 9."


async def test_a_price_is_told_whatever_moves(bench: Bench) -> None:
    await bench.watch()

    def foot(n: int) -> str:
        return f"<p>A day in the baths: {n + 9}.50 €</p>"

    await look(bench, foot)
    assert "→" in await told(bench, foot)


async def test_a_page_on_its_way_back_hides_nothing(bench: Bench) -> None:
    """Two servers, one of which is behind: what the other one says is news."""
    await bench.watch()
    line = "<p>Room for {} guests</p>"
    await look(bench, lambda _: line.format(100))
    answers = iter((line.format(90), line.format(100)))
    assert "90" in await told(bench, lambda _: next(answers))


async def test_a_page_without_doubt_is_fetched_once(bench: Bench) -> None:
    await bench.watch()
    await look(bench, lambda _: "")
    await told(bench, lambda _: "", more="<p>A new house stands by the river, with nine rooms.</p>")
    assert bench.site.asked["/page"] == 2


@pytest.mark.parametrize(
    "rules", [Rules(include=("footer",)), Rules(keep_lines=("Besucher",))], ids=str
)
async def test_an_owner_who_chose_is_not_second_guessed(bench: Bench, rules: Rules) -> None:
    await bench.watch(rules=rules)
    for _ in range(3):
        await look(bench, german)
    assert bench.site.asked["/page"] == 3


async def test_a_page_is_fetched_twice_again_only_after_a_month(bench: Bench) -> None:
    await bench.watch()

    def more(n: int) -> str:
        return german(n) + f"<p>Loop {n * 5} of the water clock</p>"

    await look(bench, german)
    await look(bench, german)
    assert bench.site.asked["/page"] == 3
    assert "Loop 20" in await told(bench, more)
    assert "25" in await told(bench, more)
    assert bench.site.asked["/page"] == 5
    bench.clock.move(AGAIN_AFTER)
    assert (await look(bench, more)).verdict is Verdict.UNCHANGED
    assert (await look(bench, more)).verdict is Verdict.UNCHANGED
    assert bench.site.asked["/page"] == 8


async def test_sites_of_one_page_share_its_second_fetch(bench: Bench) -> None:
    await bench.watch(bench.spec("One"), bench.spec("Two", rules=Rules(exclude=("h1",))))
    bench.site.living["/page"] = lambda n: page(german(n))
    await bench.look()
    outcome = await bench.look()
    assert [one.verdict for one in outcome.sites] == [Verdict.UNCHANGED] * 2
    assert bench.site.asked["/page"] == 3


async def test_what_it_costs_is_counted(bench: Bench) -> None:
    await bench.watch()
    await look(bench, german)
    bench.site.living["/page"] = lambda n: page(german(n))
    outcome = await bench.look()
    assert outcome.response is not None
    assert outcome.response.wire_bytes > 1.9 * outcome.response.body_bytes


@pytest.mark.parametrize(
    "trouble",
    [
        FetchError(ErrorClass.RATE_LIMITED, "429"),
        FetchError(ErrorClass.ROBOTS, "robots.txt"),
        TimeoutError(),
    ],
    ids=str,
)
async def test_a_second_fetch_that_fails_costs_no_result_and_is_not_tried_again(
    bench: Bench, trouble: Exception
) -> None:
    await bench.watch()
    await look(bench, german)
    fetch, made = bench.context.fetch, count()

    async def fails_the_second_time(
        page: Page, asked: Validators | None, held: AsyncExitStack
    ) -> Response:
        if next(made):
            raise trouble
        return await fetch(page, asked, held)

    bench.context = replace(bench.context, fetch=fails_the_second_time)
    one = await look(bench, german)
    assert (one.verdict, one.error_class) == (Verdict.CHANGED, None)
    bench.context = replace(bench.context, fetch=fetch)
    await look(bench, german)
    assert bench.site.asked["/page"] == 3


async def test_a_host_that_is_not_to_be_asked_again_at_once_is_asked_at_the_next_check(
    bench: Bench,
) -> None:
    await bench.watch()
    await look(bench, german)
    turn, made = bench.context.turn, count()

    @asynccontextmanager
    async def only_once(host: str) -> AsyncIterator[None]:
        if next(made):
            raise ThrottledError(host, 99.0)
        async with turn(host):
            yield

    bench.context = replace(bench.context, turn=only_once)
    assert (await look(bench, german)).verdict is Verdict.CHANGED
    bench.context = replace(bench.context, turn=turn)
    assert (await look(bench, german)).verdict is Verdict.UNCHANGED
    assert bench.site.asked["/page"] == 4


async def test_a_large_page_is_not_asked_for_twice(bench: Bench) -> None:
    await bench.watch()
    filler = "<!--" + "x" * MAX_BODY_BYTES + "-->"
    for _ in range(2):
        await look(bench, german, more=filler)
    assert bench.site.asked["/page"] == 2


async def test_figures_that_move_in_json_are_learned(bench: Bench) -> None:
    await bench.watch()
    bench.site.content_type = "application/json"

    async def look_at(rooms: int) -> Outcome:
        bench.site.living["/page"] = lambda n: json.dumps(
            {"asked": 7 * n, "rooms": rooms, "trace": token(n, 8), "load": n / 7}
        )
        return await bench.look()

    found = [await look_at(rooms) for rooms in (12, 12, 12, 9)]
    assert [one.verdict for one in found[1:]] == [
        Verdict.UNCHANGED,
        Verdict.UNCHANGED,
        Verdict.CHANGED,
    ]


async def test_what_was_learned_outlives_the_states(bench: Bench) -> None:
    await bench.watch()
    for _ in range(3):
        await look(bench, french)
    async with bench.database.reading() as session:
        [site] = await list_sites(session, ADMIN)
    assert len(site.volatile["lines"]) >= 3
    for number in range(12):
        await look(bench, french, more=prose(f"guest{number}"))
    assert (await look(bench, french, more=prose("guest11"))).verdict is Verdict.UNCHANGED
    assert bench.site.asked["/page"] == 17


async def test_what_was_learned_of_a_page_is_forgotten_with_it(bench: Bench) -> None:
    await bench.watch()
    for _ in range(2):
        await look(bench, german)
    await bench.watch(request=Request(bench.site.url("/elsewhere")))
    async with bench.database.reading() as session:
        [site] = await list_sites(session, ADMIN)
    assert site.volatile == {}
