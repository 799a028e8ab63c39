"""Keeps the addresses of destinations, encrypted under the newest key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.destinations import Address
from daemon.model.errors import SealedError
from daemon.store.core.requests import keyring_of
from daemon.store.sealing.keyring import Keyring, Sealed
from daemon.store.tables import Destination

SEALED = (Destination.sealed, Destination.sealed_by)


def sealed_columns(id_: UUID, address: Address, keyring: Keyring) -> dict[str, Any]:
    """The columns of a destination with this address; it opens for no other destination.

    Errors: SealedError when there is no key.
    """
    sealed = keyring.seal(msgspec.json.encode(address).decode(), _about(id_))
    return {"sealed": sealed.text, "sealed_by": sealed.key_id}


async def address_of(session: AsyncSession, id_: UUID) -> Address:
    """The address of a destination.

    Errors: SealedError when it cannot be decrypted here.
    """
    query = select(Destination.id, *SEALED).where(Destination.id == id_)
    row = (await session.execute(query)).one_or_none()
    found = address_in(row, keyring_of(session)) if row else SealedError("it is gone")
    if isinstance(found, SealedError):
        raise found
    return found


async def renew_addresses(session: AsyncSession) -> int:
    """Encrypt under the newest key what lies under an older one; how many addresses that were."""
    keyring = keyring_of(session)
    is_old = Destination.sealed_by.in_(keyring.ids[1:])
    rows = (await session.execute(select(Destination.id, *SEALED).where(is_old))).all()
    opened = [(row.id, address_in(row, keyring)) for row in rows]
    renewed = [(id_, one) for id_, one in opened if isinstance(one, Address)]
    for id_, address in renewed:
        sealed = sealed_columns(id_, address, keyring)
        await session.execute(update(Destination).where(Destination.id == id_).values(**sealed))
    return len(renewed)


async def closed_addresses(session: AsyncSession) -> list[tuple[str, str]]:
    """The destinations whose address cannot be decrypted here: their names, and their keys."""
    query = select(Destination.name, Destination.sealed_by).where(_is_closed(session))
    return [(row.name, str(row.sealed_by)) for row in await session.execute(query)]


async def forget_closed_addresses(session: AsyncSession) -> None:
    """Drop the addresses that cannot be decrypted here: their owners have to add them again."""
    lost = update(Destination).where(_is_closed(session)).values(sealed=None, sealed_by=None)
    await session.execute(lost.execution_options(synchronize_session=False))


def _is_closed(session: AsyncSession) -> ColumnElement[bool]:
    is_sealed = Destination.sealed_by.is_not(None)
    return is_sealed & Destination.sealed_by.not_in(keyring_of(session).ids)


def address_in(row: Any, keyring: Keyring) -> Address | SealedError:
    """The address in a row with the id of a destination and `SEALED`, or why it stays closed."""
    if not row.sealed_by:
        return SealedError("its address is lost: add it again")
    try:
        text = keyring.unseal(Sealed(row.sealed_by, row.sealed or ""), _about(row.id))
        return msgspec.json.decode(text, type=Address)
    except SealedError as exc:
        return exc
    except msgspec.MsgspecError:
        return SealedError("its row in the database is garbled")


def _about(id_: UUID) -> str:
    return f"destination {id_}"
