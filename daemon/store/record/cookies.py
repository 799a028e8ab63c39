"""Keeps the cookies that servers have set in checks, encrypted, for the next ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.logs.logger import get_logger
from daemon.model.errors import SealedError
from daemon.model.outcome import Outcome
from daemon.store.core.requests import columns_of_cookies, keyring_of
from daemon.store.tables import Page

log = get_logger(__name__)


async def keep_cookies(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Store the cookies of these outcomes where they are others than before.

    Shape: cookies that were dropped during the check stay dropped.
    """
    for outcome in outcomes:
        page = outcome.page
        if outcome.cookies is None or outcome.cookies == page.cookies:
            continue
        try:
            columns = columns_of_cookies(outcome.cookies, page.request.url, keyring_of(session))
        except SealedError as exc:
            log.warning("cookies_not_kept", page=str(page.id), names=page.names, reason=str(exc))
            continue
        await session.execute(
            update(Page)
            .where(Page.id == page.id, func.coalesce(Page.cookies, "") == page.cookies_mark)
            .values(**columns)
            .execution_options(synchronize_session=False)
        )
