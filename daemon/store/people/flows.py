"""Logins that have begun in a browser and go on at a provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.store.tables import LoginFlow


@dataclass(frozen=True, slots=True)
class FlowView:
    """What a login was begun with, until it ends."""

    provider: str
    nonce: str
    verifier: str
    return_to: str


async def add_flow(
    session: AsyncSession,
    state_hash: str,
    browser_hash: str,
    view: FlowView,
    now: datetime,
    ends_at: datetime,
) -> None:
    """Remember a login until then."""
    session.add(
        LoginFlow(
            state_hash=state_hash,
            provider=view.provider,
            nonce=view.nonce,
            verifier=view.verifier,
            return_to=view.return_to,
            browser_hash=browser_hash,
            created_at=now,
            ends_at=ends_at,
        )
    )
    await session.flush()


async def use_flow(
    session: AsyncSession, state_hash: str, browser_hash: str, provider: str, now: datetime
) -> FlowView | None:
    """Take a login to its end, once.

    Shape: None for one that was taken, has ended or never was, and for that of another browser or
           provider, which stays.
    """
    gone = (
        delete(LoginFlow)
        .where(LoginFlow.state_hash == state_hash, LoginFlow.browser_hash == browser_hash)
        .where(LoginFlow.provider == provider, LoginFlow.ends_at > now)
        .returning(LoginFlow.provider, LoginFlow.nonce, LoginFlow.verifier, LoginFlow.return_to)
    )
    gone = gone.execution_options(synchronize_session=False)
    row = (await session.execute(gone)).one_or_none()
    return FlowView(**row._mapping) if row else None
