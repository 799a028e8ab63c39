"""How a page is rendered by a browser, where it is at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Strict

from daemon.config.options.steps import Selector, StepConfig, Waited, misfits_of_steps
from daemon.config.sections import CrossChecked
from daemon.config.values import Duration, Flaw, Line, Size, refused
from daemon.model.request import (
    HTTP,
    RENDER,
    RENDERING_OPTIONS,
    USUAL_REQUESTS,
    WHOLE_PAGE,
    Rendering,
    Resource,
    Step,
)

_VIEWPORT = re.compile(r"(\d{2,4})x(\d{2,4})")
_SMALLEST, _LARGEST = 200, 4000  # CSS pixels
_TEXT = "text:"


def _viewport(text: str) -> str:
    found = _VIEWPORT.fullmatch(text)
    if found is None or not all(_SMALLEST <= int(side) <= _LARGEST for side in found.groups()):
        problem = f"is not a width and a height of {_SMALLEST} to {_LARGEST} pixels"
        raise refused(problem, 'write for example "1280x800"')
    return text


Render = Literal["never", "auto", "always"]
Viewport = Annotated[str, AfterValidator(_viewport)]


class RenderingOptions(CrossChecked):
    """Whether a page is rendered by a browser, and what is waited for then."""

    render: Render | None = None
    wait_for: Line | None = None
    wait: Waited | None = None
    scroll: int | None = Field(None, ge=0, le=50)
    block: Annotated[tuple[Resource, ...], Strict(False)] | None = None
    viewport: Viewport | None = None
    screenshot: bool | Selector | None = None
    step: Annotated[tuple[StepConfig, ...], Strict(False)] = ()

    @classmethod
    def misfits_of_rendering(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        """What does not fit together in these options, as the file has it."""
        if given.get("render") == "never":
            for name in (*RENDERING_OPTIONS, "step", "screenshot"):
                if given.get(name) is not None:
                    hint = 'write render = "always", or leave it out'
                    yield Flaw((name,), 'is for a browser, and render is "never"', hint)
        for name, what in (("step", "steps"), ("screenshot", "screenshot")):
            if given.get(name) and given.get("render") == "auto":
                hint = 'write render = "always", or leave it out'
                yield Flaw(("render",), f'is given beside {what}, and is "auto"', hint)
        yield from misfits_of_steps(given.get("step"))

    def rendering(self) -> Rendering | None:
        """How a browser renders it; None when that is as usual, or it does not."""
        if self.renderer == HTTP:
            return None
        text = self.wait_for or ""
        is_text = text.startswith(_TEXT)
        width, _, height = (self.viewport or "0x0").partition("x")
        found = Rendering(
            selector="" if is_text else text,
            text=text.removeprefix(_TEXT).strip() if is_text else "",
            seconds=self.wait.total_seconds() if self.wait else 0.0,
            scrolls=self.scroll or 0,
            block=self.block,
            viewport=(int(width), int(height)),
        )
        return None if found == Rendering() else found

    def steps(self) -> tuple[Step, ...]:
        """What is done on it before it is read."""
        return tuple(one.step() for one in self.step)

    @property
    def pictured(self) -> str:
        """Of which element a picture is taken; "" for none."""
        return WHOLE_PAGE if self.screenshot is True else self.screenshot or ""

    def typed(self) -> Iterator[str]:
        """What is typed in steps, which is secret."""
        yield from (one.type.get_secret_value() for one in self.step if one.type is not None)

    @property
    def renderer(self) -> str:
        """What the page is fetched with; for steps and pictures a browser."""
        wanted = self.render or ("always" if self.step or self.pictured else "never")
        return next(name for name, word in RENDER.items() if word == wanted)


class BrowserConfig(CrossChecked):
    """The browser that renders pages, in a process of its own."""

    socket: str = ""
    pages: int = Field(2, ge=1, le=16)
    minimum_interval: Duration = Field(
        timedelta(minutes=15), ge=timedelta(seconds=1), le=timedelta(days=365)
    )
    executable: str = ""
    isolation: Literal["namespace", "flags"] = "namespace"
    sandbox: bool = True
    pages_per_browser: int = Field(100, ge=1, le=100_000)
    requests_per_page: int = Field(USUAL_REQUESTS, ge=10, le=100_000)
    memory_bytes: Size = Field(2**30, ge=2**27, le=2**36)

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        path = given.get("socket")
        if isinstance(path, str) and len(path.encode()) > 100:  # unix(7): sun_path
            yield Flaw(("socket",), "is longer than the 100 bytes that a socket's path may have")
