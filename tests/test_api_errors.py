"""An API that answers with an error, where its content is watched: blind, and nothing is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.outcome import SiteOutcome
from daemon.model.site import Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.views.departures import departures_of
from daemon.store.views.sites import list_sites
from daemon.store.views.standing import state_of
from tests.loopback import Clock, serving, tools_for
from tests.making import ADMIN, begin_run
from tests.test_pipeline import Bench
from tests.test_presence import PAGE

SLOTS = '{"slots": [{"day": "May 4"}]}'
NONE = '{"slots": []}'
# No words of a block page: the form alone says that it is an error.
ERROR = '{"error": {"code": 7, "message": "the ledger of berths is locked"}}'
TARGET = "query:slots[?day]"


@pytest.fixture
async def bench(database: Database, sandbox: Sandbox) -> AsyncIterator[Bench]:
    clock = Clock()
    async with serving() as site, tools_for(database, sandbox, clock) as (_, context):
        yield Bench(site, database, context, clock, await begin_run(database))


async def watch(bench: Bench, rules: Rules) -> None:
    bench.site.content_type = "application/json"
    await bench.watch(rules=rules)


async def look(bench: Bench, body: str) -> SiteOutcome:
    [one] = (await bench.look_at(body)).sites
    return one


async def test_a_chosen_value_is_not_gone_when_the_api_answers_with_an_error(bench: Bench) -> None:
    await watch(bench, Rules(query="slots[0].day"))
    found = [await look(bench, body) for body in (SLOTS, ERROR, SLOTS + " ", NONE)]
    assert [one.verdict for one in found] == [
        Verdict.INITIAL, Verdict.FAILED, Verdict.UNCHANGED, Verdict.CHANGED,
    ]  # fmt: skip
    assert found[1].error_class is ErrorClass.HTTP_5XX
    assert found[1].blind_spot is BlindSpot.ERROR_PAGE
    assert "the ledger of berths is locked" in found[1].error_detail


async def test_an_api_that_answers_with_an_error_from_the_start_is_blind(bench: Bench) -> None:
    await watch(bench, Rules(query="slots[0].day"))
    assert (await look(bench, ERROR)).blind_spot is BlindSpot.ERROR_PAGE


async def test_an_error_that_is_what_was_chosen_is_read(bench: Bench) -> None:
    await watch(bench, Rules(query="error.message"))
    found = [await look(bench, body) for body in (ERROR, ERROR.replace("locked", "open"))]
    assert [one.verdict for one in found] == [Verdict.INITIAL, Verdict.CHANGED]


@pytest.mark.parametrize(
    "rules",
    [Rules(appears=(TARGET,)), Rules(disappears=(TARGET,)), Rules(count=(TARGET,)),
     Rules(contains=(TARGET, "query:slots[0].day"))],
)  # fmt: skip
async def test_a_condition_is_undecided_while_the_api_answers_with_an_error(
    bench: Bench, rules: Rules
) -> None:
    await watch(bench, rules)
    await look(bench, SLOTS)
    one = await look(bench, ERROR)
    [standing] = one.conditions.values()
    assert "the ledger of berths is locked" in standing.problem
    assert one.update is None or not one.update.finding.conditions
    async with bench.database.reading() as session:
        [view] = await list_sites(session, ADMIN)
    assert state_of(view) == "undecided"
    again = await look(bench, SLOTS + " ")
    assert again.update is None or not again.update.finding.conditions
    gone = await look(bench, NONE)
    assert gone.update is not None
    assert gone.update.finding.conditions


async def test_a_condition_on_the_error_itself_is_told(bench: Bench) -> None:
    await watch(bench, Rules(appears=("query:error.message",)))
    await look(bench, SLOTS)
    one = await look(bench, ERROR)
    assert one.update is not None
    assert one.update.finding.conditions


async def test_what_crosses_on_the_same_text_leaves_no_state(bench: Bench) -> None:
    await bench.watch(rules=Rules(appears=("css:button:not([disabled])",)))
    bodies = [PAGE + f"<button{off}>Add to cart</button>" for off in (" disabled", "")]
    found = [(await bench.look_at(body)).sites[0] for body in (*bodies, *bodies)]
    assert [one.update is not None for one in found] == [False, True, True, True]
    async with bench.database.reading() as session:
        assert await departures_of(session, found[0].site.id) == ()


async def test_conditions_stand_in_the_order_of_the_owner(bench: Bench) -> None:
    rules = Rules(appears=("zebra", "ant"), disappears=("a", "Harbour page of long ago"))
    await bench.watch(rules=rules)
    await bench.look_at(PAGE)
    [site] = (await bench.claim()).sites
    assert list(site.conditions) == [
        "appears zebra", "appears ant", "disappears a", "disappears Harbour page of long ago",
    ]  # fmt: skip
