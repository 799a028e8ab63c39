"""A PostgreSQL that is one of several: which of them daemons and pages take."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
from sqlalchemy import make_url, text

from daemon.config.sections import DatabaseConfig
from daemon.model.errors import StoreError
from daemon.store.core.opening import database_of, open_for_readers


def settings_of(server: str, *before: str, **options: str) -> DatabaseConfig:
    """The database of this server, with other hosts before its own."""
    own = make_url(server)
    hosts = "".join(f"host={one}&" for one in (*before, own.query["host"]))
    rest = "&".join(f"{name}={value}" for name, value in options.items())
    return DatabaseConfig.model_validate({
        "url": f"postgresql://{own.username}@/{own.database}?{hosts}{rest}"
    })  # fmt: skip


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A host that accepts connections and says nothing, as one does whose server has stopped."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()
            writer.close()


async def test_pages_are_read_where_daemons_must_be_able_to_write(postgres_url: str) -> None:
    settings = settings_of(postgres_url, target_session_attrs="read-write")
    async with open_for_readers(settings, 5.0) as readers, readers.reading() as session:
        assert await session.scalar(text("SHOW transaction_read_only")) == "on"


async def test_a_silent_host_holds_nobody_up(postgres_url: str) -> None:
    async with silent() as host:
        settings = settings_of(postgres_url, host, "192.0.2.1:5432")
        # Those who read wait for less than the time that a host has to answer.
        async with open_for_readers(settings) as readers, readers.reading() as session:
            assert await session.scalar(text("SELECT 1")) == 1


async def test_of_hosts_that_do_not_fit_each_is_told_with_its_reason(postgres_url: str) -> None:
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        refusing = f"127.0.0.1:{closed.getsockname()[1]}"
        async with silent() as host:
            settings = settings_of(postgres_url, host, refusing, connect_timeout="1")
            url = settings.dsn.replace(make_url(postgres_url).database or "", "gone")
            database = database_of(DatabaseConfig.model_validate({"url": url}))
            with pytest.raises(StoreError) as caught:
                async with database.reading() as session:
                    await session.scalar(text("SELECT 1"))
            await database.close()
    told = str(caught.value)
    assert caught.value.is_transient
    assert told.startswith("no host of the database fits: ")
    assert f"{host} does not answer; {refusing} cannot be reached (Connection refused); " in told
    assert 'refuses (database "gone" does not exist)' in told


async def test_a_single_host_that_is_silent_is_told_of() -> None:
    async with silent() as host:
        url = f"postgresql://u@{host}/n?connect_timeout=1"
        database = database_of(DatabaseConfig.model_validate({"url": url}))
        with pytest.raises(StoreError, match="the database does not answer"):
            async with database.reading() as session:
                await session.scalar(text("SELECT 1"))
        await database.close()
