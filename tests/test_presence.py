"""What an owner chose comes to a page, goes and comes again: told each time, and no failure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from daemon.model.outcome import SiteOutcome
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.views.sites import SiteView, list_sites
from tests.loopback import Clock, serving, tools_for
from tests.making import ADMIN, begin_run
from tests.test_pipeline import Bench

PARAGRAPHS = "".join(
    f"<p>Paragraph {name} of the page speaks calmly of ships and tides.</p>"
    for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota")
)
PAGE = f"<html lang=en><title>Harbour page</title><h1>Harbour</h1>{PARAGRAPHS}"
ALERT = '<div class="alert">The ferry of this evening is cancelled</div>'
LONG = "".join(f"<li>Boat {number} lies at the quay</li>" for number in range(40))


@dataclass(frozen=True)
class Chosen:
    """What is chosen, a page without it and one with it, and how the rule is called."""

    rules: Rules
    without: str
    with_it: str
    rule: str
    content_type: str = "text/html"


CHOSEN = [
    Chosen(Rules(include=(".alert",)), PAGE, PAGE + ALERT, "include[0]: '.alert'"),
    Chosen(
        Rules(include=("#none", "//div[@class='alert']/text()")),
        PAGE,
        PAGE + ALERT,
        "include[1]: \"//div[@class='alert']/text()\"",
    ),
    Chosen(Rules(keep_lines=("(?i)CANCELLED",)), PAGE, PAGE + ALERT, "keep_lines: '(?i)CANCELLED'"),
    Chosen(Rules(include=("ul",)), PAGE, f"{PAGE}<ul>{LONG}</ul>", "include[0]: 'ul'"),
    Chosen(
        Rules(query="slots[0].day"),
        '{"slots": []}',
        '{"slots": [{"day": "May 4"}]}',
        "query: 'slots[0].day'",
        "application/json",
    ),
    Chosen(
        Rules(include=("//slot/@day",)),
        "<diary><year>2026</year></diary>",
        "<diary><year>2026</year><slot day='May 4'/></diary>",
        "include[0]: '//slot/@day'",
        "text/xml",
    ),
]


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving() as site, tools_for(database, sandbox, clock) as (_, context):
        yield Bench(site, database, context, clock, await begin_run(database))


async def look(bench: Bench, body: str) -> SiteOutcome:
    [one] = (await bench.look_at(body)).sites
    return one


async def the_site(bench: Bench) -> SiteView:
    async with bench.database.reading() as session:
        [site] = await list_sites(session, ADMIN)
    return site


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda one: one.rule)
async def test_coming_going_and_coming_again_are_told_each_time(
    bench: Bench, chosen: Chosen
) -> None:
    bench.site.content_type = chosen.content_type
    await bench.watch(rules=chosen.rules)
    first = await look(bench, chosen.without)
    assert (first.verdict, first.is_nothing) == (Verdict.INITIAL, True)
    assert (await look(bench, chosen.without + " ")).verdict is Verdict.UNCHANGED
    for body, told, signal in (
        (chosen.with_it, "Now on the page: ", "appeared"),
        (chosen.without, "No longer on the page: ", "gone"),
        (chosen.with_it + " ", "Now on the page: ", "appeared"),
    ):
        one = await look(bench, body)
        assert one.update is not None
        finding = one.update.finding
        assert (finding.is_significant, finding.confidence_score > 0.9) == (True, True)
        assert finding.summary.startswith(told)
        assert finding.summary.endswith(f"({chosen.rule}).")
        assert chosen.rule in {reason.signal: reason.text for reason in finding.reasons}[signal]
        assert one.update.diff
    assert len(await bench.updates()) == 3


async def test_what_is_there_at_first_may_go(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".alert",)))
    assert (await look(bench, PAGE + ALERT)).verdict is Verdict.INITIAL
    gone = await look(bench, PAGE)
    assert gone.update is not None
    assert (gone.update.finding.category, gone.error_class) == ("presence", None)


async def test_since_when_nothing_is_chosen_is_known(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".alert",)))
    await look(bench, PAGE + ALERT)
    assert (await the_site(bench)).nothing_since is None
    gone_at = bench.clock()
    for words in ("", "<p>One more calm word.</p>", "<p>And another one.</p>"):
        await look(bench, PAGE + words)
    assert (await the_site(bench)).nothing_since == gone_at
    assert (await the_site(bench)).error_class is None


WALLS = [
    "<title>Just a moment...</title><h1>Checking your browser before accessing</h1>",
    "<title>Log in</title><form><input type=email><input type=password><button>Go</button></form>",
    "<title>503 Service Unavailable</title><h1>Service temporarily unavailable</h1>",
    "<title>Harbour page</title><div id=app></div><script>boot()</script>",
    "<title>Harbour</title><noscript>You need to enable JavaScript to run this app.</noscript>",
]


@pytest.mark.parametrize("wall", WALLS)
async def test_a_block_page_is_not_the_going_of_what_was_chosen(bench: Bench, wall: str) -> None:
    await bench.watch(rules=Rules(include=(".alert",)))
    await look(bench, PAGE + ALERT)
    assert (await look(bench, wall)).verdict is Verdict.FAILED
    assert (await look(bench, PAGE + ALERT)).verdict is Verdict.UNCHANGED
    assert await bench.updates() == []


@pytest.mark.parametrize("wall", WALLS)
async def test_a_block_page_begins_no_wait(bench: Bench, wall: str) -> None:
    await bench.watch(rules=Rules(keep_lines=("Add to cart",)))
    assert (await look(bench, wall)).verdict is Verdict.FAILED
    assert (await look(bench, PAGE)).verdict is Verdict.INITIAL


async def test_a_going_that_another_fetch_does_not_show_is_none(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".alert",)))
    await look(bench, PAGE + ALERT)
    bench.site.living["/page"] = lambda n: PAGE if n == 2 else PAGE + ALERT + " "
    [one] = (await bench.look()).sites
    assert (one.verdict, one.error_class) == (Verdict.UNCHANGED, None)
    assert bench.site.asked["/page"] == 3
    assert await bench.updates() == []


async def test_a_going_before_an_error_page_is_a_failure(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".alert",)))
    await look(bench, PAGE + ALERT)
    bench.site.living["/page"] = lambda n: PAGE if n == 2 else WALLS[0]
    [one] = (await bench.look()).sites
    assert (one.verdict, one.error_class) == (Verdict.FAILED, ErrorClass.BOT_WALL)


async def test_only_what_comes_is_told_where_only_additions_are_wanted(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".alert",), additions_only=True))
    found = [await look(bench, body) for body in (PAGE, PAGE + ALERT, PAGE, PAGE + ALERT)]
    assert [one.verdict for one in found] == [
        Verdict.INITIAL,
        Verdict.CHANGED,
        Verdict.UNCHANGED,
        Verdict.CHANGED,
    ]


async def test_another_choice_begins_anew_without_a_word(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".alrt",)))
    await look(bench, PAGE + ALERT)
    await bench.watch(rules=Rules(include=(".alert",)))
    assert (await look(bench, PAGE + ALERT + " ")).verdict is Verdict.UNCHANGED
    assert (await the_site(bench)).nothing_since is None
    assert await bench.updates() == []


async def test_html_in_place_of_json_is_still_an_error(bench: Bench) -> None:
    bench.site.content_type = "application/json"
    await bench.watch(rules=Rules(query="slots[0]"))
    await look(bench, '{"slots": [1]}')
    bench.site.content_type = "text/html"
    assert (await look(bench, PAGE)).error_class is ErrorClass.PARSE
    assert await bench.updates() == []
