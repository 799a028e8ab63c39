"""Pausing, resuming, removing and checking now, alike for sites and products."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from daemon.model.errors import ManagedError, NotFoundError
from daemon.operations import managing
from daemon.operations.lookup import Kind
from daemon.store.tables import MonitoredSite, Page, Product
from tests.making import PAST
from tests.operations.two_owners import ADA, BOB, PRODUCT, SITE, SITE_URL, TwoOwners

LATER = PAST + timedelta(days=1)
BOTH: list[tuple[Kind, str, Any]] = [("site", SITE, MonitoredSite), ("product", PRODUCT, Product)]


@pytest.mark.parametrize(("kind", "word", "model"), BOTH)
async def test_what_is_paused_is_resumed_and_removed(
    two: TwoOwners, kind: Kind, word: str, model: Any
) -> None:
    await managing.pause(two.database, ADA, kind, [word], LATER)
    assert await two.whose(model, ~model.is_active) == {"ada"}
    await managing.resume(two.database, ADA, kind, [word], LATER)
    assert await two.whose(model, ~model.is_active) == set()
    [gone] = await managing.remove(two.database, ADA, kind, [word], LATER)
    assert (gone.name, gone.owner_id) == (word, "ada")
    with pytest.raises(NotFoundError):
        await managing.remove(two.database, ADA, kind, [word], LATER)
    assert await two.whose(model, model.deleted_at.is_not(None)) == {"ada"}


@pytest.mark.parametrize("do", [managing.pause, managing.resume, managing.remove])
@pytest.mark.parametrize(("kind", "word", "model"), BOTH)
async def test_what_the_configuration_manages_is_left_to_it(
    two: TwoOwners, do: Any, kind: Kind, word: str, model: Any
) -> None:
    await two.set_all(model, managed_by="config")
    with pytest.raises(ManagedError) as caught:
        await do(two.database, ADA, kind, [word], LATER)
    assert (caught.value.kind, caught.value.names) == (kind, (word,))
    assert await two.whose(model, model.deleted_at.is_not(None) | ~model.is_active) == set()


async def test_a_wrong_word_does_not_do_half_of_it(two: TwoOwners) -> None:
    with pytest.raises(NotFoundError):
        await managing.pause(two.database, ADA, "site", [SITE, "nothing"], LATER)
    with pytest.raises(NotFoundError):
        await managing.check_now(two.database, ADA, [SITE, "nothing"], PAST)
    assert await two.whose(MonitoredSite, ~MonitoredSite.is_active) == set()


async def due(two: TwoOwners) -> set[str]:
    """The addresses that are due at once, when all were due later."""
    return set(await two.rows(Page.url, Page.next_check_at == PAST))


async def test_what_is_to_be_checked_now_is_due(two: TwoOwners) -> None:
    await two.set_all(Page, next_check_at=LATER)
    found = await managing.check_now(two.database, ADA, [SITE_URL, "ada's own"], PAST)
    assert sorted(one.name for one in found.due) == [SITE, "ada's own", "ada's own"]
    assert await due(two) == {SITE_URL, "https://ada.example/", "https://ada.example/lamp"}


async def test_a_page_that_is_due_already_stays_where_it_stands_in_line(two: TwoOwners) -> None:
    before = PAST - timedelta(hours=1)
    await two.set_all(Page, next_check_at=before)
    await managing.check_now(two.database, ADA, [SITE], PAST)
    assert await two.rows(Page.url, Page.next_check_at != before) == []


async def test_what_is_paused_is_not_made_due_but_named(two: TwoOwners) -> None:
    """Also when somebody else has the same page checked."""
    await two.set_all(Page, next_check_at=LATER)
    async with two.database.writing() as session:
        mine = update(MonitoredSite).where(MonitoredSite.owner_id == "ada")
        await session.execute(mine.values(is_active=False))
    found = await managing.check_now(two.database, ADA, [SITE], PAST)
    assert ([one.name for one in found.paused], found.due) == ([SITE], ())
    assert await due(two) == set()
    assert (await managing.check_now(two.database, BOB, [SITE], PAST)).due
    assert await due(two) == {SITE_URL}
