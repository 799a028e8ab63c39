"""A name is looked up whatever another one was answered, against a name server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from daemon.fetch.connection.resolver import Resolver
from tests.fetch.dns_server import Server, dns_server


@asynccontextmanager
async def resolving() -> AsyncIterator[tuple[Resolver, Server]]:
    async with dns_server() as server:
        resolver = Resolver(20, [f"127.0.0.1:{server.port}"])
        try:
            yield resolver, server
        finally:
            await resolver.close()


async def addresses(resolver: Resolver, name: str) -> list[str]:
    return [found["host"] for found in await resolver.resolve(name, 80)]


async def test_a_name_has_its_address() -> None:
    async with resolving() as (resolver, _):
        assert await addresses(resolver, "good.test") == ["127.0.0.1"]


async def test_a_malformed_answer_fails_no_other_name_that_is_looked_up() -> None:
    async with resolving() as (resolver, server), asyncio.TaskGroup() as group:
        names = [f"good{number}.test" for number in range(20)]
        server.garbled, server.held = {"bad.test"}, set(names)
        lookups = [group.create_task(addresses(resolver, name), name=name) for name in names]
        for name in names:
            await server.was_asked(name)
        with pytest.raises(OSError, match="Misformatted"):
            await resolver.resolve("bad.test", 80)
        server.release()
        assert [await lookup for lookup in lookups] == [["127.0.0.1"]] * len(names)


async def test_the_channel_is_of_use_after_a_malformed_answer() -> None:
    async with resolving() as (resolver, server):
        server.garbled = {"bad.test"}
        with pytest.raises(OSError, match="Misformatted"):
            await resolver.resolve("bad.test", 80)
        assert await addresses(resolver, "good.test") == ["127.0.0.1"]


async def test_a_name_that_does_not_exist_is_not_asked_for_again() -> None:
    async with resolving() as (resolver, server):
        server.missing = {"missing.test"}
        with pytest.raises(OSError, match="not found"):
            await resolver.resolve("missing.test", 80)
    assert server.asked["missing.test"] == 1
