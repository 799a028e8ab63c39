"""What was seen: marked for one site, some or all, for one change alone, and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.model.errors import NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.lists.changes import ChangesWanted, page_of_changes
from daemon.operations.lists.seen import mark_seen, mark_unseen, undo_mark
from daemon.operations.lists.today import today
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.tables.ids import new_id
from tests.making import PAST, add_rows, id_at
from tests.operations.two_owners import ADA, ADMIN, BOB, TwoOwners

MINUTE = timedelta(minutes=1)
NOW = PAST + timedelta(hours=1)


@pytest.fixture
async def changes(two: TwoOwners) -> Database:
    """Three changes of Ada's site and two of Bob's, a minute after each other, all unseen."""
    for viewer, number in ((ADA, 3), (BOB, 2)):
        site_id = two[viewer].site_id
        for minute in range(1, number + 1):
            await add_change(two.database, site_id, viewer.user_id, PAST + minute * MINUTE)
    return two.database


async def add_change(
    database: Database,
    site_id: UUID,
    owner_id: str,
    at: datetime,
    stored_at: datetime | None = None,
) -> None:
    id_ = id_at(stored_at) if stored_at else new_id()
    change = ContentUpdate(id=id_, site_id=site_id, owner_id=owner_id, detected_at=at)
    await add_rows(database, change)
    changed = update(MonitoredSite).where(MonitoredSite.id == site_id)
    async with database.writing() as session:
        await session.execute(changed.values(last_changed_at=at))
        await session.execute(
            changed.where(MonitoredSite.seen_at > PAST + timedelta(days=1)).values(seen_at=PAST)
        )


async def unseen(database: Database, viewer: Viewer) -> list[datetime]:
    """When the viewer's unseen changes were found."""
    found = await today(database, viewer, NOW)
    wanted = ChangesWanted(only_unseen=True)
    paged = (await page_of_changes(database, viewer, wanted)).page.items
    assert {one.change.view.id for one in found.unseen} <= {one.view.id for one in paged}
    assert sum(one.number for one in found.unseen) == len(paged)
    assert found.counts.total.number == len(paged)
    return sorted(one.view.detected_at for one in paged)


async def test_all_of_the_viewers_are_marked_and_taken_back(changes: Database) -> None:
    assert (len(await unseen(changes, ADA)), len(await unseen(changes, BOB))) == (3, 2)
    marked = await mark_seen(changes, ADA, NOW)
    assert (marked.sites, marked.marked_at) == (1, NOW)
    assert (len(await unseen(changes, ADA)), len(await unseen(changes, BOB))) == (0, 2)
    assert await undo_mark(changes, BOB, NOW) == 0
    assert await undo_mark(changes, ADA, NOW) == 1
    assert len(await unseen(changes, ADA)) == 3
    assert await undo_mark(changes, ADA, NOW) == 0


async def test_an_admin_marks_what_is_everybodys(changes: Database) -> None:
    assert (await mark_seen(changes, ADMIN, NOW)).sites == 2
    assert await unseen(changes, ADMIN) == []


async def test_what_comes_after_the_list_was_made_stays_unseen(
    changes: Database, two: TwoOwners
) -> None:
    await mark_seen(changes, ADA, NOW, until=PAST + 2 * MINUTE)
    assert await unseen(changes, ADA) == [PAST + 3 * MINUTE]
    # Found by a check that had begun before the mark, and written after it.
    await mark_seen(changes, ADA, NOW)
    await add_change(changes, two[ADA].site_id, "ada", NOW - MINUTE)
    assert await unseen(changes, ADA) == [NOW - MINUTE]


async def test_what_was_stored_while_the_list_was_read_stays_unseen(
    changes: Database, two: TwoOwners
) -> None:
    # Its check began before the list was shown, which could not have it yet.
    shown_at = PAST + 10 * MINUTE
    async with changes.writing() as session:
        for id_ in await session.scalars(select(ContentUpdate.id)):
            change = update(ContentUpdate).where(ContentUpdate.id == id_)
            await session.execute(change.values(id=id_at(PAST + 5 * MINUTE)))
    late = PAST + 9 * MINUTE
    await add_change(changes, two[ADA].site_id, "ada", late, stored_at=PAST + 11 * MINUTE)
    marked = await mark_seen(changes, ADA, NOW, until=shown_at, shown_at=shown_at)
    assert (marked.sites, await unseen(changes, ADA)) == (1, [late])
    again = await mark_seen(changes, ADA, NOW + MINUTE, until=shown_at, shown_at=shown_at)
    assert (again.sites, await unseen(changes, ADA)) == (0, [late])
    later = shown_at + 2 * MINUTE
    await mark_seen(changes, ADA, NOW + MINUTE, until=later, shown_at=later)
    assert await unseen(changes, ADA) == []
    await undo_mark(changes, ADA, NOW + MINUTE)
    assert await unseen(changes, ADA) == [late]


async def test_marking_again_what_is_seen_changes_nothing(changes: Database) -> None:
    await mark_seen(changes, ADA, NOW)
    assert (await mark_seen(changes, ADA, NOW + MINUTE)).sites == 0
    assert await undo_mark(changes, ADA, NOW) == 1


async def test_the_newest_mark_of_a_site_alone_is_taken_back(
    changes: Database, two: TwoOwners
) -> None:
    await mark_seen(changes, ADA, NOW)
    await add_change(changes, two[ADA].site_id, "ada", NOW + MINUTE)
    await mark_seen(changes, ADA, NOW + 2 * MINUTE)
    assert await undo_mark(changes, ADA, NOW) == 0
    assert await undo_mark(changes, ADA, NOW + 2 * MINUTE) == 1
    assert await unseen(changes, ADA) == [NOW + MINUTE]


async def test_one_change_is_unseen_again_with_those_after_it(changes: Database) -> None:
    await mark_seen(changes, ADA, NOW)
    async with changes.reading() as session:
        query = select(ContentUpdate.id).where(ContentUpdate.owner_id == "ada")
        ids = list(await session.scalars(query.order_by(ContentUpdate.detected_at)))
    with pytest.raises(NotFoundError):
        await mark_unseen(changes, BOB, str(ids[1]), NOW)
    marked = await mark_unseen(changes, ADA, str(ids[1]), NOW + MINUTE)
    assert marked.sites == 1
    assert await unseen(changes, ADA) == [PAST + 2 * MINUTE, PAST + 3 * MINUTE]
    assert (await mark_unseen(changes, ADA, str(ids[2]), NOW)).sites == 0
    assert await undo_mark(changes, ADA, marked.marked_at) == 1
    assert await unseen(changes, ADA) == []


async def test_one_wrong_id_marks_nothing(changes: Database, two: TwoOwners) -> None:
    for wrong in (new_id(), two[BOB].site_id):
        with pytest.raises(NotFoundError, match="there is no site"):
            await mark_seen(changes, ADA, NOW, [two[ADA].site_id, wrong])
    assert len(await unseen(changes, ADA)) == 3
    assert (await mark_seen(changes, ADA, NOW, [two[ADA].site_id])).sites == 1


async def test_what_was_removed_is_not_unseen(changes: Database, two: TwoOwners) -> None:
    await two.set_all(MonitoredSite, deleted_at=NOW)
    assert await unseen(changes, ADMIN) == []
    [first, *_] = (await page_of_changes(changes, ADMIN, ChangesWanted())).page.items
    assert (first.is_unseen, first.is_of_removed_site) == (False, True)
