"""The index of the words of changes: built, kept in step, asked for, and dropped."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from daemon.model.viewer import Role, Viewer
from daemon.search.query import parse_query
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.search import sqlite
from daemon.store.search.asking import MOST_READ
from daemon.store.search.finding import Findable, find_page, what_is_findable
from daemon.store.search.keeping import IndexKeeper
from daemon.store.tables import ContentUpdate, MonitoredSite, User
from daemon.store.views.lists.changes import ListedChange
from daemon.store.views.lists.keyset import FIRST, Page, Turn
from daemon.store.views.lists.selection import ChangesWanted, Selection
from tests.many import change_id, detected_at, have_many, site_id

ADA, BOB, ROOT, CAROL = Viewer("ada"), Viewer("bob"), Viewer("root", Role.ADMIN), Viewer("carol")
NOW = datetime(2026, 5, 4, tzinfo=UTC)
SITES, CHANGES = 30, 300
TEXTS = {  # the number of the change, and its summary
    1: "The price of the Café fell to 1,299.00 €",
    2: "A café opened; free shipping until Friday",
    3: "Shipping is not free any more",
    4: "東京の天気は晴れ",
    5: "가격이 내렸습니다",
    6: "<b>bold</b> price",
    7: "Straße gesperrt, naïve Ünïcode",
}


@pytest.fixture
async def texts(database: Database) -> IndexKeeper:
    """Changes of two owners, the even ones ada's, some with words of their own, indexed."""
    await have_many(database, ["ada", "bob"], SITES, CHANGES)
    for number, summary in TEXTS.items():
        await set_change(database, number, summary=summary)
    return await indexed(database)


async def indexed(database: Database) -> IndexKeeper:
    keeper = IndexKeeper(database)
    await keeper.step(NOW, seconds=600)
    return keeper


async def set_change(database: Database, number: int, **values: Any) -> None:
    async with database.writing() as session:
        await session.execute(
            update(ContentUpdate).where(ContentUpdate.id == change_id(number)).values(**values)
        )


async def found(
    database: Database,
    text: str,
    viewer: Viewer = ROOT,
    wanted: ChangesWanted | None = None,
    turn: Turn = FIRST,
) -> list[int]:
    """The numbers of the changes on a page."""
    selection = Selection(viewer, wanted or ChangesWanted())
    async with database.reading() as session:
        return numbers_of(
            (await find_page(session, database, selection, parse_query(text), turn)).page
        )


async def every(database: Database, text: str, viewer: Viewer, wanted: ChangesWanted) -> list[int]:
    """The numbers of all changes, turned forth to the end, and then back to the first."""
    query = parse_query(text)
    selection = Selection(viewer, wanted)
    async with database.reading() as session:

        async def turned(turn: Turn) -> Page[ListedChange]:
            return (await find_page(session, database, selection, query, turn)).page

        page = await turned(Turn(limit=40))
        forth = [numbers_of(page)]
        while page.next is not None:
            page = await turned(Turn(page.next, limit=40))
            forth.append(numbers_of(page))
        back = [forth[-1]]
        while page.previous is not None:
            page = await turned(Turn(page.previous, is_back=True, limit=40))
            back.insert(0, numbers_of(page))
    whole = [number for some in forth for number in some]
    assert [number for some in back for number in some] == whole
    return whole


def numbers_of(page: Page[ListedChange]) -> list[int]:
    return [one.view.id.int & 0xFFFFFFFF for one in page.items]


FOUND: Mapping[str, list[int]] = {
    "cafe": [2, 1],
    "CAFÉ price": [1],
    "caf": [2, 1],  # the last word is the beginning of one
    "caf price": [],
    '"free shipping"': [2],
    "free shipping": [3, 2],
    "shipping -friday": [3],
    'free -"not free"': [2],
    "1,299.00": [1],
    "1,299.01": [],
    "天気": [4],
    "東京": [4],
    "京東": [],
    "가격": [5],
    "strasse": [7],
    "unicode naive": [7],
    "b bold": [6],
    '"site 000002" free': [2],  # the name of its site
    '"title 3" free': [3],
    '"000002 title"': [],  # a row of words is within one text
    "priceless": [],
}


async def test_what_has_all_of_the_words_is_found_by_its_owner_alone(
    database: Database, texts: IndexKeeper
) -> None:
    assert await again(texts) == 0
    assert {text: await found(database, text) for text in FOUND} == FOUND
    assert await found(database, "cafe", ADA) == [2]
    assert await found(database, "cafe", BOB) == [1]
    assert await found(database, "cafe", CAROL) == []
    for word in ("ada", "bob", "owner", "owner ada name site"):
        assert await found(database, word, ROOT) == []
    # Whatever may be typed is no error of the database.
    for sign in (*string.punctuation, *"\0\ud800\u202e’“", " OR ", " NOT ", " NEAR "):
        for text in (f"caf{sign}", f"cafe {sign} price", f'{sign}"cafe{sign}', sign * 200):
            with suppress(ValueError):  # which says why, before the database is asked
                assert set(await found(database, text)) <= set(TEXTS), text


async def again(keeper: IndexKeeper) -> int:
    """All is compared once more; how many changes the index was given."""
    keeper._round_at = float("-inf")
    return await keeper.step(NOW, seconds=600)


WANTED: dict[str, tuple[ChangesWanted, Callable[[int], bool]]] = {
    "all": (ChangesWanted(), lambda n: True),
    "since": (ChangesWanted(since=detected_at(100)), lambda n: n >= 100),
    "category": (ChangesWanted(category="price"), lambda n: n % 3 == 1),
    "tag": (ChangesWanted(tags=("fifth",)), lambda n: n % SITES % 5 == 0),
    "site": (ChangesWanted(site_id=site_id(4)), lambda n: n % SITES == 4),
}


async def test_pages_turn_forth_and_back_whatever_else_is_wanted(
    database: Database, texts: IndexKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert texts is not None
    for most in (MOST_READ, 45):
        for module in ("sqlite", "postgresql"):
            monkeypatch.setattr(f"daemon.store.search.{module}.MOST_READ", most)
        for wanted, is_so in WANTED.values():
            for viewer, owners in ((ROOT, (0, 1)), (ADA, (0,))):
                numbers = [n for n in reversed(range(CHANGES)) if is_so(n) and n % 2 in owners]
                assert await every(database, "title", viewer, wanted) == numbers


async def test_changes_of_one_instant_are_turned_one_by_one(database: Database) -> None:
    await have_many(database, ["ada"], SITES, 200)
    async with database.writing() as session:
        await session.execute(update(ContentUpdate).values(detected_at=detected_at(5)))
    await indexed(database)
    numbers = await every(database, "title", ADA, ChangesWanted())
    assert sorted(numbers) == list(range(200))


async def test_the_index_follows_the_changes(database: Database, texts: IndexKeeper) -> None:
    new = {"id": change_id(CHANGES), "site_id": site_id(0), "owner_id": "ada", "reasons": [],
           "detected_at": detected_at(CHANGES), "summary": "Brand new"}  # fmt: skip
    async with database.writing() as session:
        await session.execute(insert(ContentUpdate), [new])
        await session.execute(delete(ContentUpdate).where(ContentUpdate.id == change_id(1)))
        given = update(MonitoredSite).where(MonitoredSite.id == site_id(2))
        await session.execute(given.values(owner_id="bob", name="Renamed"))
    # What is gone is not found, nor is what was given away, whether the index knows or not.
    assert await found(database, "cafe") == [2]
    assert await found(database, "cafe", ADA) == await found(database, "cafe", BOB) == []
    await texts.step(NOW)  # what is new, at once
    assert await found(database, "brand") == [CHANGES]
    await again(texts)
    assert await found(database, "renamed cafe", BOB) == [2]
    assert await found(database, '"site 000002"') == []
    assert await again(texts) == 0


async def test_last_words_are_found_soon_while_a_change_is_young(
    database: Database, texts: IndexKeeper
) -> None:
    await set_change(database, 50, summary="What the model made of it")
    assert await texts.step(detected_at(CHANGES + 60)) == 0
    assert await texts.step(detected_at(110)) == 1
    assert await found(database, "model") == [50]


async def test_words_of_what_is_gone_go_too_and_all_when_it_is_dropped(
    database: Database, texts: IndexKeeper
) -> None:
    async with database.writing() as session:
        await session.execute(delete(User).where(User.id == "bob"))
        await session.execute(delete(ContentUpdate).where(ContentUpdate.id < change_id(100)))
    await again(texts)
    async with database.reading() as session:
        kept = await texts._index.kept(session, None, None)
    numbers = sorted(one.int & 0xFFFFFFFF for some in kept.values() for one in some)
    assert numbers == [*range(100, CHANGES, 2)]
    assert await texts.drop()
    assert not await texts.drop()
    assert await findable(database) == Findable(is_all=False)
    assert await found(database, "title") == []
    assert await texts.step(NOW, seconds=600) == len(numbers)
    assert await findable(database) == Findable(is_all=True)


async def test_it_is_built_from_the_newest_on_and_taken_up_again(database: Database) -> None:
    await have_many(database, ["ada"], SITES, 1000)
    assert await findable(database) == Findable(is_all=False)
    back_to: list[datetime] = []
    while not (await findable(database)).is_all:
        # A daemon that is stopped soon after its start, by a clock that goes by itself.
        ticks = count(0, 0.001)
        keeper = IndexKeeper(database, clock=partial(next, ticks))
        assert await keeper.step(NOW, seconds=0.006 + 0.004 * len(back_to)) < 1000
        back_to.append((await findable(database)).since or detected_at(0))
    assert len(back_to) > 2
    assert back_to == sorted(back_to, reverse=True)
    assert len(await every(database, "title", ROOT, ChangesWanted())) == 1000


async def test_an_index_that_was_half_dropped_is_dropped_and_another_made(
    sqlite_url: str,
) -> None:
    database = Database(open_engine(sqlite_url))
    try:
        await have_many(database, ["ada"], SITES, 20)
        await indexed(database)
        async with database.writing() as session:  # and then the daemon was stopped
            assert await sqlite._put_aside(session)
            assert await sqlite._shrink("content", 5, session) == 5
        assert await findable(database) == Findable(is_all=False)
        keeper = await indexed(database)
        assert len(await found(database, "title")) == 20
        async with database.writing() as session:
            assert await sqlite._put_aside(session)  # there is one alone, and nothing of the other
        assert await keeper.drop()
        assert not await keeper.drop()
    finally:
        await database.close()


async def findable(database: Database) -> Findable:
    async with database.reading() as session:
        return await what_is_findable(session, database, ROOT)
