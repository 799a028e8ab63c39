"""Loads the known states of sites for several checks at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TypeAlias

from daemon.model.errors import CheckError, StoreError
from daemon.model.site import Site
from daemon.model.status import ErrorClass
from daemon.store.core.database import Database
from daemon.store.views.departures import KnownStates, known_states

STATES_COMPARED = 5
_WINDOW_SECONDS = 0.05
_AT_ONCE = 16  # each may hold several sources of pages

_Wanted: TypeAlias = asyncio.Future[KnownStates]


class Recall:
    """Loads the known states of sites for the checks that ask for them at about the same time.

    Shape: the first that asks waits a moment for others, and loads for all; one that is cancelled
           leaves that to the next.
    """

    def __init__(self, database: Database, window_seconds: float = _WINDOW_SECONDS) -> None:
        self._database = database
        self._window_seconds = window_seconds
        self._waiting: dict[_Wanted, Site] = {}  # the oldest first
        self._is_full = asyncio.Event()
        self._turn = asyncio.Lock()

    async def of(self, site: Site) -> KnownStates:
        """The last states of a site, and how it left them.

        Errors: CheckError when the database cannot tell.
        """
        wanted: _Wanted = asyncio.get_running_loop().create_future()
        self._waiting[wanted] = site
        if len(self._waiting) >= _AT_ONCE:
            self._is_full.set()
        try:
            async with self._turn:
                while not wanted.done():
                    await self._load()
        finally:
            self._waiting.pop(wanted, None)
        try:
            return wanted.result()
        except StoreError as exc:
            raise CheckError(ErrorClass.STORE, str(exc)) from exc

    async def _load(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._window_seconds):
                await self._is_full.wait()
        group = list(islice(self._waiting, _AT_ONCE))
        await self._load_these(group)
        if len(self._waiting) < _AT_ONCE:
            self._is_full.clear()

    async def _load_these(self, group: Sequence[_Wanted]) -> None:
        sites = [self._waiting[wanted] for wanted in group]
        read = partial(known_states, sites=sites, limit=STATES_COMPARED)
        try:
            found = await self._database.insist(read)
        except StoreError as exc:
            if len(group) == 1:
                self._settle(group[0], exc)
                return
            for wanted in group:  # one of them may be the cause
                await self._load_these([wanted])
            return
        for wanted, site in zip(group, sites, strict=True):
            self._settle(wanted, found[site.id])

    def _settle(self, wanted: _Wanted, result: KnownStates | StoreError) -> None:
        """Answer one, unless its check was cancelled in the meantime."""
        if self._waiting.pop(wanted, None) is None:
            return
        if isinstance(result, StoreError):
            wanted.set_exception(result)
            wanted.exception()  # it is retrieved even if its check is cancelled now
        else:
            wanted.set_result(result)
