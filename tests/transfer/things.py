"""What tests of moving begin with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import SecretStr

from daemon.config import DatabaseConfig
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine

T = TypeVar("T")


def quiet(*_step: object) -> None:
    """Nobody wants to know how far it is."""


def config_of(url: str) -> DatabaseConfig:
    return DatabaseConfig.model_validate({"url": SecretStr(url)})


def in_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do this work with the database, and close it."""

    async def run() -> T:
        database = Database(open_engine(url))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
