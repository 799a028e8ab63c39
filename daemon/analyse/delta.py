"""Compares two lists of blocks: what was removed and added, without what only moved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from rapidfuzz.distance import Indel

from daemon.analyse import places, words
from daemon.analyse.blocks import Block
from daemon.analyse.noise.clocks import tells_the_time
from daemon.compare.dates import dates
from daemon.compare.lines import common_ends
from daemon.lexicon.noise_rules import NoiseRule

_MAX_WORDS = 20_000
_MAX_WEIGHED = 1_500
_MAX_WEIGHED_CHARS = 300_000
_MOVED_RUN = 5
_REPEATED = 3
_SWAP_WORDS = 3
_MANY_WORDS = 150
_NUMBERING_DIGITS = 2
_NUMBERING_DEPTH = 3
_YEARS_ON = 2
_NUMBER = re.compile(r"\d+")
_GROUPED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class WordRun:
    """Neighbouring words that were removed, and those that replaced them."""

    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def both(self) -> tuple[str, ...]:
        return self.removed + self.added

    @property
    def size(self) -> int:
        return len(self.removed) + len(self.added)


@dataclass(frozen=True, slots=True)
class Delta:
    """How two views of a page differ, sorted by the cause of the difference."""

    removed: tuple[Block, ...]
    added: tuple[Block, ...]
    masked: tuple[Block, ...]  # differ by ages, counters, tokens only
    dated: tuple[tuple[Block, Block], ...]  # differ by dates only

    @property
    def gone(self) -> list[Block]:
        """The blocks that were removed or got another date."""
        return [*self.removed, *(old for old, _ in self.dated)]

    @property
    def came(self) -> list[Block]:
        """The blocks that were added or have another date now."""
        return [*self.added, *(new for _, new in self.dated)]


def between(
    before: Sequence[Block], after: Sequence[Block], elapsed: timedelta = timedelta()
) -> Delta:
    """The removed and added blocks; equal ones cancel out wherever they are.

    Shape: at most 1,500 blocks a side are compared; `elapsed` is the time between
           the two, which identifies a clock on the page.
    """
    removed, added = map(_some, differing(before, after))
    gone, came = _cancel(removed, added, lambda block: words.said(block.text))
    alike = _pair(gone, came, _undated)
    clocks = [pair for pair in alike if _is_clock(*pair, elapsed)]
    dated = [pair for pair in alike if pair not in clocks and _is_dated(*pair)]
    paired = list(chain.from_iterable((*clocks, *dated)))
    return Delta(
        removed=_with_words(_without(gone, paired)),
        added=_with_words(_without(came, paired)),
        masked=(*_without(added, came), *(new for _, new in clocks)),
        dated=tuple(dated),
    )


def _is_clock(old: Block, new: Block, elapsed: timedelta) -> bool:
    return words.is_applied(NoiseRule.CLOCKS) and tells_the_time(old.text, new.text, elapsed)


def _undated(block: Block) -> Hashable:
    return words.dateless(block.text), words.signs(block.text)


def _some(blocks: Sequence[Block]) -> list[Block]:
    """As many blocks, in their order, as may be weighed in time; more would not change much."""
    room = _MAX_WEIGHED_CHARS
    kept = []
    for block in blocks[:_MAX_WEIGHED]:
        room -= len(block.text)
        kept.append(block)
        if room < 0:
            break
    return kept


def _with_words(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Those of the blocks that say anything once masked, each in its place."""
    return tuple(_telling(block) for block in blocks if any(words.said(block.text)))


def _telling(block: Block) -> Block:
    """The block, placed by its words where these say more than its elements."""
    place = None if block.is_chrome else places.by_text(block.text, block.words)
    return block if place is None else block._replace(place=place)


def differing(before: Sequence[Block], after: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks that only one side has; those at both ends of a page are mostly the same."""
    start, end = common_ends(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    removed, added = _cancel(old, new, _as_seen)
    texts = {block.text for block in chain(removed, added)}
    if texts.isdisjoint(block.text for block in after[len(after) - end :]):
        return removed, added
    # Of several alike the last ones are left, and these may be at the end.
    return _cancel(before[start:], after[start:], _as_seen)


def _as_seen(block: Block) -> Hashable:
    return block.text, block.is_chrome


def _cancel(
    before: Sequence[Block], after: Sequence[Block], key: Callable[[Block], Hashable]
) -> tuple[list[Block], list[Block]]:
    keys_before = [key(block) for block in before]
    keys_after = [key(block) for block in after]
    common = Counter(keys_before) & Counter(keys_after)
    return _left(before, keys_before, common), _left(after, keys_after, common)


def _left(
    blocks: Sequence[Block], keys: Sequence[Hashable], common: Counter[Hashable]
) -> list[Block]:
    quota = Counter(common)
    left = []
    for block, key in zip(blocks, keys, strict=True):
        if quota[key] > 0:
            quota[key] -= 1
        else:
            left.append(block)
    return left


def _without(blocks: Iterable[Block], others: Iterable[Block]) -> list[Block]:
    known = {id(block) for block in others}
    return [block for block in blocks if id(block) not in known]


def _pair(
    before: Sequence[Block], after: Sequence[Block], key: Callable[[Block], Hashable]
) -> list[tuple[Block, Block]]:
    waiting: dict[Hashable, list[Block]] = {}
    for block in before:
        waiting.setdefault(key(block), []).append(block)
    pairs = []
    for block in after:
        partners = waiting.get(key(block))
        if partners:
            pairs.append((partners.pop(0), block))
    return pairs


def _is_dated(old: Block, new: Block) -> bool:
    """Whether the difference may be a date: counters look like years, but years only increase."""
    if not words.is_applied(NoiseRule.DATES):
        return False
    gone, came = dates(old.text), dates(new.text)
    stale = [date for date in gone if date not in came]
    fresh = [date for date in came if date not in gone]
    if not all(date.isdecimal() for date in (*stale, *fresh)):
        return True
    steps = [int(after) - int(before) for before, after in zip(stale, fresh, strict=False)]
    return all(0 < step <= _YEARS_ON for step in steps)


def runs(removed: Iterable[Block], added: Iterable[Block]) -> list[WordRun]:
    """The words that differ, in runs, without moved runs and words merely joined.

    Shape: dates do not count as words; over 20,000 words a side, one run of unequal words.
    """
    left = [word for block in removed for word in words.undated(block.text)]
    right = [word for block in added for word in words.undated(block.text)]
    if len(left) > _MAX_WORDS or len(right) > _MAX_WORDS:
        return [_bag(left, right)]
    found = _without_joined(_opcodes(left, right))
    return _without_numbering(_without_moved(found))


def _bag(left: Sequence[str], right: Sequence[str]) -> WordRun:
    gone, came = Counter(left), Counter(right)
    return WordRun(tuple((gone - came).elements()), tuple((came - gone).elements()))


def _opcodes(left: Sequence[str], right: Sequence[str]) -> list[WordRun]:
    found: list[WordRun] = []
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    for opcode in Indel.opcodes(left, right):
        if opcode.tag == "equal":
            if gone or came:
                found.append(WordRun(gone, came))
            gone, came = (), ()
        elif opcode.tag == "delete":
            gone += tuple(left[opcode.src_start : opcode.src_end])
        else:
            came += tuple(right[opcode.dest_start : opcode.dest_end])
    if gone or came:
        found.append(WordRun(gone, came))
    return found


def _without_joined(found: Iterable[WordRun]) -> list[WordRun]:
    return [run for run in found if _is_read_otherwise(run)]


def _is_read_otherwise(run: WordRun) -> bool:
    """Whether letters or numbers differ in a run: 1,299 equals 1299, but 1.5 is not 15."""
    if "".join(run.removed) != "".join(run.added):
        return True
    return _numbers(run.removed) != _numbers(run.added)


def _numbers(said: Iterable[str]) -> list[str]:
    return _NUMBER.findall(_GROUPED.sub("", " ".join(said)))


def _without_moved(found: Sequence[WordRun]) -> list[WordRun]:
    gone = Counter(run.removed for run in found if len(run.removed) >= _MOVED_RUN)
    came = Counter(run.added for run in found if len(run.added) >= _MOVED_RUN)
    moved = set(gone & came)
    kept = []
    for run in found:
        left = WordRun(
            () if run.removed in moved else run.removed, () if run.added in moved else run.added
        )
        if left.size:
            kept.append(left)
    return kept


def _without_numbering(found: Sequence[WordRun]) -> list[WordRun]:
    """The runs without section numbers, when several were added, removed or shifted alike."""
    shifts = Counter(shift for run in found if (shift := _shift(run)) is not None)
    usual = {shift for shift, times in shifts.items() if times >= _REPEATED}
    return [run for run in found if _shift(run) not in usual]


def _shift(run: WordRun) -> str | None:
    """How a run renumbers: "given", "taken", or by how much; None when it does not."""
    if not all(word.isdecimal() and len(word) <= _NUMBERING_DIGITS for word in run.both):
        return None
    if not run.removed:
        return "given" if len(run.added) <= _NUMBERING_DEPTH else None
    if not run.added:
        return "taken" if len(run.removed) <= _NUMBERING_DEPTH else None
    if len(run.removed) == len(run.added) == 1:
        return str(int(run.added[0]) - int(run.removed[0]))
    return None


def weight(found: Sequence[WordRun]) -> int:
    """How many words differ; a short replacement repeated all over the page counts once."""
    whole = sum(run.size for run in found)
    if whole > _MANY_WORDS:
        return whole
    counts = Counter(found)
    return sum(run.size * (1 if _is_swap(run, times) else times) for run, times in counts.items())


def _is_swap(run: WordRun, times: int) -> bool:
    sides = (len(run.removed), len(run.added))
    return times >= _REPEATED and min(sides) > 0 and max(sides) <= _SWAP_WORDS
