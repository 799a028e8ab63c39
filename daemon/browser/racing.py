"""Runs works beside each other until one of them ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class _EndedError(Exception):
    """One has ended: the others are not needed."""


async def until_first(*works: Coroutine[Any, Any, object]) -> None:
    """Run all of these, which raise nothing; when the first has ended, the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for work in works:
                tasks.create_task(_announce(work))
    except* _EndedError:
        pass


async def _announce(work: Coroutine[Any, Any, object]) -> None:
    await work
    raise _EndedError
