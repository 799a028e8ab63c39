"""What a page answers: the values of a template, another address, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from daemon.web.memory.flashes import Flash


@dataclass(frozen=True, slots=True)
class Page:
    """A template and its values."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class SeeOther:
    """The page of ours to be shown after a form, and the line on it that says what was done."""

    path: str
    flash: Flash | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that are no page.

    Shape: with a `name` it is a download; what `lasts` never changes under its address.
    """

    body: bytes
    content_type: str = "text/plain"
    name: str = ""
    lasts: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


Answer: TypeAlias = Page | SeeOther | File


def page(template: str, status: int = 200, /, **values: Any) -> Page:
    """A page made by this template with these values."""
    return Page(template, values, status)


def see_other(path: str, done: str = "", undo: str = "") -> SeeOther:
    """After a form: the page to be shown, with a line that says what was done."""
    return SeeOther(path, Flash(done, undo) if done else None)
