"""Lists of changes: whatever is asked for, turned forth and back, with or without owners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product

import pytest
from sqlalchemy import update

from daemon.model.viewer import Role, Viewer
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.views.lists.changes import (
    ListedChange,
    count_changes,
    gravest,
    have_owners,
    list_page,
)
from daemon.store.views.lists.counting import SeverityCounts
from daemon.store.views.lists.keyset import Page, Turn
from daemon.store.views.lists.selection import SEVERITIES, ChangesWanted, Selection
from tests.many import (
    detected_at,
    have_many,
    is_of_site,
    is_unseen,
    kind_of,
    site_id,
    site_of,
)

SITES, CHANGES = 210, 840
ADA, ROOT, CAROL = Viewer("ada"), Viewer("root", Role.ADMIN), Viewer("carol")
GRAVE = ("critical", "major")
# What is asked for, and of which changes, by their number, it is true whatever their severity.
WANTED: dict[str, tuple[ChangesWanted, Callable[[int], bool]]] = {
    "all": (ChangesWanted(), lambda n: True),
    "since": (ChangesWanted(since=detected_at(700)), lambda n: n >= 700),
    "grave": (ChangesWanted(change_types=GRAVE), lambda n: True),
    "minor": (ChangesWanted(change_types=("minor",)), lambda n: True),
    "significant": (ChangesWanted(only_significant=True), lambda n: n % 10 == 9),
    "category": (ChangesWanted(category="price"), lambda n: n % 3 == 1),
    "nothing": (ChangesWanted(category="none such"), lambda n: False),
    "tag": (ChangesWanted(tags=("rare",)), lambda n: is_of_site(n, SITES, 100, 6)),
    "tags": (ChangesWanted(tags=("rare", "fifth")), lambda n: is_of_site(n, SITES, 100, 6, 5, 0)),
    "unseen": (ChangesWanted(only_unseen=True), lambda n: is_unseen(n, SITES, CHANGES)),
    "site": (ChangesWanted(site_id=site_id(4)), lambda n: is_of_site(n, SITES, SITES, 4)),
    "unseen, tagged, grave and since": (
        ChangesWanted(None, ("fifth",), GRAVE, since=detected_at(99), only_unseen=True),
        lambda n: is_of_site(n, SITES, 5, 0) and is_unseen(n, SITES, CHANGES) and n >= 99,
    ),
}


@pytest.fixture
async def many(database: Database) -> Database:
    await have_many(database, ["ada", "bob"], SITES, CHANGES)
    return database


async def counts_of(database: Database, selection: Selection) -> SeverityCounts:
    async with database.reading() as session:
        return await count_changes(session, selection)


async def page_of(database: Database, selection: Selection, turn: Turn) -> Page[ListedChange]:
    async with database.reading() as session:
        return await list_page(session, selection, turn, await count_changes(session, selection))


def numbers(page: Page[ListedChange]) -> list[int]:
    """The changes of a page, by their number."""
    return [one.view.id.int & 0xFFFFFFFF for one in page.items]


async def turned(database: Database, selection: Selection, limit: int) -> list[Page[ListedChange]]:
    """All pages of a list, from the first one on."""
    pages = [await page_of(database, selection, Turn(limit=limit))]
    while pages[-1].next is not None:
        pages.append(await page_of(database, selection, Turn(pages[-1].next, limit=limit)))
    return pages


async def turned_back(
    database: Database, selection: Selection, last: Page[ListedChange], limit: int
) -> list[int]:
    """All changes of a list, page by page from the last one back."""
    found, page = numbers(last), last
    while page.previous is not None:
        page = await page_of(database, selection, Turn(page.previous, is_back=True, limit=limit))
        found = numbers(page) + found
    return found


@pytest.mark.parametrize("name", WANTED)
async def test_every_change_asked_for_is_listed_once_and_counted(many: Database, name: str) -> None:
    for by_owner, viewer, most in product((True, False), (ADA, ROOT), (10_000, 60)):
        if not by_owner:
            async with many.writing() as session:
                await session.execute(update(ContentUpdate).values(owner_id=None))
        await check_list(many, Selection(viewer, WANTED[name][0], by_owner, most), WANTED[name][1])


async def check_list(
    database: Database, selection: Selection, is_so: Callable[[int], bool]
) -> None:
    """The list has each change of which this is so once, on the way forth and back."""
    kinds = selection.wanted.change_types
    found = [n for n in reversed(range(CHANGES)) if is_so(n) and may_see(selection.viewer, n)]
    listed = [n for n in found if not kinds or kind_of(n) in kinds]
    pages = await turned(database, selection, 60)
    assert [n for page in pages for n in numbers(page)] == listed
    assert await turned_back(database, selection, pages[-1], 60) == listed
    check_counts(await counts_of(database, selection), found, selection.most)


def may_see(viewer: Viewer, number: int) -> bool:
    return viewer.is_admin or site_of(number, SITES) % 2 == 0


def check_counts(counts: SeverityCounts, found: list[int], most: int) -> None:
    """Each number is what was found, or less if it says so."""
    assert not counts.total.is_capped or most < CHANGES
    for severity in SEVERITIES:
        real = sum(kind_of(n) is severity for n in found)
        told = counts.by_severity[severity]
        assert told.number <= real if told.is_capped else told.number == real
    assert counts.total.number == sum(one.number for one in counts.by_severity.values())


async def test_a_search_says_how_far_it_went_and_goes_on_from_there(many: Database) -> None:
    selection = Selection(ADA, ChangesWanted(category="none such"), most=100)
    page = await page_of(many, selection, Turn())
    assert page.items == ()
    assert page.searched_to == detected_at(CHANGES - 1 - 199 + CHANGES % 2)
    assert page.next is not None
    assert page.next.value == page.searched_to


async def test_the_gravest_of_each_site_come_first(many: Database) -> None:
    selection = Selection(ROOT, ChangesWanted(only_unseen=True))
    async with many.writing() as session:
        await session.execute(update(MonitoredSite).values(seen_at=detected_at(0)))
    async with many.reading() as session:
        found = await gravest(session, selection, 12)
    unseen = range(1, CHANGES)
    by_rank = sorted(unseen, key=lambda n: (SEVERITIES.index(kind_of(n)), -n))
    of_sites = Counter(site_of(n, SITES) for n in unseen)
    expected = list({site_of(n, SITES): n for n in reversed(by_rank)}.values())
    expected.sort(key=by_rank.index)
    assert numbers(Page(tuple(one.change for one in found))) == expected[:12]
    assert [one.number for one in found] == [of_sites[site_of(n, SITES)] for n in expected[:12]]
    assert max(of_sites.values()) > 1
    assert all(one.change.is_unseen for one in found)


async def test_a_change_of_another_owner_is_never_shown_whoever_it_names(many: Database) -> None:
    async with many.writing() as session:
        await session.execute(update(ContentUpdate).values(owner_id="carol"))
    assert (await page_of(many, Selection(CAROL, ChangesWanted()), Turn())).items == ()
    of_bob = Selection(ADA, ChangesWanted(site_id=site_id(5)))
    assert (await page_of(many, of_bob, Turn())).items == ()
    assert (await counts_of(many, of_bob)).total.number == 0


async def test_changes_without_an_owner_are_known(many: Database) -> None:
    async with many.writing() as session:
        assert await have_owners(session)
        await session.execute(update(ContentUpdate).values(owner_id=None))
        assert not await have_owners(session)
