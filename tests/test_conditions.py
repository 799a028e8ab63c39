"""Conditions from check to check: told once as they cross, and known to the next process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from daemon.model.outcome import SiteOutcome
from daemon.model.request import Request
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.views.sites import SiteView, list_sites
from daemon.store.views.standing import state_of
from tests.alerting.things import route
from tests.loopback import Clock, serving, tools_for
from tests.making import ADMIN, begin_run
from tests.notify.test_sender import have_routes
from tests.test_pipeline import HOUR, Bench
from tests.test_presence import PAGE, WALLS

CART = "<button>Add to cart</button>"
GREY = "<button disabled>Add to cart</button>"
NEWS = "<p>From May on a ferry leaves for the island every second hour, and dogs are welcome.</p>"


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving() as site, tools_for(database, sandbox, clock) as (_, context):
        yield Bench(site, database, context, clock, await begin_run(database))


async def look(bench: Bench, body: str) -> SiteOutcome:
    [one] = (await bench.look_at(body)).sites
    return one


def said(one: SiteOutcome) -> tuple[str, ...]:
    return () if one.update is None else one.update.finding.conditions


async def test_words_that_come_go_and_come_again_are_told_once_each(bench: Bench) -> None:
    await bench.watch(rules=Rules(appears=("Add to cart",)))
    bodies = (PAGE, PAGE + CART, PAGE + CART + NEWS, PAGE + NEWS, PAGE, PAGE + CART)
    found = [await look(bench, body) for body in bodies]
    assert [said(one)[:1] for one in found] == [
        (),
        ("'Add to cart' appeared: “[ Add to cart ]”",),
        (),
        ("'Add to cart' disappeared",),
        (),
        ("'Add to cart' appeared: “[ Add to cart ]”",),
    ]
    assert found[0].verdict is Verdict.INITIAL
    updates = await bench.updates()
    told = [one for one in updates if one.category == "condition"]
    assert len(told) == 3
    assert all(one.is_significant for one in told)
    assert [one.category for one in updates if one not in told] == ["content", "content"]


async def test_an_element_may_change_beside_the_same_text(bench: Bench) -> None:
    """The button is greyed out: a visitor reads the same words."""
    await bench.watch(rules=Rules(appears=("css:button:not([disabled])",)))
    found = [await look(bench, PAGE + one) for one in (GREY, CART, CART + " ", GREY)]
    assert [one.verdict for one in found] == [
        Verdict.INITIAL,
        Verdict.CHANGED,
        Verdict.UNCHANGED,
        Verdict.CHANGED,
    ]
    updates = await bench.updates()
    assert all(one.before_snapshot_id == one.after_snapshot_id for one in updates)
    assert [one.summary for one in updates] == [
        "'button:not([disabled])' appeared: “Add to cart”.",
        "'button:not([disabled])' disappeared.",
    ]
    assert (await view_of(bench)).last_changed_at == bench.clock() - HOUR


async def view_of(bench: Bench) -> SiteView:
    async with bench.database.reading() as session:
        [view] = await list_sites(session, ADMIN)
    return view


async def test_a_number_crosses_its_bound(bench: Bench) -> None:
    await bench.watch(rules=Rules(include=(".price",), below="50"))
    prices = ("55.00 €", "48.00 €", "47.00 €", "Sold out", "52.00 €")
    found = [await look(bench, f"{PAGE}<p class=price>{price}</p>") for price in prices[:4]]
    [site] = (await bench.claim()).sites
    assert site.conditions["below 50"].problem == "no number in 'Sold out'"
    assert state_of(await view_of(bench)) == "undecided"
    found.append(await look(bench, f"{PAGE}<p class=price>{prices[4]}</p>"))
    assert [said(one) for one in found] == [
        (),
        ("48.00 € is below 50 (was 55.00 €)",),
        (),
        (),
        ("52.00 € is no longer below 50 (was 47.00 €)",),
    ]
    assert all(one.update is not None for one in found[1:])  # other changes are recorded


async def test_a_number_that_goes_back_the_same_day_is_told(bench: Bench) -> None:
    await bench.watch(rules=Rules(count=("css:li",)))
    found = [
        await look(bench, f"{PAGE}<ul>{'<li>Slot</li>' * number}</ul>") for number in (2, 4, 2, 4)
    ]
    assert [said(one) for one in found] == [
        (),
        ("4 of li, was 2",),
        ("2 of li, was 4",),
        ("4 of li, was 2",),
    ]


async def test_what_crossed_is_known_to_the_next_process(bench: Bench) -> None:
    await bench.watch(rules=Rules(appears=("Add to cart",)))
    await look(bench, PAGE)
    await look(bench, PAGE + CART)
    [site] = (await bench.claim()).sites
    standing = site.conditions["appears Add to cart"]
    assert (standing.holds, standing.since) == (True, bench.clock() - HOUR)
    assert said(await look(bench, PAGE + CART + "<!-- -->")) == ()


@pytest.mark.parametrize("wall", WALLS)
async def test_a_block_page_changes_no_condition(bench: Bench, wall: str) -> None:
    rules = Rules(appears=("Add to cart",), disappears=("css:button",))
    await bench.watch(rules=rules)
    for body, is_wall in ((PAGE + CART, False), (wall, True), (PAGE + CART + " ", False)):
        one = await look(bench, body)
        assert (one.verdict is Verdict.FAILED, said(one)) == (is_wall, ())
    assert await bench.updates() == []


async def test_a_going_that_another_fetch_does_not_show_is_none(bench: Bench) -> None:
    await bench.watch(rules=Rules(appears=("css:button:not([disabled])",)))
    await look(bench, PAGE + CART)
    bench.site.living["/page"] = lambda n: PAGE + (GREY if n == 2 else CART + " ")
    [one] = (await bench.look()).sites
    assert (one.verdict, said(one)) == (Verdict.UNCHANGED, ())
    assert bench.site.asked["/page"] == 3


async def test_a_condition_set_later_is_looked_at_in_the_same_bytes_and_not_told(
    bench: Bench,
) -> None:
    bench.site.is_validated = True
    await bench.watch()
    await look(bench, PAGE + CART)
    before = await bench.state()
    await bench.watch(rules=Rules(appears=("Add to cart",)))
    one = await look(bench, PAGE + CART)
    assert (one.verdict, said(one)) == (Verdict.UNCHANGED, ())
    assert one.conditions["appears Add to cart"].holds is True
    assert await bench.state() == before  # no new baseline
    assert (await bench.look()).verdict is Verdict.NOT_MODIFIED
    assert said(await look(bench, PAGE)) == ("'Add to cart' disappeared",)


async def test_another_address_begins_anew(bench: Bench) -> None:
    bench.site.bodies["/other"] = PAGE
    rules = Rules(appears=("Add to cart",))
    await bench.watch(rules=rules)
    await look(bench, PAGE + CART)
    await bench.watch(rules=rules, request=Request(bench.site.url("/other")))
    assert (await view_of(bench)).conditions == {}


async def test_a_pattern_that_runs_away_fails_with_its_name_and_loses_nothing(
    bench: Bench,
) -> None:
    await bench.watch(rules=Rules(appears=("re:(a|aa)+$",)))
    await look(bench, PAGE)
    one = await look(bench, f"{PAGE}<p>{'a' * 5000}!</p>")
    assert one.error_class is ErrorClass.SELECTOR
    assert one.error_detail == "appears[0] took longer than 1 s: '(a|aa)+$'"
    await bench.watch(rules=Rules(appears=("re:a!$",)))
    assert (await look(bench, f"{PAGE}<p>{'a' * 5000}!</p>")).verdict is Verdict.CHANGED


@pytest.mark.parametrize(
    ("notify_on", "notified"),
    [
        ("auto", ["'Add to cart' appeared: “[ Add to cart ]”."]),
        ("significant", ["Added: ", "'Add to cart' appeared"]),
        ("every", ["Added: ", "'Add to cart' appeared"]),
        ("none", []),
    ],
)
async def test_by_itself_only_conditions_are_notified(
    bench: Bench, notify_on: str, notified: list[str]
) -> None:
    await bench.watch(rules=Rules(appears=("Add to cart",), notify_on=notify_on))
    await have_routes(bench.database, route())
    for body in (PAGE, PAGE + NEWS, PAGE + NEWS + CART):
        await look(bench, body)
    assert len(await bench.updates()) == 2
    async with bench.database.reading() as session:
        order = tables.Notice.created_at, tables.Notice.id
        notices = list(await session.scalars(select(tables.Notice).order_by(*order)))
    assert len(notices) == len(notified)
    for notice, begins in zip(notices, notified, strict=True):
        assert notice.payload["summary"].startswith(begins)
    if notices:
        assert notices[-1].payload["conditions"] == ["'Add to cart' appeared: “[ Add to cart ]”"]


async def test_what_crosses_as_its_page_moves_is_told_at_the_next_check(bench: Bench) -> None:
    await bench.watch(rules=Rules(appears=("Add to cart",)))
    await look(bench, PAGE)
    bench.site.bodies["/new"] = PAGE + CART
    bench.site.redirects["/page"] = 301, "/new"
    [moved] = (await bench.look()).sites
    assert (moved.move is not None, said(moved)) == (True, ())
    bench.site.bodies["/new"] = PAGE + CART + NEWS
    [later] = (await bench.look()).sites
    assert said(later) == ("'Add to cart' appeared: “[ Add to cart ]”",)


async def test_words_that_no_database_takes_are_cleaned(bench: Bench) -> None:
    bench.site.content_type = "application/json"
    await bench.watch(rules=Rules(appears=("query:items[0]",)))
    await look(bench, '{"items": []}')
    one = await look(bench, '{"items": ["a\\u0000b \\ud800"]}')
    assert said(one)[0].startswith("'items[0]' appeared: “a")
    [site] = (await bench.claim()).sites
    assert site.conditions["appears query:items[0]"].holds is True
