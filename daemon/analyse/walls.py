"""Recognises block pages, empty shells and stubs, also by what the page had before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from daemon.analyse import places
from daemon.analyse.view import PageView
from daemon.lexicon.blind_spots import BlindSpot
from daemon.lexicon.block_pages import BlockPage, block_pages
from daemon.lexicon.spelling import plain
from daemon.model.status import ErrorClass
from daemon.redaction import redact_text


@dataclass(frozen=True, slots=True)
class Wall:
    """What was served in place of the page."""

    error_class: ErrorClass
    kind: BlindSpot
    evidence: str  # the words or figures
    is_named: bool = True  # False when known only by its size

    @property
    def name(self) -> str:
        """For people: "a login wall"."""
        words = self.kind.words
        return f"an {words}" if words[0] in "aeio" else f"a {words}"


@dataclass(frozen=True)
class View:
    """As much of a page as distinguishes a block page from content."""

    whole: PageView
    words: int
    main_words: int

    @property
    def title(self) -> str:
        return self.whole.title

    @cached_property
    def headings(self) -> str:
        return "\n".join(
            block.text
            for block in self.whole.blocks
            if block.kind == places.HEADING and block.place == places.MAIN
        )

    @cached_property
    def text(self) -> str:
        return "\n".join(block.text for block in self.whole.blocks if block.kind != places.TITLE)


_CLASSES = {
    BlindSpot.CHALLENGE: ErrorClass.BOT_WALL,
    BlindSpot.REFUSAL: ErrorClass.RATE_LIMITED,
    BlindSpot.ERROR_PAGE: ErrorClass.HTTP_5XX,
    BlindSpot.MISSING: ErrorClass.GONE,
    BlindSpot.LOGIN_WALL: ErrorClass.AUTH,
    BlindSpot.COOKIE_WALL: ErrorClass.AUTH,
    BlindSpot.FORWARD: ErrorClass.REDIRECT,
    BlindSpot.SHELL: ErrorClass.EMPTY,
}
_LOGIN = Wall(ErrorClass.AUTH, BlindSpot.LOGIN_WALL, "a password is asked for")
# Signs that also stand on whole pages ("loading", "entrar") need a page to compare with.
_CERTAIN = frozenset({BlindSpot.CHALLENGE, BlindSpot.COOKIE_WALL, BlindSpot.ERROR_PAGE})
_STUB_WORDS = 60
_LONE_WORDS = 25
_SHORT_WORDS = 250
_SMALL_SHARE = 0.3
_TINY_SHARE = 0.12
_WORTH_COMPARING = 60
_KEPT_SHARE = 0.5
_OLD_SHARE = 0.8
_COMPARED_CHARS = 20_000
_HEAD_CHARS = 1_200


def view(page: PageView) -> View:
    """As much of a page as distinguishes a block page from content."""
    words = sum(block.words for block in page.blocks if block.kind != places.TITLE)
    return View(page, words, page.words(places.MAIN))


def alone(page: View) -> Wall | None:
    """What was served in place of a page that was never seen before.

    Shape: only a page that is little more than the block page itself is taken for one.
    """
    if not page.whole.is_html or page.main_words > _STUB_WORDS or page.words > _SHORT_WORDS:
        return None
    if page.whole.has_password:
        return _LOGIN
    if page.whole.forward and page.words <= _STUB_WORDS:
        return _forwarding(page)
    found = next(block_pages(f"{page.title}\n{page.headings}"), None)
    if found is None:
        in_text = block_pages(page.text[:_HEAD_CHARS])
        found = next((one for one in in_text if page.words <= _room_of(one.kind)), None)
    return _wall(found) if found else None


def _forwarding(page: View) -> Wall:
    return Wall(
        ErrorClass.REDIRECT, BlindSpot.FORWARD, f"it leads to {redact_text(page.whole.forward)}"
    )


def _room_of(kind: BlindSpot) -> int:
    return _STUB_WORDS if kind in _CERTAIN else _LONE_WORDS


def _wall(found: BlockPage) -> Wall:
    return Wall(_CLASSES[found.kind], found.kind, found.evidence)


def find(
    before: View, after: View, usual_words: Callable[[], int | None] = lambda: None
) -> Wall | None:
    """What was served in place of the page, judged against what it had before.

    Shape: words that the page had before are no evidence; a page that keeps most of its
           main content is never a block page.
    Units: `usual_words` is the fewest words that the main content of earlier states had.
    """
    if before.words == 0:
        return None
    if after.whole.forward and not before.whole.forward:
        return _forwarding(after)
    share = after.main_words / max(before.main_words, 1)
    shrank = before.main_words >= _WORTH_COMPARING and share < _SMALL_SHARE
    replaced = not shrank and after.words <= _SHORT_WORDS and _kept(before, after) < _KEPT_SHARE
    if shrank or replaced:
        wall = _by_words(before, after, strict=not shrank)
        if wall is not None:
            return wall
    return _by_size(before, after, usual_words) if shrank else None


def _kept(before: View, after: View) -> float:
    """The share of the words before that are still there."""
    old = set(plain(before.text[:_COMPARED_CHARS]).split())
    new = set(plain(after.text[:_COMPARED_CHARS]).split())
    return len(old & new) / max(len(old), 1)


def _by_words(before: View, after: View, *, strict: bool) -> Wall | None:
    """The block page shown by new signs: in title and headings, or anywhere in a short page."""
    body = "" if strict and after.words > _STUB_WORDS else after.text[:_HEAD_CHARS]
    known = plain(f"{before.title}\n{before.headings}\n{before.text[:_COMPARED_CHARS]}")
    if after.whole.has_password and not before.whole.has_password:
        return _LOGIN
    for text in (f"{after.title}\n{after.headings}", body):
        for found in block_pages(text):
            if found.evidence not in known:
                return _wall(found)
    return None


def _by_size(before: View, after: View, usual_words: Callable[[], int | None]) -> Wall | None:
    evidence = f"{before.main_words:,} words of content before, {after.main_words:,} now"
    if after.words == 0:
        return Wall(ErrorClass.EMPTY, BlindSpot.EMPTY, evidence, is_named=False)
    if after.main_words >= _TINY_SHARE * before.main_words or not after.whole.is_html:
        return None
    if after.main_words <= _STUB_WORDS:
        return Wall(ErrorClass.EMPTY, BlindSpot.SHELL, evidence, is_named=False)
    if _is_unusual(after, usual_words()) and _kept(after, before) >= _OLD_SHARE:
        return Wall(ErrorClass.EMPTY, BlindSpot.SHRUNK, evidence, is_named=False)
    return None


def _is_unusual(after: View, usual_words: int | None) -> bool:
    """Whether the page was never nearly as small; False without a history."""
    return usual_words is not None and 2 * after.main_words < usual_words
