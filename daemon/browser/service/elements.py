"""Finds the element that a step names, in a page or in one of its frames."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from playwright.async_api import Error, Frame, Locator, Page

from daemon.browser.service.refusals import RefusedError
from daemon.model.request import Step

TEXT = "text:"
_XPATH = "xpath:"
_FIELDS = frozenset({"type", "choose", "check", "uncheck"})
_ANY_WILL_DO = frozenset({"wait_for", "remove"})
_LOOK_SECONDS = 0.1
_UNREADABLE = ("not a valid", "Unexpected token", "Unknown engine", "while parsing", "Malformed")


async def find(page: Page, step: Step, seconds: float) -> Locator:
    """The element of a step as soon as it is shown.

    Shape:  the first, where the step names a text or takes any; elsewhere the only one.
    Errors: RefusedError when none comes within these seconds, or several match.
    """
    ends_at = time.monotonic() + seconds
    while True:
        found, count = await _shown(page, step)
        if found is not None and (count == 1 or _takes_first(step)):
            return found
        if time.monotonic() >= ends_at:
            raise RefusedError("step", _why(count), page.url)
        await asyncio.sleep(_LOOK_SECONDS)


async def is_shown(page: Page, step: Step) -> bool:
    """Whether the element of a step is shown now."""
    found, _ = await _shown(page, step)
    return found is not None


async def everywhere(page: Page, step: Step) -> list[Locator]:
    """All elements that a step names, shown or not, by their frames."""
    places = [next(_places(frame, step)) for frame in page.frames]
    return [place for place in places if await _count(place)]


async def _shown(page: Page, step: Step) -> tuple[Locator | None, int]:
    for frame in page.frames:
        for place in _places(frame, step):
            shown = place.filter(visible=True)
            if count := await _count(shown):
                return shown.first, count
    return None, 0


def _places(frame: Frame, step: Step) -> Iterator[Locator]:
    """Where to look for an element, the surest first: a word is looked for on buttons first."""
    target = step.target
    if not target.startswith(TEXT):
        is_xpath = target.startswith(_XPATH)
        yield frame.locator(f"xpath={target.removeprefix(_XPATH)}" if is_xpath else target)
        return
    text = target.removeprefix(TEXT).strip()
    if step.action in _FIELDS:
        yield frame.get_by_label(text, exact=True)
        yield frame.get_by_label(text)
        yield frame.get_by_placeholder(text)
    button = frame.get_by_role("button", name=text, exact=True)
    yield button.or_(frame.get_by_role("link", name=text, exact=True))
    yield frame.get_by_text(text, exact=True)
    yield frame.get_by_text(text)


async def _count(place: Locator) -> int:
    try:
        return await place.count()
    except Error as exc:
        if any(mark in exc.message for mark in _UNREADABLE):
            raise RefusedError("step", "it names no element: its selector is unreadable") from exc
        return 0  # its frame has gone meanwhile


def _takes_first(step: Step) -> bool:
    return step.target.startswith(TEXT) or step.action in _ANY_WILL_DO


def _why(count: int) -> str:
    if count:
        return f"{count:,} elements match: let the selector name one, as with :nth-match(…, 1)"
    return "nothing that is shown matches"
