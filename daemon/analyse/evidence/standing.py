"""Takes out of a difference what only moved: it went here and still stands elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from daemon.analyse import amounts, places, words
from daemon.analyse.blocks import Block
from daemon.analyse.delta import Delta
from daemon.analyse.facts import availability
from daemon.lexicon.availability import Availability

_LEAST_WORDS = 3  # fewer are a value, and stand in many places
_LEAST_LINES = 3  # of a table of contents


def without_standing(
    difference: Delta, before: Sequence[Block], after: Sequence[Block]
) -> tuple[Delta, int]:
    """The difference without text that still stands on the page, and how many blocks that was.

    Shape: what went but stands elsewhere in the content, and what came where it is a heading as
           before: a table of contents. Cells, prices and stock are never taken for moved.
    """
    gone = _standing(difference.removed, after, _stands)
    came = _standing(difference.added, before, lambda block: block.kind == places.HEADING)
    came = came if len(came) >= _LEAST_LINES else frozenset()
    left = replace(
        difference,
        removed=tuple(block for block in difference.removed if id(block) not in gone),
        added=tuple(block for block in difference.added if id(block) not in came),
    )
    return left, len(gone) + len(came)


def _stands(block: Block) -> bool:
    """Whether it is read as content: in the main content, or as a heading of a part beside it."""
    if block.kind == places.HEADING:
        return block.place not in (places.HIDDEN, places.ADVERT, places.NOTICE)
    return block.place == places.MAIN and block.kind != places.TITLE


def _standing(
    changed: Sequence[Block], blocks: Sequence[Block], stands: Callable[[Block], bool]
) -> frozenset[int]:
    """The changed blocks that say what some of the others say."""
    texts = {block.text for block in blocks if stands(block)} if changed else frozenset()
    return frozenset(id(block) for block in changed if block.text in texts and _may_move(block))


def _may_move(block: Block) -> bool:
    is_value = block.cell is not None or len(words.steady(block.text)) < _LEAST_WORDS
    if is_value or block.place != places.MAIN or block.kind == places.TITLE:
        return False
    return availability(block) is Availability.UNKNOWN and not amounts.prices(block.text)
