"""All daemons of a database sign with one key, which no dump of it shows where it can be sealed."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.errors import SealedError
from daemon.store.catalogue.seals import forget_closed, renew_seals
from daemon.store.core.database import Database
from daemon.store.record.signing_key import make_signing_key, signing_key
from daemon.store.sealing.keyring import Keyring
from daemon.store.tables import SigningKey

OLD, NEW = b"o" * 32, b"n" * 32


async def key_of(database: Database) -> bytes | None:
    async with database.writing() as session:
        await make_signing_key(session)
        return await signing_key(session)


async def stored(database: Database) -> tuple[str, str | None]:
    async with database.reading() as session:
        row = (await session.scalars(select(SigningKey))).one()
        return row.secret, row.sealed_by


async def renew(database: Database) -> None:
    async with database.writing() as session:
        await renew_seals(session)


async def test_the_key_is_made_once(engine: AsyncEngine) -> None:
    first, second = await key_of(Database(engine)), await key_of(Database(engine))
    assert first is not None
    assert (first, len(first)) == (second, 32)


async def test_the_key_is_encrypted_as_soon_as_there_is_a_key_for_it(engine: AsyncEngine) -> None:
    made = await key_of(Database(engine))
    assert made is not None
    assert await stored(Database(engine)) == (base64.b64encode(made).decode(), None)
    for keys in ([OLD], [NEW, OLD], [NEW]):
        keyed = Database(engine, Keyring(keys))
        await renew(keyed)
        assert (await stored(keyed))[1] == Keyring(keys).ids[0]
        assert base64.b64encode(made).decode() not in (await stored(keyed))[0]
        assert await key_of(keyed) == made


async def test_without_the_key_that_it_is_under_it_stays_as_it_is(engine: AsyncEngine) -> None:
    sealed = Database(engine, Keyring([OLD]))
    made, other = await key_of(sealed), Database(engine, Keyring([NEW]))
    await renew(other)
    with pytest.raises(SealedError, match="is not here"):
        await key_of(other)
    assert await key_of(sealed) == made
    async with other.writing() as session:
        await forget_closed(session)
    assert await key_of(other) not in (made, None)


async def test_a_key_that_was_changed_is_said_and_stops_no_start(database: Database) -> None:
    await key_of(database)
    async with database.writing() as session:
        await session.execute(update(SigningKey).values(secret="no base64"))
    with pytest.raises(SealedError, match="was changed"):
        await key_of(database)
    await renew(database)
