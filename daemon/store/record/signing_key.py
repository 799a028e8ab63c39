"""Keeps the key that cursors and links are signed with: one for all daemons of a database."""

from __future__ import annotations

import base64
import os

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.errors import SealedError
from daemon.store.core.requests import keyring_of
from daemon.store.sealing.keyring import Keyring, Sealed
from daemon.store.tables import SigningKey
from daemon.store.tables.types import insert_for

_BYTES = 32
_ID = 1  # of the only row
_ABOUT = "signing key"


async def signing_key(session: AsyncSession) -> bytes | None:
    """The key of this database; None until a daemon has made one.

    Errors: SealedError when it is encrypted under a key that is not here, or was changed.
    """
    stored = await _stored(session)
    return _opened(stored, keyring_of(session)) if stored is not None else None


async def make_signing_key(session: AsyncSession) -> None:
    """Keep a new key, unless there is one; encrypted if there is a key for that.

    Shape: no encryption key is made for it: with one of its own each daemon on a server would
           read its own alone.
    """
    connection = await session.connection()
    if await _stored(session) is None:
        made = _columns(os.urandom(_BYTES), keyring_of(session))
        row = insert_for(connection, SigningKey).values(id=_ID, **made)
        await session.execute(row.on_conflict_do_nothing())


async def renew_signing_key(session: AsyncSession) -> None:
    """Encrypt it under the newest key, if it is in plain or under an older one that is here."""
    keyring, stored = keyring_of(session), await _stored(session)
    if stored is None or not keyring.ids or stored.key_id == keyring.ids[0]:
        return
    try:
        renewed = _columns(_opened(stored, keyring), keyring)
    except SealedError:
        return  # whoever needs it says so
    await session.execute(update(SigningKey).where(SigningKey.id == _ID).values(**renewed))


async def drop_closed_signing_key(session: AsyncSession) -> None:
    """Drop it if its key is not here; what it has signed is not known any more."""
    closed = SigningKey.sealed_by.not_in(keyring_of(session).ids)
    await session.execute(delete(SigningKey).where(SigningKey.sealed_by.is_not(None), closed))


async def _stored(session: AsyncSession) -> Sealed | None:
    """The key as it is stored, in plain if it is under no key."""
    query = select(SigningKey.secret, SigningKey.sealed_by).where(SigningKey.id == _ID)
    rows = await session.execute(query)
    return next((Sealed(row.sealed_by or "", row.secret) for row in rows), None)


def _columns(key: bytes, keyring: Keyring) -> dict[str, str | None]:
    text = base64.b64encode(key).decode()
    if not keyring.ids:
        return {"secret": text, "sealed_by": None}
    sealed = keyring.seal(text, _ABOUT)
    return {"secret": sealed.text, "sealed_by": sealed.key_id}


def _opened(stored: Sealed, keyring: Keyring) -> bytes:
    text = keyring.unseal(stored, _ABOUT) if stored.key_id else stored.text
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise SealedError("the signing key was changed") from None
