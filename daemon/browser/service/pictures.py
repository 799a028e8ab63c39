"""Takes a picture of a page, or of one of its elements, as still as it can be had."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Error, FloatRect, Page
from playwright.async_api import TimeoutError as TooLateError

from daemon.browser.messages import Box
from daemon.browser.service.refusals import RefusedError
from daemon.browser.service.traffic import Traffic
from daemon.model.request import MOST_PARTS, PART_MARK, WHOLE_PAGE

MOST_HEIGHT = 10_000  # CSS pixels; what is below is left out
_SECONDS = 15.0
_FAILURE_SECONDS = 3.0
_LOADING_SECONDS = 5.0  # for images that load when they come into view
# What people type, and what moves by itself, is no part of a picture.
_STILL = """
input[type=password] { visibility: hidden !important }
*, *::before, *::after { caret-color: transparent !important; scroll-behavior: auto !important }
"""
_BLANK = """typed => {
  for (const one of document.querySelectorAll('input, textarea'))
    if (typed.includes(one.value)) one.value = '';
}"""
_SIZE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
_BRING_INTO_VIEW = """async most => {
  for (let y = 0; y < Math.min(most, document.documentElement.scrollHeight); y += innerHeight) {
    scrollTo(0, y);
    await new Promise(done => setTimeout(done, 50));
  }
  scrollTo(0, 0);
  await Promise.all([...document.images].slice(0, 500).map(one => one.decode().catch(() => 0)));
}"""


# What has words or a picture of its own, then what holds others together; the large ones first, so
# that the small ones lie on top.
_MEASURE = """([mark, tallest, most]) => {
  scrollTo(0, 0);
  const page = document.documentElement, found = [], holders = [];
  const all = page.clientWidth * Math.min(tallest, page.scrollHeight);
  const holding = 'article, section, main, aside, nav, header, footer, form, table, ul, ol, dl,'
    + ' tr, li, figure, blockquote, div';
  for (const one of document.body.querySelectorAll('*')) {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    if (box.width < 8 || box.height < 8 || box.top >= tallest || box.left >= page.clientWidth
      || style.visibility === 'hidden' || style.opacity === '0') continue;
    const said = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const shown = said || one.matches('img, canvas, video, button, input, select');
    if (shown) found.push([one, box]);
    else if (one.matches(holding) && one.childElementCount > 1
      && box.width * box.height < all * .7) holders.push([one, box]);
  }
  const some = [...found.slice(0, most * 3 / 4), ...holders.slice(0, most / 4)];
  some.sort(([, a], [, b]) => b.width * b.height - a.width * a.height);
  return some.map(([one, box], number) => {
    one.setAttribute(mark, number);
    return [number, box.left, box.top, box.width, box.height].map(Math.round);
  });
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


async def picture_of_failure(page: Page, typed: list[str]) -> bytes:
    """What is seen of a page on which a step failed, without what was typed; b"" if it is gone."""
    try:
        await page.evaluate(_BLANK, typed)
        return await page.screenshot(
            animations="disabled", style=_STILL, timeout=_FAILURE_SECONDS * 1000, type="png"
        )
    except Error:
        return b""


async def measure(page: Page) -> tuple[Box, ...]:
    """Mark the elements that somebody may point at, and say where each is on the picture."""
    found = await page.evaluate(_MEASURE, [PART_MARK, MOST_HEIGHT, MOST_PARTS])
    return tuple((int(n), int(x), int(y), int(w), int(h)) for n, x, y, w, h in found)


async def _clip(page: Page) -> FloatRect:
    width, height = await page.evaluate(_SIZE)
    viewport = page.viewport_size or {"width": int(width), "height": int(height)}
    return {
        "x": 0,
        "y": 0,
        "width": viewport["width"],
        "height": max(viewport["height"], min(float(height), MOST_HEIGHT)),
    }
