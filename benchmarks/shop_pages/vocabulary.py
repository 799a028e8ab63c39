"""The words of a language, and which half of the generator may use which of them."""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import TypeVar

HALVES = ("develop", "unseen")
_WORDS = Path(__file__).with_name("words")

T = TypeVar("T")


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a file of words."""
    return tuple(sorted(path.stem for path in _WORDS.glob("*.toml")))


@cache
def _words(language: str) -> dict[str, list[str]]:
    return tomllib.loads((_WORDS / f"{language}.toml").read_text(encoding="utf8"))


def half_of(style: str, language: str) -> str:
    """The half to which a shop system in a language belongs."""
    return HALVES[zlib.crc32(f"{style}/{language}".encode()) % 2]


def share(choices: Sequence[T], half: str) -> Sequence[T]:
    """What a half may choose from: every other one, so that the halves share nothing."""
    return choices[HALVES.index(half) :: 2] or choices


class Vocabulary:
    """The words of one shop: the commonest are everyone's, the others belong to one half."""

    def __init__(self, language: str, half: str, rng: Random) -> None:
        self._all = _words(language)
        self._half = half
        self._rng = rng
        self._chosen: dict[str, str] = {}

    def listed(self, key: str) -> list[str]:
        """All words of a list that is no choice."""
        return self._all[key]

    def every(self, key: str) -> list[str]:
        """All that the half may say, in the order of the file."""
        words = self._all[key]
        return list(dict.fromkeys([*words[:1], *share(words, self._half)]))

    def one(self, key: str) -> str:
        """Any of them, another one at each call."""
        return self._rng.choice(self.every(key))

    def same(self, key: str) -> str:
        """Any of them, the same throughout a page."""
        if key not in self._chosen:
            self._chosen[key] = self.one(key)
        return self._chosen[key]
