"""Runs an operation on users in the name of the local owner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.model.viewer import Actor
    from daemon.operations.installation.opening import Database

P = ParamSpec("P")
T = TypeVar("T")

user = click.argument("word", metavar="USER")


def act(
    config: Config,
    operation: Callable[Concatenate[Database, Actor, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """The result of an operation that somebody does, here the local owner.

    Errors: StoreError when there is no database; those of the operation.
    """
    from daemon.model.viewer import Actor
    from daemon.operations.installation.opening import stored
    from daemon.operations.viewers import local_owner

    async def run() -> T:
        async with stored(config) as database:
            return await operation(database, Actor(local_owner(config)), *args, **kwargs)

    return asyncio.run(run())
