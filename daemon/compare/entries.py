"""Compares feeds by their entries: which are new, edited, withdrawn, or too old to be listed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import groupby

from daemon.addresses import adds_parameters, page_key, path_key
from daemon.model.change import Hunk
from daemon.model.reading import FeedEntry

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_ALIKE = 0.5  # of the words of two titles
_Key = Callable[[FeedEntry], Hashable | None]


def entry_hunks(before: Sequence[FeedEntry], after: Sequence[FeedEntry]) -> tuple[list[Hunk], int]:
    """New, changed and withdrawn entries; and how many rolled off.

    Shape: entries missing at the old end of a feed have rolled off, even if all have.
    """
    known = same_entries(before, after)
    hunks = [
        Hunk(0, place + 1, (), _entry_lines(entry))
        for place, entry in enumerate(after)
        if place not in known
    ]
    hunks.extend(_edited(before, after, known))
    kept = set(known.values())
    is_known = [place in known for place in range(len(after))]
    rolled = _rolled_off(before, sorted(kept), is_known)
    hunks.extend(
        Hunk(place + 1, 0, _entry_lines(entry), ())
        for place, entry in enumerate(before)
        if place not in kept and place not in rolled
    )
    return hunks, len(rolled)


def same_entries(before: Sequence[FeedEntry], after: Sequence[FeedEntry]) -> Mapping[int, int]:
    """The places of entries that were there before, each with its place there.

    Shape: an identity that several entries of a feed share tells nothing by itself: of these, those
           are the same that say the same. The same page under https, on another host or with
           parameters for statistics is the same identity.
    """
    matching = _Matching(before, after)
    matching.pair(lambda one: (one.id, one.title, one.text))
    matching.pair(lambda one: (one.id, one.title, one.published_at))
    matching.pair_unique(lambda one: one.id)
    if matching.is_open:
        matching.pair(lambda one: (page_key(one.id), one.title, one.text))
        matching.pair(lambda one: (page_key(one.id), one.title, one.published_at))
        matching.pair_unique(lambda one: page_key(one.id))
        for place_of in (page_key, path_key):
            matching.pair(_at_place(place_of, lambda one: one.text))
            matching.pair(_at_place(place_of, lambda one: one.published_at))
        matching.pair(_what_it_says)
        matching.pair(_named_place, _has_moved)
    return matching.found


def _at_place(place_of: Callable[[str], Hashable | None], what: Callable[[FeedEntry], str]) -> _Key:
    """A key for entries with the same link and title that agree in something more."""

    def key(one: FeedEntry) -> Hashable | None:
        place = place_of(one.link) if one.title and what(one) else None
        return None if place is None else (place, one.title, what(one))

    return key


def _named_place(one: FeedEntry) -> Hashable | None:
    place = path_key(one.link) if one.title else None
    return None if place is None else (place, one.title)


def _has_moved(old: FeedEntry, new: FeedEntry) -> bool:
    """Whether the place of one title has another host or more parameters, and no other date."""
    if page_key(old.link) == page_key(new.link) or not adds_parameters(old.link, new.link):
        return False
    is_by_link = old.id == old.link or new.id == new.link or path_key(old.id) is not None
    dates = {old.published_at, new.published_at} - {""}
    return is_by_link and len(dates) < 2


def _any(_old: FeedEntry, _new: FeedEntry) -> bool:
    return True


def _what_it_says(one: FeedEntry) -> Hashable | None:
    is_known = bool(one.published_at and (one.title or one.text))
    return (one.title, one.text, one.published_at) if is_known else None


class _Matching:
    """Pairs the entries of two feeds, by one key after the other."""

    def __init__(self, before: Sequence[FeedEntry], after: Sequence[FeedEntry]) -> None:
        self._before, self._after = before, after
        self._old, self._new = list(range(len(before))), list(range(len(after)))
        self.found: dict[int, int] = {}

    @property
    def is_open(self) -> bool:
        """Whether both feeds have entries that are not paired yet."""
        return bool(self._old and self._new)

    def pair(self, key: _Key, may_be: Callable[[FeedEntry, FeedEntry], bool] = _any) -> None:
        """Pair the entries left that have one key, in their order."""
        old: dict[Hashable, deque[int]] = defaultdict(deque)
        for place in self._old:
            old[key(self._before[place])].append(place)
        old.pop(None, None)
        for place in self._new:
            places = old.get(key(self._after[place]))
            if places and may_be(self._before[places[0]], self._after[place]):
                self.found[place] = places.popleft()
        self._forget_paired()

    def pair_unique(self, key: _Key) -> None:
        """Pair the entries left with a key that only one entry of each feed has."""
        if not self.is_open:
            return
        old, new = (self._unique(key, entries) for entries in (self._before, self._after))
        left = set(self._old)
        for place in self._new:
            name = key(self._after[place])
            known = old.get(name) if new.get(name) == place else None
            if known in left and _may_be_one(self._before[known], self._after[place]):
                self.found[place] = known
        self._forget_paired()

    @staticmethod
    def _unique(key: _Key, entries: Sequence[FeedEntry]) -> dict[Hashable, int]:
        keys = [key(entry) for entry in entries]
        counts = Counter(keys)
        return {
            name: place for place, name in enumerate(keys) if name is not None and counts[name] == 1
        }

    def _forget_paired(self) -> None:
        paired = set(self.found.values())
        self._old = [place for place in self._old if place not in paired]
        self._new = [place for place in self._new if place not in self.found]


def _may_be_one(old: FeedEntry, new: FeedEntry) -> bool:
    """Whether two entries of one identity are one, edited: a link alone may lead to the latest."""
    if old.id != old.link or old.title == new.title:
        return True
    if old.published_at and old.published_at == new.published_at:
        return True
    return bool(old.text and old.text == new.text) or _is_reworded(old.title, new.title)


def _is_reworded(old: str, new: str) -> bool:
    """Whether a title is another one reworded: the same numbers, and most of the words."""
    if _NUMBER.findall(old) != _NUMBER.findall(new):
        return False
    one, other = (set(_WORD.findall(title.lower())) for title in (old, new))
    return len(one & other) > _ALIKE * max(len(one), len(other))


def _entry_lines(entry: FeedEntry, link: str | None = None) -> tuple[str, ...]:
    shown = entry.link if link is None else link
    return tuple(part for part in (entry.title, shown, *entry.text.split("\n")) if part.strip())


def _edited(
    before: Sequence[FeedEntry], after: Sequence[FeedEntry], known: Mapping[int, int]
) -> Iterator[Hunk]:
    for new_place, old_place in sorted(known.items(), key=lambda pair: pair[1]):
        old, new = before[old_place], after[new_place]
        if old == new:
            continue
        # The same page under another spelling is no news.
        link = "" if _is_one_page(old.link, new.link) else None
        old_lines, new_lines = _entry_lines(old, link), _entry_lines(new, link)
        removed = tuple(line for line in old_lines if line not in new_lines)
        added = tuple(line for line in new_lines if line not in old_lines)
        if removed or added:
            yield Hunk(old_place + 1, new_place + 1, removed, added)


def _is_one_page(old: str, new: str) -> bool:
    if page_key(old) == page_key(new):
        return True
    place = path_key(old)
    return place is not None and place == path_key(new)


def _rolled_off(
    before: Sequence[FeedEntry], kept: Sequence[int], is_known: Sequence[bool]
) -> range:
    """The places at the old end of the feed that are no longer listed; all if none is."""
    if not kept:
        return range(len(before))
    # Most feeds list the newest entry first, some the oldest.
    if _begins_with_newest(before, is_known):
        return range(kept[-1] + 1, len(before))
    return range(kept[0])


def _begins_with_newest(before: Sequence[FeedEntry], is_known: Sequence[bool]) -> bool:
    """Whether new entries are added on top; without new ones, by the first and last date."""
    stretches = [known for known, _ in groupby(is_known)]
    if len(stretches) == 2:
        return not stretches[0]
    return not before[0].published_at < before[-1].published_at
