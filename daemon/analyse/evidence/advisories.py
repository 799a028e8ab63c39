"""Finds the new advisories of a page that lists them, and how grave they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from daemon.analyse import places
from daemon.analyse.blocks import Block
from daemon.lexicon.importance.advisories import (
    advisory_numbers,
    is_grave,
    is_on_security,
    lists_advisories,
    names_a_fault,
)

# Numbers of their own: SB-2025-07, ABC-SA-2024-003. On other pages they may be anything.
_OWN_NUMBER = re.compile(
    r"(?<![\w-])[A-Z][A-Z0-9]{1,11}(?:-[A-Z]{2,6})?[-_]\d{2,4}(?:[-:.]\d{1,6}){0,2}"
)
_SEVERAL = 3  # advisories make a page one of them
_MAX_BLOCKS = 400
_MAX_ENTRY_WORDS = 60
_HEADINGS = 3
_SEVERITY_WORDS = 3


@dataclass(frozen=True, slots=True)
class Advisories:
    """The advisories that came, and whether the page lists such."""

    names: tuple[str, ...] = ()  # numbers, else the entries' own words
    is_grave: bool = False


NO_ADVISORIES = Advisories()


def advisories_of(
    before: Sequence[Block], came: Sequence[Block], gone: Sequence[Block], address: str
) -> Advisories:
    """The new advisories of a page; none where the page is no list of them.

    Shape: an entry is a row, an item, a heading or a short block that has a number or names a
           fault; a number that stood on the page before is no new one.
    """
    if not came:
        return NO_ADVISORIES
    is_list = cache(lambda: _lists(before, address))
    known = "\n".join(block.text for block in gone).casefold()
    names = [name for block in came[:_MAX_BLOCKS] for name in _names(block, gone, is_list)]
    fresh = [name for name in dict.fromkeys(names) if name.casefold() not in known]
    text = "\n".join(block.text for block in came[:_MAX_BLOCKS])
    return Advisories(tuple(fresh), bool(fresh) and is_grave(text))


def _names(block: Block, gone: Sequence[Block], is_list: Callable[[], bool]) -> list[str]:
    """The numbers of a block; on a list, which is asked last, also its own or its words."""
    numbers = advisory_numbers(block.text)
    if numbers or block.words > _MAX_ENTRY_WORDS:
        return numbers
    own = _OWN_NUMBER.findall(block.text)
    if not own and (names_a_fault(block.text) or _is_severity(block)):
        own = [block.text]
    return own if own and is_list() and not _is_edited(block, gone) else []


def _is_severity(block: Block) -> bool:
    return block.words <= _SEVERITY_WORDS and is_grave(block.text)


def _is_edited(block: Block, gone: Sequence[Block]) -> bool:
    """Whether most of its words stood in one block before: then it is no new entry."""
    mine = set(block.text.casefold().split())
    return any(
        2 * len(mine & set(old.text.casefold().split())) > len(mine) for old in gone[:_MAX_BLOCKS]
    )


def _lists(blocks: Sequence[Block], address: str) -> bool:
    """Whether the page is one of advisories, by what it calls itself or by what it lists."""
    headings = [block.text for block in blocks if block.kind == places.HEADING][:_HEADINGS]
    names = [*(block.text for block in blocks[:1] if block.kind == places.TITLE), *headings]
    if any(map(lists_advisories, names)):
        return True
    text = "\n".join(block.text for block in blocks[:_MAX_BLOCKS])
    count = len(advisory_numbers(text))
    if count >= _SEVERAL or not is_on_security(address, names):
        return count >= _SEVERAL
    entries = (b for b in blocks[:_MAX_BLOCKS] if b.words <= _MAX_ENTRY_WORDS)
    return count > 0 or sum(names_a_fault(block.text) for block in entries) >= _SEVERAL
