"""One thought of a page: a sentence, an item, a cell, a heading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from daemon.analyse import places
from daemon.analyse.blocks import Block
from daemon.analyse.thoughts.ends import sentences
from daemon.analyse.thoughts.plain import quotable

_MOST_THOUGHTS = 3_000  # of one side; what comes after stands for its block


@dataclass(frozen=True, slots=True)
class Thought:
    """One thought as it is quoted, and the block of the page that it is from."""

    text: str
    block: Block
    at: int  # place of the block on its page

    @property
    def is_heading(self) -> bool:
        return self.block.kind == places.HEADING

    @property
    def words(self) -> int:
        """About how many words it has, also where no spaces are written."""
        spaces = self.text.count(" ")
        return spaces + 1 if 30 * spaces >= len(self.text) else len(self.text) // 2 or 1


def thoughts_of(
    blocks: Iterable[tuple[int, Block]], read: Callable[[str], str] = quotable
) -> list[Thought]:
    """The thoughts of blocks in their order, each block given with its place on the page.

    Shape: `read` makes of a block what is quoted of it, if anything.
    """
    found: list[Thought] = []
    for at, block in blocks:
        text = read(block.text)
        found.extend(Thought(said, block, at) for said in _said(text, block, len(found)))
    return found


def _said(text: str, block: Block, so_far: int) -> Iterator[str]:
    if not text:
        return
    if block.kind == places.HEADING or so_far >= _MOST_THOUGHTS:
        yield text
    else:
        yield from sentences(text)
