"""Takes a picture of a page, or of one of its elements, as still as it can be had."""

from __future__ import annotations

from typing import Any

from playwright.async_api import FloatRect, Page
from playwright.async_api import TimeoutError as TooLateError

from daemon.browser.service.refusals import RefusedError
from daemon.browser.service.traffic import Traffic
from daemon.model.request import WHOLE_PAGE

MOST_HEIGHT = 10_000  # CSS pixels; what is below is left out
_SECONDS = 15.0
_LOADING_SECONDS = 5.0  # for images that load when they come into view
# What people type, and what moves by itself, is no part of a picture.
_STILL = """
input[type=password] { visibility: hidden !important }
*, *::before, *::after { caret-color: transparent !important; scroll-behavior: auto !important }
"""
_SIZE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
_BRING_INTO_VIEW = """async most => {
  for (let y = 0; y < Math.min(most, document.documentElement.scrollHeight); y += innerHeight) {
    scrollTo(0, y);
    await new Promise(done => setTimeout(done, 50));
  }
  scrollTo(0, 0);
  await Promise.all([...document.images].slice(0, 500).map(one => one.decode().catch(() => 0)));
}"""


async def take_picture(page: Page, pictured: str, traffic: Traffic) -> bytes:
    """A picture in PNG.

    Errors: RefusedError when its element is not there, or no picture can be had in time.
    """
    usual: dict[str, Any] = {
        "animations": "disabled",
        "style": _STILL,
        "timeout": _SECONDS * 1000,
        "type": "png",
    }
    try:
        await page.evaluate(_BRING_INTO_VIEW, MOST_HEIGHT)
        await traffic.rest(_LOADING_SECONDS)
        if pictured == WHOLE_PAGE:
            return await page.screenshot(full_page=True, clip=await _clip(page), **usual)
        found = page.locator(pictured).filter(visible=True)
        if not await found.count():
            raise RefusedError("selector", f"screenshot {pictured!r} matches nothing", page.url)
        return await found.first.screenshot(**usual)
    except TooLateError as exc:
        said = f"no picture could be taken within {_SECONDS:g} seconds"
        raise RefusedError("timeout", said, page.url) from exc


async def _clip(page: Page) -> FloatRect:
    width, height = await page.evaluate(_SIZE)
    viewport = page.viewport_size or {"width": int(width), "height": int(height)}
    return {
        "x": 0,
        "y": 0,
        "width": viewport["width"],
        "height": max(viewport["height"], min(float(height), MOST_HEIGHT)),
    }
