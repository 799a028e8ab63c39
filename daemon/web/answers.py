"""What a page answers: the values of a template, another address, a file or a document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Flash:
    """What was done, and the word by which `POST /undo` takes it back, if it can be."""

    text: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A template and its values; a page with a secret is kept nowhere."""

    template: str
    values: Mapping[str, Any]
    status: int = 200
    has_secret: bool = False


@dataclass(frozen=True, slots=True)
class SeeOther:
    """The page of ours to be shown after a form, and the line on it that says what was done.

    Shape: a `session` is what the browser's cookie gets; an empty one takes it away; so it is with
           `as_owner`, the cookie that says as whom an admin looks. A path that a
           browser has given leads to the first page unless it is one of ours that is only shown.
    """

    path: str
    flash: Flash | None = None
    session: str | None = None
    as_owner: str | None = None
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The page of a provider at which a login goes on.

    Shape: the address is the provider's own, never one that a browser has given.
    """

    location: str


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


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes for programs that ask for them again and again, and need them only when they change.

    Shape: what has just been made has a `location`.
    """

    body: bytes
    content_type: str
    status: int = 200
    location: str = ""

    @property
    def mark(self) -> str:
        """By which it is known, as its ETag."""
        return hashlib.blake2b(self.body, digest_size=16).hexdigest()


Answer: TypeAlias = Page | SeeOther | Elsewhere | File | Document


def page(template: str, status: int = 200, /, **values: Any) -> Page:
    """A page made by this template with these values."""
    return Page(template, values, status)


def see_other(path: str, done: str = "", undo: str = "") -> SeeOther:
    """After a form: the page to be shown, with a line that says what was done."""
    return SeeOther(path, Flash(done, undo) if done else None)


def logged_in(secret: str, path: str) -> SeeOther:
    """After a login: the page that was asked for before, and the cookie of the session."""
    return SeeOther(path, session=secret, is_given=True)


def logged_out(path: str, done: str = "") -> SeeOther:
    """After the end of a session: its cookie goes, too."""
    return SeeOther(path, Flash(done) if done else None, session="")
