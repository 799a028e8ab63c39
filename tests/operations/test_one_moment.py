"""What belongs together is read, or read and changed, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.operations import notifications, sites
from daemon.sandbox.pool import Sandbox
from tests.making import PAST
from tests.operations.two_days import NOW, have_two_days
from tests.operations.two_owners import ADA, TwoOwners
from tests.operations.two_pasts import TwoPasts, have_two_pasts


@contextmanager
def transactions(engine: AsyncEngine) -> Iterator[list[Any]]:
    """The transactions that begin while the block lasts."""
    begun: list[Any] = []
    note = begun.append
    event.listen(engine.sync_engine, "begin", note)
    try:
        yield begun
    finally:
        event.remove(engine.sync_engine, "begin", note)


def show(pasts: TwoPasts, word: str) -> Awaitable[Any]:
    return notifications.the_notification(pasts.two.database, ADA, word)


def retry(pasts: TwoPasts, word: str) -> Awaitable[Any]:
    return notifications.retry_notifications(pasts.two.database, ADA, [word], PAST)


def retry_all(pasts: TwoPasts, _word: str) -> Awaitable[Any]:
    return notifications.retry_notifications(pasts.two.database, ADA, None, PAST)


def drop(pasts: TwoPasts, word: str) -> Awaitable[Any]:
    return notifications.drop_notifications(pasts.two.database, ADA, [word])


@pytest.mark.parametrize("ask", [show, retry, retry_all, drop])
async def test_a_notice_is_found_and_changed_at_one_moment(
    two: TwoOwners, sandbox: Sandbox, ask: Callable[[TwoPasts, str], Awaitable[Any]]
) -> None:
    pasts = await have_two_pasts(two, sandbox)
    with transactions(two.database.engine) as begun:
        assert await ask(pasts, str(pasts.pasts[0].notice_id))
    assert len(begun) == 1


async def test_the_history_of_a_site_and_its_figures_are_of_one_moment(two: TwoOwners) -> None:
    await have_two_days(two)
    with transactions(two.database.engine) as begun:
        past = await sites.history(two.database, ADA, "ada's own", 9, 30, NOW)
    assert past.days
    assert past.attempts
    assert len(begun) == 2  # one for the name, one for all that follows
