"""Pages to measure with: made from a seed, or read from a folder; and which of them change."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

SMALLEST_BYTES, LARGEST_BYTES = 20_000, 200_000
CHANGED_SHARES = {1: 0.0, 2: 0.1, 3: 0.0, 4: 0.5}  # of the pages, by round

_SYLLABLES = "ba ce di for gra hel in jo ker lan mer no or pel qui ran sol ter un ver wil".split()
_HIDDEN = re.compile(rb"(?is)<!--.*?-->|<(script|style|noscript|template|svg)\b.*?</\1\s*>")
_PARAGRAPH = re.compile(rb"(?is)<p\b[^>]*>(.*?)</p\s*>")
_TAG = re.compile(rb"<[^>]*>")


class Page(NamedTuple):
    """A page in three pieces: its own sentence goes after the first, a token after the second."""

    head: bytes
    tail: bytes
    end: bytes


def changed_pages(seed: int, count: int, round_number: int) -> frozenset[int]:
    """The numbers of the pages that say something else than in the round before."""
    some = round(count * CHANGED_SHARES[round_number])
    return frozenset(Random(f"{seed} {round_number}").sample(range(count), some))


def version_of(seed: int, count: int, round_number: int) -> list[int]:
    """The version that each page is in, by its number; the first one is 1."""
    rounds = [changed_pages(seed, count, number) for number in range(1, round_number + 1)]
    return [1 + sum(page in changed for changed in rounds) for page in range(count)]


def sentence(seed: int, number: int, version: int) -> str:
    """What one version of a page says and no other page does."""
    random = Random(f"{seed} {number} {version}")
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(18)]
    return " ".join(words).capitalize() + "."


def generated(seed: int, count: int) -> list[Page]:
    """Articles of 20 to 200 KB, small ones more often than large ones."""
    return [_article(Random(f"{seed} {number}")) for number in range(count)]


def stored(folder: Path, count: int) -> list[Page]:
    """The first pages of a folder that are UTF-8 and have a paragraph to put a sentence after."""
    paths = sorted([*folder.rglob("*.html"), *folder.rglob("*.html.gz")])
    found: list[Page] = []
    for path in paths:
        if len(found) == count:
            break
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        page = _cut(body)
        if page is not None:
            found.append(page)
    return found


def _cut(body: bytes) -> Page | None:
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    visible = _HIDDEN.sub(lambda found: b" " * len(found[0]), body)
    # The longest paragraph is of the article; others may be captions, forms, or never shown.
    paragraphs = [
        (len(_TAG.sub(b"", found[1]).split()), found.end())
        for found in _PARAGRAPH.finditer(visible)
        if b"cookie" not in found[1].lower()  # a dialog, which may rightly be passed over
    ]
    if not paragraphs:
        return None
    middle = max(paragraphs)[1]
    last = visible.lower().rfind(b"</body")
    last = last if last >= middle else len(body)
    return Page(body[:middle], body[middle:last], body[last:])


class _Writer:
    """Words and markup of one article."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.vocabulary = [self._word() for _ in range(1500)]
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.vocabulary))))

    def _word(self) -> str:
        return "".join(self.random.choices(_SYLLABLES, k=self.random.choice((1, 2, 2, 3, 4))))

    def words(self, count: int) -> list[str]:
        return self.random.choices(self.vocabulary, cum_weights=self.weights, k=count)

    def text(self, least: int, most: int) -> str:
        return " ".join(self.words(self.random.randint(least, most))).capitalize()

    def link(self) -> str:
        name, label = "-".join(self.words(4)), self.text(1, 5)
        number = self.random.randrange(10**6)
        return (
            f'<a class="link link--inline" href="/{name}-{number}" data-id="{number}">{label}</a>'
        )

    def paragraph(self) -> str:
        parts = [f"{self.text(8, 24)}." for _ in range(self.random.randint(2, 6))]
        parts.insert(1, f"<em>{self.text(1, 3)}</em> {self.link()}")
        return f'<p class="text text--body">{" ".join(parts)}</p>\n'

    def items(self) -> str:
        rows = "".join(
            f'<li class="list__item"><span>{self.text(4, 15)}</span> {self.link()}</li>\n'
            for _ in range(self.random.randint(3, 10))
        )
        return f'<h2 id="{self._word()}">{self.text(2, 7)}</h2>\n<ul class="list">\n{rows}</ul>\n'

    def table(self) -> str:
        rows = "".join(
            f"<tr><th>{self.text(1, 2)}</th>"
            + "".join(f'<td class="cell">{self.random.randrange(10**4)}</td>' for _ in range(4))
            + "</tr>\n"
            for _ in range(self.random.randint(3, 15))
        )
        return f'<table class="table"><caption>{self.text(3, 8)}</caption>\n{rows}</table>\n'

    def figure(self) -> str:
        name = "-".join(self.words(3))
        sources = ", ".join(f"/img/{name}-{width}.webp {width}w" for width in (320, 640, 1280))
        image = f'<img src="/img/{name}.jpg" srcset="{sources}" alt="{self.text(3, 9)}">'
        return f"<figure>{image}<figcaption>{self.text(4, 12)}</figcaption></figure>\n"

    def menu(self) -> str:
        entries = "".join(f'<li class="menu__entry">{self.link()}</li>' for _ in range(8))
        label = self.text(1, 2)
        return f'<li class="menu__group"><span>{label}</span><ul>{entries}</ul></li>\n'

    def script(self) -> str:
        state = {
            word: [self.random.randrange(10**6), self.text(1, 6), {"kind": self._word()}]
            for word in self.words(30)
        }
        return f"<script>window.__state=Object.assign({{}},{json.dumps(state)});</script>\n"

    def style(self) -> str:
        rules = "".join(
            f".{word}{{margin:{self.random.randrange(40)}px;color:#{self.random.randrange(4096):03x}}}\n"
            for word in self.words(40)
        )
        return f"<style>{rules}</style>\n"

    def block(self) -> str:
        kinds = (self.paragraph, self.items, self.table, self.figure)
        return self.random.choices(kinds, weights=(70, 12, 8, 10))[0]()


def _article(random: Random) -> Page:
    """A page with the shares of a real one: about half of it is style and script."""
    writer = _Writer(random)
    size = int(SMALLEST_BYTES * (LARGEST_BYTES / SMALLEST_BYTES) ** random.random())
    title = writer.text(3, 9)
    start = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta name="description" content="{writer.text(10, 25)}">\n'
        f"{_filled(writer.style, size * 0.12)}</head>\n<body>\n"
        f'<nav><ul class="menu">{_filled(writer.menu, size * 0.14)}</ul></nav>\n'
    )
    upper = f"<main><article><h1>{title}</h1>\n{_filled(writer.block, size * 0.18)}"
    lower = (
        f"{_filled(writer.block, size * 0.18)}</article></main>\n"
        f"<aside>{_filled(writer.items, size * 0.05)}</aside>\n"
        f"<footer><p>{writer.text(6, 15)}</p></footer>\n"
    )
    scripts = _filled(writer.script, size * 0.33)
    return Page((start + upper).encode(), (lower + scripts).encode(), b"</body></html>\n")


def _filled(part: Callable[[], str], size: float) -> str:
    return "".join(_until(part, size))


def _until(part: Callable[[], str], size: float) -> Iterator[str]:
    written = 0
    while written < size:
        text = part()
        written += len(text)
        yield text
