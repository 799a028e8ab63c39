"""Two views of a page in; whether the new one is no page but a wall, a shell or a stub, out."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.analyse import places
from daemon.analyse.signs import COOKIE_WALL, SIGNS, compiled
from daemon.analyse.view import PageView
from daemon.compare.masks import fold
from daemon.model import ErrorClass


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands in place of the page."""

    error_class: ErrorClass
    name: str  # for people: "a login wall"
    evidence: str  # the words or figures that show it
    is_named: bool = True  # False when only its size tells


@dataclass(frozen=True, slots=True)
class View:
    """As much of a page as tells a wall from content."""

    title: str
    headings: str
    text: str
    words: int
    main_words: int
    has_password: bool = False
    is_html: bool = True


_STUB_WORDS = 60
_SHORT_WORDS = 250
_SMALL_SHARE = 0.3
_TINY_SHARE = 0.12
_WORTH_COMPARING = 60
_KEPT_SHARE = 0.5
_COMPARED_CHARS = 20_000
_HEAD_CHARS = 1_200


def view(page: PageView) -> View:
    """As much of a page as tells a wall from content."""
    shown = [block for block in page.blocks if block.kind != places.TITLE]
    headings = (
        block.text for block in shown if block.kind == places.HEADING and block.place == places.MAIN
    )
    return View(
        page.title,
        "\n".join(headings),
        "\n".join(block.text for block in shown),
        sum(block.words for block in shown),
        page.words(places.MAIN),
        page.has_password,
        page.is_html,
    )


def find(before: View, after: View) -> Wall | None:
    """What stands in place of the page, judged against what stood there before.

    Shape: words that the page had before are no evidence; a page that keeps most of its
           main content is never a wall.
    """
    if before.words == 0:
        return None
    share = after.main_words / max(before.main_words, 1)
    shrank = before.main_words >= _WORTH_COMPARING and share < _SMALL_SHARE
    replaced = not shrank and after.words <= _SHORT_WORDS and _kept(before, after) < _KEPT_SHARE
    if shrank or replaced:
        wall = _by_words(before, after, strict=not shrank)
        if wall is not None:
            return wall
    return _by_size(before, after, share) if shrank else None


def _kept(before: View, after: View) -> float:
    """The share of the words before that are still there."""
    old = set(_plain(before.text[:_COMPARED_CHARS]).split())
    new = set(_plain(after.text[:_COMPARED_CHARS]).split())
    return len(old & new) / max(len(old), 1)


def _by_words(before: View, after: View, *, strict: bool) -> Wall | None:
    """Signs that are new: in title and headings, or anywhere in a short page."""
    head = _plain(f"{after.title}\n{after.headings}")
    body = "" if strict and after.words > _STUB_WORDS else _plain(after.text[:_HEAD_CHARS])
    known = _plain(f"{before.title}\n{before.headings}\n{before.text[:_COMPARED_CHARS]}")
    if after.has_password and not before.has_password:
        return Wall(ErrorClass.AUTH, "a login wall", "a password is asked for")
    for text in (head, body):
        for error_class, name, phrases in SIGNS:
            found = compiled(phrases).search(text)
            if found and found.group() not in known:
                return Wall(error_class, name, found.group())
        found = compiled(COOKIE_WALL).search(text)
        if found and found.group() not in known:
            return Wall(ErrorClass.AUTH, "a cookie wall", found.group())
    return None


def _plain(text: str) -> str:
    return fold(text).casefold()


def _by_size(before: View, after: View, share: float) -> Wall | None:
    evidence = f"{before.main_words} words of content before, {after.main_words} now"
    if after.words == 0:
        return Wall(ErrorClass.EMPTY, "an empty page", evidence, is_named=False)
    if after.main_words <= _STUB_WORDS and share < _TINY_SHARE and after.is_html:
        return Wall(ErrorClass.EMPTY, "a page without its content", evidence, is_named=False)
    return None
