"""Whatever is asked of changes and notifications: each owner gets theirs, an admin all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.config import SiteConfig
from daemon.model.errors import AmbiguousError, NotFoundError
from daemon.model.site import Ratings
from daemon.model.viewer import Viewer
from daemon.operations import changes, comparing, notifications
from daemon.operations import replay as replaying
from daemon.operations.changes import ChangeFilter
from daemon.operations.notifications import NoticeView
from daemon.operations.sites import SiteView
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.ratings import is_user, opinions_of, rate
from daemon.store.queue import notices_by_hand as told_by_hand
from daemon.store.tables import Content, Notice, Rating, Snapshot
from daemon.store.tables.ids import new_id
from daemon.store.views import compared
from daemon.store.views.replay_steps import steps_of
from daemon.store.views.states import states_by_id
from tests.making import PAST
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    OWNERS,
    SITE,
    STRANGER,
    TwoOwners,
    public_functions,
)
from tests.operations.two_pasts import AFTER, BEFORE, Past, TwoPasts, have_two_pasts

MODULES = (changes, comparing, notifications, replaying)
Ask = Callable[[TwoPasts, Viewer], Awaitable[set[str]]]
ASKED: dict[Callable[..., Any], Ask] = {}


@pytest.fixture
async def pasts(two: TwoOwners, sandbox: Sandbox) -> TwoPasts:
    return await have_two_pasts(two, sandbox)


def asks(function: Callable[..., Any]) -> Callable[[Ask], Ask]:
    """What follows asks this function, and says whose things came of it, or were changed."""

    def known(ask: Ask) -> Ask:
        ASKED[function] = ask
        return ask

    return known


async def found(pasts: TwoPasts, ask: Callable[[Past], Awaitable[str | None]]) -> set[str]:
    """Whose things are found, asked for each by its whole id."""
    owners: set[str] = set()
    for past in pasts.pasts:
        try:
            owner = await ask(past)
        except NotFoundError:
            continue
        assert owner == past.owner_id
        owners.add(owner)
    return owners


@asks(changes.list_changes)
async def list_changes(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    database, unbounded = pasts.two.database, ChangeFilter(limit=None)
    found = await changes.list_changes(database, viewer, unbounded)
    run = await changes.list_changes(database, viewer, unbounded, last_run=True)
    every_site = tuple(past.site_id for past in pasts.pasts)
    of_sites = await changes.list_changes(database, viewer, ChangeFilter(site_ids=every_site))
    assert found == run == of_sites
    if found:
        assert await changes.list_changes(database, viewer, unbounded, site=SITE) == found
    else:
        with pytest.raises(NotFoundError):
            await changes.list_changes(database, viewer, unbounded, site=SITE)
    return {one.owner_id for one in found}


@asks(changes.the_change)
async def the_change(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        [whole, part] = [
            await changes.the_change(pasts.two.database, viewer, word)
            for word in (str(past.change_id), past.change_id.hex[-12:])
        ]
        assert whole == part
        return whole.view.owner_id

    return await found(pasts, ask)


@asks(changes.whole_change)
async def whole_change(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        whole = await changes.whole_change(pasts.two.database, viewer, str(past.change_id))
        assert [one.analyser for one in whole.analyses] == ["rules/2"]
        assert [one.user_id for one in whole.ratings] == [past.owner_id]
        assert [one.user_id for one in whole.notices] == [past.owner_id]
        return whole.detail.view.owner_id

    return await found(pasts, ask)


@asks(changes.rate_change)
async def rate_change(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        word, database = str(past.change_id), pasts.two.database
        rated = await changes.rate_change(database, viewer, word, "useful", PAST)
        assert rated.ratings == Ratings(1, 0)
        return rated.detail.view.owner_id

    owners = await found(pasts, ask)
    async with pasts.two.database.reading() as session:
        useful = set(await session.scalars(select(Rating.user_id).filter_by(verdict="useful")))
    assert owners == useful
    return owners


@asks(changes.diff_of)
async def diff_of(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        diff = await changes.diff_of(pasts.two.database, viewer, str(past.change_id))
        assert diff.difference is not None
        assert {BEFORE, AFTER} <= {line.text for line in diff.difference.lines}
        return diff.detail.view.owner_id

    return await found(pasts, ask)


@asks(comparing.change_in_full)
async def change_in_full(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    comparer = comparing.Comparer(lambda: pasts.sandbox)

    async def ask(past: Past) -> str:
        full = await comparing.change_in_full(pasts.two.database, viewer, comparer, past.change_id)
        assert [one.user_id for one in full.whole.ratings] == [past.owner_id]
        assert [one.user_id for one in full.whole.notices] == [past.owner_id]
        assert full.comparison.layout is not None
        return full.whole.detail.view.owner_id

    return await found(pasts, ask)


@asks(comparing.compare_states)
async def compare_states(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    comparer = comparing.Comparer(lambda: pasts.sandbox)

    async def ask(past: Past) -> str:
        database = pasts.two.database
        both = await comparing.compare_states(database, viewer, comparer, past.state_ids)
        assert both.comparison.layout is not None
        assert both.site_id == past.site_id
        return past.owner_id

    return await found(pasts, ask)


@asks(comparing.patch_of_states)
async def patch_of_states(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    comparer = comparing.Comparer(lambda: pasts.sandbox)

    async def ask(past: Past) -> str:
        database = pasts.two.database
        patch = await comparing.patch_of_states(database, viewer, comparer, past.state_ids)
        assert f"-{BEFORE}\n+{AFTER}\n" in patch
        return past.owner_id

    return await found(pasts, ask)


@asks(comparing.diff_of_states)
async def diff_of_states(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        before, after = (str(one) for one in past.state_ids)
        done = await comparing.diff_of_states(pasts.two.database, viewer, (before, after))
        texts = [line.text for line in done.difference.lines]
        assert BEFORE in texts
        assert AFTER in texts
        return past.owner_id

    return await found(pasts, ask)


@asks(comparing.patch_of_change)
async def patch_of_change(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    comparer = comparing.Comparer(lambda: pasts.sandbox)

    async def ask(past: Past) -> str:
        database = pasts.two.database
        patch = await comparing.patch_of_change(database, viewer, comparer, past.change_id)
        assert f"-{BEFORE}\n+{AFTER}\n" in patch
        return past.owner_id

    return await found(pasts, ask)


@asks(notifications.list_notifications)
async def list_notifications(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    database = pasts.two.database
    found = await notifications.list_notifications(database, viewer)
    assert found == await notifications.list_notifications(database, viewer, ["dead"], "hook", 9)
    return {one.user_id for one in found}


@asks(notifications.the_notification)
async def the_notification(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        [whole, part] = [
            await notifications.the_notification(pasts.two.database, viewer, word)
            for word in (str(past.notice_id), past.notice_id.hex[-12:])
        ]
        assert whole == part
        return whole.user_id

    return await found(pasts, ask)


@asks(notifications.retry_notifications)
async def retry_notifications(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        words, database = [str(past.notice_id)], pasts.two.database
        assert await notifications.retry_notifications(database, viewer, words, PAST) == 1
        return past.owner_id

    owners = await found(pasts, ask)
    assert owners == await told(pasts, "pending")
    return owners


@asks(notifications.drop_notifications)
async def drop_notifications(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    async def ask(past: Past) -> str:
        words, database = [str(past.notice_id)], pasts.two.database
        assert await notifications.drop_notifications(database, viewer, words) == 1
        return past.owner_id

    owners = await found(pasts, ask)
    assert owners == await told(pasts, "dropped")
    return owners


@asks(notifications.count_waiting)
async def count_waiting(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    database = pasts.two.database
    await notifications.retry_notifications(database, ADMIN, None, PAST)
    theirs = await notifications.list_notifications(database, viewer, ["pending"])
    assert await notifications.count_waiting(database, viewer) == len(theirs)
    return {one.user_id for one in theirs}


@asks(replaying.replay)
async def replay(pasts: TwoPasts, viewer: Viewer) -> set[str]:
    seen: set[str] = set()

    def rules_of(site: SiteView) -> SiteConfig:
        seen.add(site.owner_id)
        return SiteConfig(name=site.name, url=site.url, owner=site.owner_id)

    database, sandbox = pasts.two.database, pasts.sandbox
    try:
        [step] = await replaying.replay(database, viewer, sandbox, SITE, rules_of)
    except AmbiguousError as exc:
        return {one for one in OWNERS if any(f"({one})" in said for said in exc.candidates)}
    except NotFoundError:
        return seen
    assert step.step.update_id in {one.change_id for one in pasts.pasts if one.owner_id in seen}
    return seen


async def told(pasts: TwoPasts, status: str) -> set[str]:
    """Whose notices are in this state."""
    async with pasts.two.database.reading() as session:
        return set(await session.scalars(select(Notice.user_id).where(Notice.status == status)))


@pytest.mark.parametrize("viewer", [STRANGER, ADA, BOB, ADMIN], ids=lambda one: one.user_id)
@pytest.mark.parametrize("ask", ASKED.values(), ids=[one.__name__ for one in ASKED])
async def test_each_gets_what_is_theirs_and_an_admin_everything(
    pasts: TwoPasts, ask: Ask, viewer: Viewer
) -> None:
    theirs = set(OWNERS) if viewer.is_admin else {viewer.user_id} & set(OWNERS)
    assert await ask(pasts, viewer) == theirs


def test_whatever_may_be_asked_is_asked_by_two_owners() -> None:
    assert set(public_functions(*MODULES)) == set(ASKED)


@pytest.mark.parametrize("viewer", [STRANGER, ADA, ADMIN], ids=lambda one: one.user_id)
async def test_all_that_was_given_up_is_all_of_the_viewers(pasts: TwoPasts, viewer: Viewer) -> None:
    database = pasts.two.database
    theirs = [one.id for one in await notifications.list_notifications(database, viewer)]
    retried = await notifications.retry_notifications(database, viewer, None, PAST)
    assert retried == len(theirs)
    assert await ids_of(pasts, viewer, "pending") == theirs
    assert await notifications.drop_notifications(database, viewer, None) == 0


async def ids_of(pasts: TwoPasts, viewer: Viewer, status: str) -> list[Any]:
    every: list[NoticeView] = await notifications.list_notifications(
        pasts.two.database, ADMIN, [status]
    )
    return [one.id for one in every]


async def test_one_wrong_word_leaves_every_notice_as_it_was(pasts: TwoPasts) -> None:
    database, (hers, his) = pasts.two.database, pasts.pasts
    for wrong in (str(his.notice_id), str(new_id()), "no id"):
        words = [str(hers.notice_id), wrong]
        with pytest.raises(NotFoundError, match="there is no notice"):
            await notifications.retry_notifications(database, ADA, words, PAST)
        with pytest.raises(NotFoundError):
            await notifications.drop_notifications(database, ADA, words)
    assert await told(pasts, "dead") == set(OWNERS)


async def test_a_part_of_an_id_is_not_ambiguous_with_somebody_elses(pasts: TwoPasts) -> None:
    database = pasts.two.database
    with pytest.raises(AmbiguousError) as several:
        await changes.the_change(database, ADMIN, "")
    assert set(several.value.candidates) == {str(one.change_id) for one in pasts.pasts}
    assert (await changes.the_change(database, ADA, "")).view.owner_id == "ada"
    assert (await notifications.the_notification(database, BOB, "")).user_id == "bob"


async def test_a_verdict_is_the_viewers_own_unless_an_admin_says_whose(pasts: TwoPasts) -> None:
    database, word = pasts.two.database, str(pasts.pasts[0].change_id)
    for unknown in ("bob", "nobody"):
        with pytest.raises(NotFoundError, match="there is no user"):
            await changes.rate_change(database, ADA, word, "useful", PAST, unknown)
    rated = await changes.rate_change(database, ADMIN, word, "useful", PAST, "bob")
    assert (rated.ratings, rated.leaning) == (Ratings(1, 1), 0)


async def test_a_diff_says_what_became_of_states_that_cannot_be_shown(pasts: TwoPasts) -> None:
    database, word = pasts.two.database, str(pasts.pasts[0].change_id)
    async with database.writing() as session:
        await session.execute(update(Content).values(data=b"\0"))
    broken = await changes.diff_of(database, ADA, word)
    assert (broken.difference, bool(broken.unreadable)) == (None, True)
    async with database.writing() as session:
        await session.execute(delete(Snapshot))
    gone = await changes.diff_of(database, ADA, word)
    assert (gone.difference, gone.unreadable) == (None, "")
    assert gone.detail.raw_content == f"-{BEFORE}\n+{AFTER}"


async def opinions(session: AsyncSession, viewer: Viewer, change_id: UUID) -> Any:
    return any(await opinions_of(session, viewer, change_id))


QUERIES: dict[str, Callable[[AsyncSession, Viewer, Past], Awaitable[Any]]] = {
    "opinions_of": lambda session, who, past: opinions(session, who, past.change_id),
    "change_with_states": lambda session, who, past: compared.change_with_states(
        session, who, past.change_id
    ),
    "state_heads": lambda session, who, past: compared.state_heads(session, who, past.state_ids),
    "packed_texts": lambda session, who, past: compared.packed_texts(session, who, past.state_ids),
    "notices_of": lambda session, who, past: told_by_hand.notices_of(session, who, past.change_id),
    "get_notices": lambda session, who, past: told_by_hand.get_notices(
        session, who, [past.notice_id]
    ),
    "retry": lambda session, who, past: told_by_hand.retry(session, who, [past.notice_id], PAST),
    "drop": lambda session, who, past: told_by_hand.drop(session, who, [past.notice_id]),
    "steps_of": lambda session, who, past: steps_of(session, who, past.site_id, None),
    "states_by_id": lambda session, who, past: states_by_id(session, who, past.state_ids),
    "is_user": lambda session, who, past: is_user(session, who, past.owner_id),
    "rate": lambda session, who, past: rate(session, who, past.change_id, "ada", "useful", PAST),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_each_query_knows_its_viewer_by_itself(pasts: TwoPasts, name: str) -> None:
    database, hers = pasts.two.database, pasts.pasts[0]
    for viewer, finds in ((BOB, False), (STRANGER, False), (ADMIN, True), (ADA, True)):
        with contextlib.suppress(RollbackError):
            async with database.writing() as session:
                try:
                    answer = await QUERIES[name](session, viewer, hers)
                except NotFoundError:
                    answer = None
                assert bool(answer) is finds
                raise RollbackError


class RollbackError(Exception):
    """Ends a transaction without effect."""
