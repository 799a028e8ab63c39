"""Writes when the certificates of pages expire, whenever a response shows a new one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.model.outcome import Outcome
from daemon.store.tables import Page

_PAGE = Page.__table__
_keep = (
    update(_PAGE)
    .where(_PAGE.c.id == bindparam("page_id"))
    .values(certificate_ends_at=bindparam("ends_at"))
)


async def keep_certificates(connection: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Write the changed expiry dates of the certificates in these outcomes."""
    rows = []
    for outcome in outcomes:
        if outcome.response is None:
            continue
        certificate = outcome.response.certificate
        ends_at = certificate.validity.until_at if certificate else None
        if ends_at != outcome.page.certificate_ends_at:
            rows.append({"page_id": outcome.page.id, "ends_at": ends_at})
    if rows:
        await connection.execute(_keep, rows)
