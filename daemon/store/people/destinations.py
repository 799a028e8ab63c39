"""Destinations of users, and the codes that prove them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.destinations import Address, channel_of
from daemon.model.errors import SealedError
from daemon.model.viewer import Viewer
from daemon.store.core.requests import keyring_of
from daemon.store.core.visibility import is_visible
from daemon.store.record.sealed.addresses import SEALED, address_in, sealed_columns
from daemon.store.tables import Destination

MOST_TRIES = 5  # to type a code


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A destination without its address; `test_error` is why the last test was not taken."""

    id: UUID
    user_id: str
    name: str
    kind: str
    created_at: datetime
    tested_at: datetime | None = None
    test_error: str | None = None
    confirmed_at: datetime | None = None

    @property
    def channel(self) -> str:
        """The channel that notifications to it are for."""
        return channel_of(self.id, self.name)


# With its address, or why that cannot be decrypted here.
Opened = list[tuple[DestinationView, Address | SealedError]]
_SHOWN = [getattr(Destination, name) for name in DestinationView.__dataclass_fields__]


async def add_destination(session: AsyncSession, view: DestinationView, address: Address) -> None:
    """Store a new destination.

    Errors: SealedError when there is no key to encrypt its address with.
    """
    sealed = sealed_columns(view.id, address, keyring_of(session))
    columns = {"id": view.id, "user_id": view.user_id, "name": view.name, "kind": view.kind}
    session.add(Destination(**columns, created_at=view.created_at, **sealed))
    await session.flush()


async def destinations_of(session: AsyncSession, user_id: str) -> list[DestinationView]:
    """The destinations of a user, the oldest first."""
    query = select(*_SHOWN).where(Destination.user_id == user_id).order_by(Destination.id)
    return [DestinationView(**row._mapping) for row in await session.execute(query)]


async def count_people_told(session: AsyncSession) -> int:
    """How many users have a confirmed destination of their own."""
    query = select(func.count(Destination.user_id.distinct()))
    return await session.scalar(query.where(Destination.confirmed_at.is_not(None))) or 0


async def opened_of(session: AsyncSession, user_id: str) -> Opened:
    """The destinations of a user with their addresses, the oldest first."""
    return await _opened(session, Destination.user_id == user_id)


async def opened_destination(session: AsyncSession, viewer: Viewer, id_: UUID) -> Opened:
    """A destination of the viewer's with its address, or none."""
    return await _opened(session, (Destination.id == id_) & is_visible(Destination.user_id, viewer))


async def _opened(session: AsyncSession, where: ColumnElement[bool]) -> Opened:
    query = select(*_SHOWN, *SEALED).where(where).order_by(Destination.id)
    names, keyring = DestinationView.__dataclass_fields__, keyring_of(session)
    return [
        (DestinationView(**{name: getattr(row, name) for name in names}), address_in(row, keyring))
        for row in await session.execute(query)
    ]


async def find_destination(
    session: AsyncSession, viewer: Viewer, id_: UUID
) -> DestinationView | None:
    """A destination of the viewer's; of anybody's for an admin."""
    is_theirs = is_visible(Destination.user_id, viewer)
    query = select(*_SHOWN).where(Destination.id == id_, is_theirs)
    row = (await session.execute(query)).one_or_none()
    return DestinationView(**row._mapping) if row else None


async def begin_test(
    session: AsyncSession, id_: UUID, code: str, ends_at: datetime, now: datetime
) -> None:
    """Let this code confirm a destination until then, in place of the one before."""
    began = {"code_hash": _hash(session, id_, code), "code_ends_at": ends_at, "code_tries": 0}
    await _change(session, id_, began | {"tested_at": now, "test_error": None})


async def note_test_error(session: AsyncSession, id_: UUID, error: str) -> None:
    """Keep why a test message was not taken."""
    await _change(session, id_, {"test_error": error})


async def try_code(session: AsyncSession, id_: UUID, code: str, now: datetime) -> bool:
    """Confirm a destination by the code that was sent to it; False for any other, or one too old.

    Shape: after a few wrong ones no code is right any more until another is sent.
    """
    counted = (
        update(Destination)
        .where(Destination.id == id_, Destination.code_ends_at > now)
        .where(Destination.code_tries < MOST_TRIES)
        .values(code_tries=Destination.code_tries + 1)
        .returning(Destination.code_hash)
    )
    wanted = await session.scalar(counted.execution_options(synchronize_session=False))
    if wanted is None or wanted != _hash(session, id_, code):
        return False
    confirmed_at = func.coalesce(Destination.confirmed_at, now)
    used = {"code_hash": None, "code_ends_at": None, "confirmed_at": confirmed_at}
    await _change(session, id_, used | {"test_error": None})
    return True


async def remove_destination(session: AsyncSession, id_: UUID) -> None:
    """Delete a destination, with its address."""
    gone = delete(Destination).where(Destination.id == id_)
    await session.execute(gone.execution_options(synchronize_session=False))


def _hash(session: AsyncSession, id_: UUID, code: str) -> str:
    return keyring_of(session).keyed_hash(f"destination {id_} {code}".encode())


async def _change(session: AsyncSession, id_: UUID, values: dict[str, Any]) -> None:
    changed = update(Destination).where(Destination.id == id_).values(values)
    await session.execute(changed.execution_options(synchronize_session=False))
