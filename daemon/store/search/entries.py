"""A change as the index has it: its words, and a digest of what they were taken from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.search.words import words_of
from daemon.store.core.aside import KEEPS, whole
from daemon.store.tables import ContentUpdate, MonitoredSite

_WORDS_OF = "1"  # to be raised with what `words_of` makes of a text: all is indexed anew then
_DIGEST_BYTES = 8
_LONGEST_TEXT = 20_000  # of a summary; what comes after it is not found

# What is indexed of the changes of each instant: their ids and digests.
Kept: TypeAlias = Mapping[datetime, Mapping[UUID, int]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A change to be found: by its owner, and the words of its site's name, title and summary."""

    change_id: UUID
    detected_at: datetime
    owner_id: str
    name: str
    title: str
    summary: str

    @property
    def digest(self) -> int:
        """A number that differs when anything of it does."""
        parts = (_WORDS_OF, self.owner_id, self.name, self.title, self.summary)
        made = blake2b("\0".join(parts).encode(errors="replace"), digest_size=_DIGEST_BYTES)
        return int.from_bytes(made.digest(), signed=True)

    @property
    def owner(self) -> str:
        """The owner as a word."""
        return owner_word(self.owner_id)

    @property
    def texts(self) -> tuple[list[str], list[str], list[str]]:
        """The words of the name, the title and the summary."""
        return words_of(self.name), words_of(self.title), words_of(self.summary[:_LONGEST_TEXT])


def owner_word(owner_id: str) -> str:
    """An owner's id as a word: whatever stands in it, it is one."""
    return blake2b(owner_id.encode(errors="replace"), digest_size=_DIGEST_BYTES).hexdigest()


async def changes_before(
    session: AsyncSession, before: datetime | None, most: int
) -> tuple[list[Entry], bool]:
    """The newest changes before an instant, and whether there are older ones.

    Shape: about so many: those of one instant are never parted.
    """
    query = (
        select(
            ContentUpdate.id,
            ContentUpdate.detected_at,
            MonitoredSite.owner_id,
            MonitoredSite.name,
            ContentUpdate.title,
            ContentUpdate.summary,
        )
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .order_by(ContentUpdate.detected_at.desc(), ContentUpdate.id.desc())
    )
    if before is not None:
        query = query.where(ContentUpdate.detected_at < before)
    rows = (await session.execute(query.limit(most).execution_options(**KEEPS))).all()
    found = [_entry(row) for row in whole(rows)]
    if len(rows) < most:
        return found, False
    oldest = found[-1].detected_at if found else None
    kept = [one for one in found if one.detected_at != oldest]
    return (kept, True) if kept else await changes_before(session, before, most * 8)


def kept_of(entries: Sequence[Entry]) -> Kept:
    """What the index is to have of these entries, which are in the order of their instants."""
    return {
        at: {one.change_id: one.digest for one in some}
        for at, some in groupby(entries, lambda one: one.detected_at)
    }


def _entry(row: Any) -> Entry:
    return Entry(*row[:4], *(text or "" for text in row[4:]))
