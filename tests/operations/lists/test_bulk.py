"""What is done to many sites at once: to those chosen, or to all that a filter lets through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.config.values import MOST_TAGS
from daemon.model.viewer import Viewer
from daemon.operations.lists import bulk
from daemon.operations.lists.bulk import Action, BulkResult, Deed, Skipped
from daemon.operations.lists.sites import SiteFilter, SiteState
from daemon.operations.managing import TagChange
from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite, Page
from daemon.store.tables.ids import new_id
from tests.making import Statements
from tests.operations.lists.many_sites import NOW, have_many_sites

ADA, BOB = Viewer("ada"), Viewer("bob")
LATER = NOW + timedelta(days=1)
ALL = SiteFilter()


@pytest.fixture
async def many(database: Database) -> Database:
    await have_many_sites(database, 20)
    return database


async def rows(database: Database, column: Any, *where: Any) -> list[Any]:
    async with database.reading() as session:
        return list(await session.scalars(select(column).where(*where).order_by(MonitoredSite.id)))


async def names(database: Database, *where: Any) -> list[str]:
    return await rows(database, MonitoredSite.name, *where)


async def ids(database: Database, *where: Any) -> list[UUID]:
    return await rows(database, MonitoredSite.id, *where)


async def manage_by_file(database: Database, *where: Any) -> None:
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).where(*where).values(managed_by="config"))


async def do(
    database: Database, deed: Deed, which: SiteFilter | Sequence[UUID] = ALL, viewer: Viewer = ADA
) -> BulkResult:
    return await bulk.carry_out(database, viewer, deed, which, NOW)


async def test_all_that_match_are_paused_and_only_those_of_the_viewer(many: Database) -> None:
    paused = {*await names(many, ~MonitoredSite.is_active)}
    result = await do(many, Deed(Action.PAUSE), SiteFilter(search=("a 0001",)))
    assert result == BulkResult(9, {Skipped.PAUSED: 1})
    wanted = {f"ada {number:05}" for number in range(10, 20)}
    assert {*await names(many, ~MonitoredSite.is_active)} == paused | wanted


async def test_what_is_resumed_has_its_page_checked_again(many: Database) -> None:
    assert await do(many, Deed(Action.RESUME), SiteFilter(SiteState.PAUSED)) == BulkResult(2, {})
    resumed = select(MonitoredSite.page_id).where(
        MonitoredSite.name.in_(["ada 00001", "ada 00011"])
    )
    async with many.reading() as session:
        assert set(await session.scalars(select(Page.is_active).where(Page.id.in_(resumed)))) == {
            True
        }


async def test_what_the_file_manages_is_left_to_it_and_counted(many: Database) -> None:
    await manage_by_file(many, MonitoredSite.name.in_(["ada 00000", "ada 00001"]))
    for deed in (
        Deed(Action.PAUSE), Deed(Action.TAG, tags=TagChange(["new"])), Deed(Action.REMOVE),
    ):  # fmt: skip
        result = await do(many, deed)
        assert result.skipped[Skipped.MANAGED] == 2
    assert await names(
        many, MonitoredSite.deleted_at.is_(None), MonitoredSite.owner_id == "ada"
    ) == [
        "ada 00000",
        "ada 00001",
    ]
    # To check and to silence is for all.
    assert await do(many, Deed(Action.SILENCE, LATER)) == BulkResult(2, {})


async def test_sites_are_silenced_until_then_and_heard_again(many: Database) -> None:
    assert (await do(many, Deed(Action.SILENCE, LATER))).done == 20
    assert await names(many, MonitoredSite.muted_until == LATER) == [
        f"ada {number:05}" for number in range(20)
    ]
    found = await ids(many, MonitoredSite.owner_id == "ada")
    assert await do(many, Deed(Action.UNSILENCE), found[:3]) == BulkResult(3, {})
    assert await do(many, Deed(Action.UNSILENCE), found[:4]) == BulkResult(
        1, {Skipped.NOT_SILENCED: 3}
    )


async def test_what_is_active_is_due_and_what_is_paused_is_named(many: Database) -> None:
    assert await do(many, Deed(Action.CHECK)) == BulkResult(18, {Skipped.PAUSED: 2})
    async with many.reading() as session:
        due = await session.scalars(select(Page.host).where(Page.next_check_at <= NOW).distinct())
        assert "ada.example" in set(due)


async def test_tags_come_and_go_where_there_is_room(many: Database) -> None:
    async with many.writing() as session:
        full = [f"tag {number}" for number in range(MOST_TAGS)]
        first = update(MonitoredSite).where(MonitoredSite.name == "ada 00000")
        await session.execute(first.values(tags=full))
    result = await do(many, Deed(Action.TAG, tags=TagChange(["new"], ["work"])))
    assert result == BulkResult(19, {Skipped.TOO_MANY_TAGS: 1})
    assert await rows(many, MonitoredSite.tags, MonitoredSite.name == "ada 00004") == [["new"]]
    again = await do(many, Deed(Action.TAG, tags=TagChange(["new"], ["work"])))
    assert again.skipped == {Skipped.TAGGED: 19, Skipped.TOO_MANY_TAGS: 1}


async def test_ids_of_others_and_of_nobody_are_no_longer_there(many: Database) -> None:
    theirs = await ids(many, MonitoredSite.owner_id == "bob")
    result = await do(many, Deed(Action.REMOVE), [*theirs, new_id()])
    assert result == BulkResult(0, {Skipped.GONE: 21})
    assert await names(many, MonitoredSite.deleted_at.is_not(None)) == []


async def test_thousands_are_changed_batch_by_batch(database: Database) -> None:
    await have_many_sites(database, 1500)
    with Statements(database.engine) as statements:
        assert (await do(database, Deed(Action.SILENCE, LATER))).done == 1500
    assert len([one for one in statements.sent if one.startswith("UPDATE")]) == 2
    assert (await do(database, Deed(Action.SILENCE, LATER), viewer=BOB)).done == 1500
    assert len(await ids(database, MonitoredSite.muted_until == LATER)) == 3000
    assert (await do(database, Deed(Action.PAUSE), SiteFilter(SiteState.SILENCED))).done == 1350


async def test_what_takes_too_long_is_cut_between_batches_and_said(database: Database) -> None:
    await have_many_sites(database, 1500)
    deed, no_time = Deed(Action.PAUSE), timedelta(0)
    first = await bulk.carry_out(database, ADA, deed, ALL, NOW, no_time)
    assert (first.done + first.skipped[Skipped.PAUSED], first.is_cut) == (1000, True)
    rest = await do(database, deed)
    assert (rest.done + first.done, rest.is_cut) == (1350, False)
