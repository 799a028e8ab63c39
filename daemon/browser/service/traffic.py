"""Knows when a page asks for nothing any more."""

from __future__ import annotations

import asyncio
import time

from playwright.async_api import Page, Request

_REST_SECONDS = 0.5  # without a request: what browsers' own drivers call idle
_LOOK_SECONDS = 0.1


class Traffic:
    """The requests of a page that have no answer yet."""

    def __init__(self, page: Page) -> None:
        self._open: set[Request] = set()
        self._at = time.monotonic()
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    async def rest(self, seconds: float) -> bool:
        """Wait until the page has come to rest; False when it does not within these seconds."""
        ends_at = time.monotonic() + seconds
        while (now := time.monotonic()) < ends_at:
            left = self._at + _REST_SECONDS - now
            if not self._open and left <= 0:
                return True
            await asyncio.sleep(_LOOK_SECONDS if self._open else max(0.01, left))
        return False

    def stir(self) -> None:
        """Count from now: something was done that the page may answer with requests."""
        self._at = time.monotonic()

    def _begun(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame.parent_frame is None:
            self._open.clear()  # what the page before had asked for
        self._open.add(request)
        self.stir()

    def _ended(self, request: Request) -> None:
        self._open.discard(request)
        self.stir()
